"""Transcriptions in Home Assistant: their subentries, the tasks that recognise and read, entities, and what outlives a restart."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final, cast, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_ADDRESS, CONF_LANGUAGE, STATE_ON, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from ...const import CONF_ONLY_WHILE, CONF_STT_ENTITY, DOMAIN, SUBENTRY_TRANSCRIPTION
from ...core.bus import Unsubscribe, get_logger, together
from ...core.domain.errors import InvalidField, MaestraError
from ...core.domain.transcript import Transcribed, Transcript
from ...core.transcription.audio import AudioFormat, AudioFrame, SinkStatus
from ...core.transcription.cutter import Cutter, Utterance
from ...core.transcription.errors import (
    MediaUnreadable,
    NotTranscribing,
    SpeechFailed,
    TranscriptionBusy,
)
from ...core.transcription.events import (
    SessionEnded,
    SessionStarted,
    TranscriptionChanged,
)
from ...core.transcription.ffmpeg import Pull, pull
from ...core.transcription.transcriber import Transcriber, seconds_of
from ...core.transport.reconnect import Backoff
from ...entity import MaestraEventEntity
from ...hub.hub import Hub
from ...hub.issues import async_set_link_issue
from ...hub.manager import Manager, subentries_by_id
from ...hub.redaction import described_subentry
from ...hub.saver import Saver, SnapshotStore, snapshot_store
from .presentation import (
    SESSION_ENDED,
    SESSION_STARTED,
    SPEECH,
    TRANSCRIPTION_PRESENTATIONS,
    UTTERANCE,
)
from .recognition import async_recognise
from .setup import STREAM, transcription_settings

_LOGGER = get_logger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.transcription"
RETRY: Final = Backoff(timedelta(seconds=2), timedelta(seconds=60))
FFMPEG: Final = "ffmpeg"
SPEECH_FAILS: Final = "speech_fails"
FAILURES: Final = 3
"""In a row, after which the user is told."""
STOP_TIMEOUT: Final = 10.0  # seconds
STALLED: Final = 30.0
"""Seconds without audio after which a stream that had some is read anew."""
_FORMAT: Final = AudioFormat()


@dataclass(slots=True, eq=False)
class Transcription:
    """A transcription with its subentry's data, and what is done for it now."""

    transcriber: Transcriber
    name: str
    data: Mapping[str, Any]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    """Recognition, and reading a stream; none while it hears nothing."""
    file: asyncio.Task[list[Transcript]] | None = None
    unwatch: Callable[[], None] = lambda: None
    problem: str | None = None
    """What keeps words away, as the log had it last."""
    failures: int = 0
    """In a row."""
    subject: ClassVar[str] = "transcription"

    @property
    def id(self) -> str:
        """The subentry's id."""
        return self.transcriber.id

    @property
    def title(self) -> str:
        """What the user calls it."""
        return self.name


class TranscriptionManager(Manager):
    """Keeps transcriptions in line with their subentries, and shows them. It is the sink of all audio."""

    def __init__(self, hub: Hub) -> None:
        """Touch nothing yet."""
        self._hass = hub.hass
        self._entry = hub.entry
        self._bus = hub.domain.bus
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._saver = Saver(hub.hass, hub.entry, _store(hub.hass), self._snapshot)
        self._by_id: dict[str, Transcription] = {}
        self._ending: set[asyncio.Task[Any]] = set()
        self._saved: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Transcription]:
        """Iterate over a copy."""
        return iter(list(self._by_id.values()))

    def get(self, id_: str) -> Transcription | None:
        """Return a transcription by the id of its subentry, if it is there."""
        return self._by_id.get(id_)

    @override
    async def async_load(self) -> None:
        """Bring back what was switched off, and which session was on."""
        self._saved = await self._saver.async_load()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Hear and show until the returned function is called."""
        stop = together(
            self._stop,
            self._bus.subscribe(TranscriptionChanged, self._changed),
            self._bus.subscribe(Transcribed, self._said),
            self._bus.subscribe(SessionStarted, self._session_started),
            self._bus.subscribe(SessionEnded, self._session_ended),
            self._saver.start(),
        )
        self._apply()
        return stop

    @override
    @callback
    def applied(self) -> None:
        """Take over the subentries."""
        self._apply()

    @override
    @callback
    def refresh(self) -> None:
        """End what was being said where no audio comes any more, and let rates fall."""
        for transcription in self:
            transcription.transcriber.advance()
            self._writer.mark_all(self._presenter.of(transcription.id))

    @override
    async def async_save(self) -> None:
        """Save what has changed."""
        await self._saver.async_save()

    @override
    async def async_stop(self) -> None:
        """Leave no task behind."""
        if self._ending:
            # What is behind an entity may not let go: it is nobody's then.
            await asyncio.wait(self._ending, timeout=STOP_TIMEOUT)
        await self._saver.async_stop()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The ids of transcriptions, which are those of their devices."""
        return [*self._by_id]

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how transcriptions are; nothing of what was said."""
        return {
            "transcriptions": {
                each.id: {
                    "is_on": each.transcriber.is_on,
                    "is_allowed": each.transcriber.is_allowed,
                    "waiting": len(each.transcriber.queue),
                    "dropped": each.transcriber.queue.dropped,
                    "lag_p50": each.transcriber.lag.quantile(0.5),
                    "lag_p99": each.transcriber.lag.quantile(0.99),
                    "counters": each.transcriber.counters.as_dict(),
                }
                for each in self
            }
        }

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what the subentry of a transcription says."""
        if owner_id not in self._by_id:
            return None
        return {"subentry": described_subentry(self._entry.subentries[owner_id])}

    # Audio (the sink of the listener, and of Home Assistant's own WebSocket).

    @callback
    def take(self, frame: AudioFrame) -> None:
        """Hear a piece of audio."""
        for transcription in self:
            transcription.transcriber.take(frame)

    @callback
    def ended(self, key: tuple[str, str]) -> None:
        """Know that a source is over."""
        for transcription in self:
            transcription.transcriber.ended(key)

    @callback
    def status(self) -> SinkStatus:
        """Return how it goes with all of them together."""
        found = [transcription.transcriber.status for transcription in self]
        return SinkStatus(
            is_receiving=any(each.is_receiving for each in found),
            is_transcribing=any(each.is_transcribing for each in found),
            buffer_size=sum(each.buffer_size for each in found),
            queue_size=sum(each.queue_size for each in found),
            dropped=sum(each.dropped for each in found),
        )

    # Files.

    async def async_transcribe_file(
        self,
        transcription: Transcription,
        path: Path,
        began_at: datetime | None = None,
    ) -> list[Transcript]:
        """Put all that is said in a file in words, as if it had begun at this time; returns them in order.

        Raises TranscriptionBusy, NotTranscribing (it was stopped meanwhile), FfmpegMissing, MediaUnreadable, SpeechFailed.
        """
        if transcription.file is not None:
            raise TranscriptionBusy(name=transcription.name)
        task = self._entry.async_create_background_task(
            self._hass,
            self._async_read_file(transcription, path, began_at or dt_util.utcnow()),
            f"maestra transcription of a file, {transcription.name}",
        )
        transcription.file = task
        try:
            await asyncio.wait([task])
        finally:
            # Who asked may be gone: then nobody wants the answer.
            task.cancel()
            transcription.file = None
            self._ends(task)
        if task.cancelled():
            raise NotTranscribing(name=transcription.name)
        return task.result()

    async def _async_read_file(
        self, transcription: Transcription, path: Path, began_at: datetime
    ) -> list[Transcript]:
        source, transcriber = path.name[:200], transcription.transcriber
        cutter = Cutter(source, transcriber.settings.cutter)
        found: list[Transcript] = []
        heard_at = began_at

        async def take(utterance: Utterance) -> None:
            text = await async_recognise(
                self._hass,
                transcription.data[CONF_STT_ENTITY],
                transcription.data.get(CONF_LANGUAGE),
                utterance,
            )
            if transcript := transcriber.said(utterance, text, is_live=False):
                found.append(transcript)

        async with pull(ffmpeg_binary(self._hass), str(path), is_file=True) as reading:
            async for audio in reading.read():
                heard_at += timedelta(seconds=seconds_of(audio))
                for utterance in cutter.feed(audio, heard_at):
                    await take(utterance)
        if (last := cutter.flush(heard_at)) is not None:
            await take(last)
        return found

    # Subentries.

    def _apply(self) -> None:
        subentries = subentries_by_id(self._entry, SUBENTRY_TRANSCRIPTION)
        for id_ in self._by_id.keys() - subentries.keys():
            self._end(self._by_id.pop(id_))
            self._saved.pop(id_, None)
            self._presenter.withdraw(id_)
            self._devices.remove(id_)
            self._saver.soon()
        for id_, subentry in subentries.items():
            self._put(id_, subentry)

    def _put(self, id_: str, subentry: ConfigSubentry) -> None:
        try:
            settings = transcription_settings(subentry.data)
        except InvalidField as error:
            _LOGGER.error("Transcription %s can't work: %s", subentry.title, error)
            return
        known = self._by_id.get(id_)
        if known is not None and known.data == subentry.data:
            known.name = subentry.title
        else:
            if known is None:
                transcriber = Transcriber(id_, settings, self._bus, day=_day)
                transcriber.restore(self._saved.get(id_))
                known = Transcription(transcriber, subentry.title, subentry.data)
                self._by_id[id_] = known
            else:
                self._rest(known)
                known.unwatch()
                known.name, known.data = subentry.title, subentry.data
                known.problem = None
                self._repair(known, None)
                known.transcriber.apply(settings)
            self._watch(known)
        self._devices.put(
            id_,
            subentry_id=id_,
            name=subentry.title,
            model="Live transcription",
            is_service=True,
        )
        self._presenter.show(id_, known, TRANSCRIPTION_PRESENTATIONS, subentry_id=id_)
        self._settle(known)

    def _watch(self, transcription: Transcription) -> None:
        """Let it hear only while an entity is on, where the user has chosen one."""
        entity_id = transcription.data.get(CONF_ONLY_WHILE)
        if not entity_id:
            transcription.unwatch = lambda: None
            transcription.transcriber.allow(True)
            return

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            state = event.data["new_state"]
            transcription.transcriber.allow(
                state is not None and state.state == STATE_ON
            )

        transcription.unwatch = async_track_state_change_event(
            self._hass, [entity_id], changed
        )
        transcription.transcriber.allow(self._hass.states.is_state(entity_id, STATE_ON))

    # Tasks.

    def _settle(self, transcription: Transcription) -> None:
        """Recognise and read while it hears, and stop at once when it does not."""
        is_active = transcription.transcriber.is_active
        if is_active and not transcription.tasks:
            works = [self._async_recognise(transcription)]
            if address := transcription.data.get(CONF_ADDRESS):
                works.append(self._async_listen(transcription, address))
            transcription.tasks = [
                self._entry.async_create_background_task(
                    self._hass, work, f"maestra transcription {transcription.name}"
                )
                for work in works
            ]
        elif not is_active:
            self._rest(transcription)

    def _rest(self, transcription: Transcription) -> None:
        tasks, transcription.tasks = transcription.tasks, []
        for task in tasks:
            task.cancel()
            self._ends(task)

    def _end(self, transcription: Transcription) -> None:
        transcription.unwatch()
        self._repair(transcription, None)
        self._rest(transcription)
        if transcription.file is not None:
            transcription.file.cancel()

    def _ends(self, task: asyncio.Task[Any]) -> None:
        if not task.done():
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _async_recognise(self, transcription: Transcription) -> None:
        """Put what is said in words, one utterance after another."""
        transcriber, data = transcription.transcriber, transcription.data
        while True:
            utterance = await transcriber.queue.get()
            try:
                text = await async_recognise(
                    self._hass,
                    data[CONF_STT_ENTITY],
                    data.get(CONF_LANGUAGE),
                    utterance,
                )
            except SpeechFailed as error:
                transcriber.failed()
                self._tell(transcription, str(error))
            except Exception as error:
                # Of the integration behind the entity: it may be anything.
                transcriber.failed()
                if transcription.problem is None:
                    _LOGGER.exception("%s can't recognise speech", transcription.name)
                transcription.problem = repr(error)
                self._repair(transcription, transcription.problem)
            else:
                self._tell(transcription, None)
                transcriber.said(utterance, text)

    def _tell(self, transcription: Transcription, problem: str | None) -> None:
        """Log what is wrong once, and once that it is over."""
        if problem is not None and transcription.problem is None:
            _LOGGER.warning(
                "%s can't put speech in words: %s", transcription.name, problem
            )
        elif problem is None and transcription.problem is not None:
            _LOGGER.info("%s can put speech in words again", transcription.name)
        transcription.problem = problem
        self._repair(transcription, problem)

    def _repair(self, transcription: Transcription, problem: str | None) -> None:
        """Ask for a repair of what fails again and again, and take that back."""
        was_there = transcription.failures >= FAILURES
        transcription.failures = transcription.failures + 1 if problem else 0
        is_there = transcription.failures >= FAILURES
        if is_there != was_there:
            async_set_link_issue(
                self._hass,
                SPEECH_FAILS,
                transcription,
                is_there=is_there,
                reason=problem or "",
            )

    async def _async_listen(self, transcription: Transcription, address: str) -> None:
        """Read a stream, again and again: that it is over is nothing special."""
        failures, told = 0, ""
        while True:
            try:
                async with pull(ffmpeg_binary(self._hass), address) as reading:
                    async for audio in _unstalled(reading):
                        failures, told = 0, ""
                        transcription.transcriber.take(
                            AudioFrame(
                                timestamp=0,
                                format=_FORMAT,
                                source_id=STREAM,
                                source_name=transcription.name,
                                data=audio,
                            )
                        )
            except MaestraError as error:
                if str(error) != told:
                    _LOGGER.info("%s has no stream: %s", transcription.name, error)
                told = str(error)
            transcription.transcriber.ended(("", STREAM))
            await asyncio.sleep(RETRY.delay(failures))
            failures += 1

    # What happens.

    def _changed(self, event: TranscriptionChanged) -> None:
        if (transcription := self._by_id.get(event.transcription)) is None:
            return
        self._settle(transcription)
        self._writer.mark_all(self._presenter.of(transcription.id))
        if self._saved.get(transcription.id) != transcription.transcriber.snapshot():
            self._saver.soon()

    def _said(self, event: Transcribed) -> None:
        transcript = event.transcript
        self._fire(transcript.transcription, UTTERANCE, transcript.to_wire())

    def _session_started(self, event: SessionStarted) -> None:
        self._fire(event.transcription, SESSION_STARTED, {"session": event.session})

    def _session_ended(self, event: SessionEnded) -> None:
        self._fire(event.transcription, SESSION_ENDED, {"session": event.session})

    def _fire(self, id_: str, kind: str, attributes: Mapping[str, Any]) -> None:
        if (entity := self._presenter.find(id_, Platform.EVENT, SPEECH)) is not None:
            cast(MaestraEventEntity, entity).fire(kind, attributes)

    # What is kept.

    def _snapshot(self) -> dict[str, Any]:
        self._saved = {each.id: each.transcriber.snapshot() for each in self}
        return dict(self._saved)

    @callback
    def _stop(self) -> None:
        for transcription in self:
            self._end(transcription)


async def _unstalled(reading: Pull) -> Any:
    """Yield audio as long as it comes; a stream may begin whenever it likes. Raises MediaUnreadable."""
    audio, patience = reading.read(), None
    while True:
        try:
            async with asyncio.timeout(patience):
                piece = await anext(audio, None)
        except TimeoutError as error:
            raise MediaUnreadable(reason="no audio comes any more") from error
        if piece is None:
            return
        patience = STALLED
        yield piece


def ffmpeg_binary(hass: HomeAssistant) -> str:
    """Return the ffmpeg that Home Assistant uses, else the one of this machine."""
    if FFMPEG not in hass.config.components:
        return FFMPEG
    # Its libraries are there only where it is set up.
    from homeassistant.components.ffmpeg import get_ffmpeg_manager  # noqa: PLC0415

    return get_ffmpeg_manager(hass).binary


def _day() -> str:
    return f"{dt_util.now():%Y_%m_%d}"


async def async_remove_transcriptions(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    await _store(hass).async_remove()


def _store(hass: HomeAssistant) -> SnapshotStore:
    return snapshot_store(hass, STORAGE_VERSION, STORAGE_KEY)
