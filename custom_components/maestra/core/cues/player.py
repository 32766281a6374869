"""Runs one cue list: which cue is on, which stands by, and what goes by itself."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from ..bus import Bus, get_logger
from ..domain.clock import optional_wire_time, utcnow
from ..domain.errors import InvalidField, MaestraError
from ..domain.fields import saved_moment
from ..domain.json_values import JsonObject
from ..domain.source import SYSTEM, Source
from ..domain.variables import is_number
from .at import MISSED_AFTER, RECHECK
from .changes import check
from .cue_list import Cue, CueList
from .errors import NoCueLeft, TooSoon, UnknownCue
from .events import CueEnded, CueFailed, CueListChanged, CueStarted, Panicked
from .fader import EARLY, Fade, Fader

_LOGGER = get_logger(__name__)


@dataclass(slots=True)
class _Running:
    """A cue that is not complete, or that another follows. `began` is the loop's time."""

    cue: Cue
    began: float
    fade: Fade
    is_complete: bool = False
    held: float | None = None
    """Since when it is paused."""

    def elapsed(self, now: float) -> float:
        """Return the seconds since it went, without those in which it was paused."""
        return (now if self.held is None else self.held) - self.began


class CuePlayer:
    """Plays a list: cues go by hand, or by themselves after others. Belongs to the running event loop."""

    def __init__(
        self,
        id_: str,
        cues: CueList,
        bus: Bus,
        fader: Fader,
        zone: Callable[[], tzinfo] = lambda: UTC,
    ) -> None:
        """Stand by at the first cue."""
        self.id = id_
        self.cues = cues
        self.standby: int | None = 0 if cues.cues else None
        """The place of the cue that goes next, None at the end."""
        self.current: Cue | None = None
        """The cue that went last."""
        self.started_at: datetime | None = None
        self.show_began: datetime | None = None
        """When its first cue went, or a later one as the first."""
        self.due_at: datetime | None = None
        """When the cue that stands by goes by itself, because it has a time."""
        self._aimed: tuple[Cue | None, datetime | None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._zone = zone
        self._bus = bus
        self._fader = fader
        self._loop = asyncio.get_running_loop()
        self._running: _Running | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._went = float("-inf")
        self._aim()

    @property
    def next(self) -> Cue | None:
        """The cue that stands by."""
        return None if self.standby is None else self.cues.cues[self.standby]

    @property
    def is_paused(self) -> bool:
        """Whether it stands still in a cue."""
        return self._running is not None and self._running.held is not None

    @property
    def is_running(self) -> bool:
        """Whether a cue is on its way, or the next goes by itself."""
        return self._running is not None and self._running.held is None

    @property
    def elapsed(self) -> float | None:
        """Seconds since the cue went that is on its way, without pauses; None where none is."""
        running = self._running
        return running.elapsed(self._loop.time()) if running else None

    @property
    def ends_at(self) -> datetime | None:
        """When the cue is complete, or the next goes by itself; None where nothing is on its way, or it is paused."""
        running = self._running
        if running is None or running.held is not None:
            return None
        left = self._due(running) - self._loop.time()
        return utcnow() + timedelta(seconds=max(0.0, left))

    def go(self, source: Source = SYSTEM) -> Cue:
        """Let the cue go that stands by; raises NoCueLeft, TooSoon, and what a refused change raises."""
        if self.standby is None:
            raise NoCueLeft(cue_list=self.cues.name)
        return self._go(self.standby, source)

    def back(self, source: Source = SYSTEM) -> Cue:
        """Let the cue before the current one go; raises as `go`."""
        index = None if self.current is None else self.cues.index(self.current.number)
        if not index:
            raise NoCueLeft(cue_list=self.cues.name)
        return self._go(index - 1, source)

    def go_to(self, number: str, source: Source = SYSTEM) -> Cue:
        """Let this cue go; raises UnknownCue, and as `go`."""
        return self._go(self._index(number), source)

    def stand_by(self, number: str) -> None:
        """Let this cue be the next; raises UnknownCue."""
        self.standby = self._index(number)
        self._aimed = None
        self._aim()
        self._tell()

    def pause(self) -> None:
        """Stand still, in mid-fade too."""
        if (running := self._running) is not None and running.held is None:
            running.held = self._loop.time()
            self._fader.hold(self)
            self._plan()
            self._arm()
            self._tell()

    def resume(self) -> None:
        """Go on from there."""
        if (running := self._running) is not None and running.held is not None:
            running.began += self._loop.time() - running.held
            running.held = None
            self._fader.resume(self)
            self._plan()
            self._arm()
            self._tell()

    def stop(self) -> None:
        """Leave everything where it is; nothing goes by itself any more, until the next go."""
        self._end()
        self._disarm()
        self._tell()

    def panic(self, source: Source = SYSTEM) -> None:
        """Bring everything to its safe state at once; what is unknown by now is left out."""
        self._end()
        self._disarm()
        self._fader.force(self.cues.safe, source)
        self._bus.publish(Panicked(self.id))
        self._tell()

    def replace(self, cues: CueList) -> None:
        """Take over another version of the list: it stays where it is, as far as the cues are there."""
        current, standby = self.current, self.next
        self.cues = cues
        at = None if current is None else cues.index(current.number)
        if current is not None:
            self.current = None if at is None else cues.cues[at]
        place = None if standby is None else cues.index(standby.number)
        if place is None:
            following = 0 if at is None else at + 1
            place = following if following < len(cues.cues) else None
        self.standby = place
        self._aim()
        self._tell()

    def snapshot(self) -> JsonObject:
        """Return where it stands, to go on after a restart."""
        return {
            "current": self.current.number if self.current else None,
            "standby": self.next.number if self.next else None,
            "started_at": optional_wire_time(self.started_at),
            "elapsed": self.elapsed,
            "is_complete": self._running is not None and self._running.is_complete,
            "is_paused": self.is_paused,
            "show_began": optional_wire_time(self.show_began),
            "due_at": optional_wire_time(self.due_at),
            "saved_at": optional_wire_time(utcnow()),
        }

    def restore(self, saved: Mapping[str, Any], source: Source = SYSTEM) -> None:
        """Go on as if there had been no restart: a fade for the rest of its time, and what was due meanwhile now.

        Raises InvalidField.
        """
        self.standby = self._known(saved.get("standby"))
        self._restore_aim(saved)
        index = self._known(saved.get("current"))
        if index is None:
            return
        cue = self.current = self.cues.cues[index]
        self.started_at = _optional_moment(saved, "started_at")
        elapsed = saved.get("elapsed")
        if elapsed is None:
            return
        if not is_number(elapsed):
            raise InvalidField(field="elapsed", reason="must be a number")
        elapsed = max(0.0, elapsed)
        # What was complete does not become it again.
        is_complete = saved.get("is_complete") is True
        if not saved.get("is_paused") and (
            moment := _optional_moment(saved, "saved_at")
        ):
            elapsed += max(0.0, (utcnow() - moment).total_seconds())
        left = max(0.0, cue.duration - elapsed)
        now = self._loop.time()
        fade = self._fade(cue, source, now)
        fade.delay = max(0.0, cue.pre_wait - elapsed)
        fade.over = left - fade.delay
        fade.goes_on = True
        self._running = _Running(cue, now - elapsed, fade, is_complete)
        try:
            if not is_complete:
                self._fader.start(fade)
        except MaestraError as error:
            _LOGGER.warning("Cue %s can't go on: %s", cue.title, error)
        if saved.get("is_paused"):
            self.pause()
        else:
            self._plan()

    def close(self) -> None:
        """End: nothing goes by itself any more, and what is on its way stays where it is."""
        self._fader.cancel(self)
        self._cancel()
        self._silence()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _known(self, number: Any) -> int | None:
        return None if number is None else self.cues.index(number)

    def _index(self, number: str) -> int:
        if (index := self.cues.index(number)) is None:
            raise UnknownCue(cue_list=self.cues.name, cue=number)
        return index

    def _fade(self, cue: Cue, source: Source, now: float) -> Fade:
        return Fade(
            states=cue.states,
            source=source,
            over=cue.transition,
            delay=cue.pre_wait,
            curve=cue.curve,
            priority=self.cues.priority,
            group=self,
            began=now,
        )

    def _go(self, index: int, source: Source, *, is_automatic: bool = False) -> Cue:
        now = self._loop.time()
        if not is_automatic and now - self._went < self.cues.min_interval:
            raise TooSoon(
                cue_list=self.cues.name, seconds=f"{self.cues.min_interval:g}"
            )
        cue = self.cues.cues[index]
        fade = self._fade(cue, source, now)
        # Refused here, where nothing has changed yet.
        check(self._fader.stage, fade.states)
        if self.is_paused:
            # What stands still stays where it is.
            self._fader.cancel(self)
        self._fader.start(fade)
        self._went = now
        self.started_at = utcnow()
        if self.current is None or index == 0 or self.show_began is None:
            self.show_began = self.started_at
        self.current = cue
        self.standby = index + 1 if index + 1 < len(self.cues.cues) else None
        self._running = _Running(cue, now, fade)
        self._bus.publish(CueStarted(self.id, cue, is_automatic))
        self._plan()
        self._aimed = None
        self._aim()
        self._tell()
        return cue

    def _due(self, running: _Running) -> float:
        """Return the loop's time at which something is to be done: the cue is complete, or the next goes."""
        if not running.is_complete:
            complete = running.began + running.cue.duration
            if (until := running.cue.until_next) is not None:
                return min(complete, running.began + until)
            return complete
        return running.began + (running.cue.until_next or 0)

    def _plan(self) -> None:
        self._cancel()
        if (running := self._running) is not None and running.held is None:
            self._timer = self._loop.call_at(self._due(running), self._advance, running)

    def _advance(self, running: _Running) -> None:
        self._timer = None
        elapsed = running.elapsed(self._loop.time())
        cue = running.cue
        # A timer may be early by the clock's resolution.
        if not running.is_complete and elapsed >= cue.duration - EARLY:
            running.is_complete = True
            self._fader.step()
            is_last = self.standby is None
            self._bus.publish(CueEnded(self.id, cue, is_last))
        if self._running is not running:
            return
        until = cue.until_next
        if until is None or self.standby is None:
            if running.is_complete:
                self._running = None
                self._tell()
        elif elapsed >= until - EARLY:
            self._follow(running.fade.source)
            return
        elif running.is_complete:
            # From now on the next is waited for.
            self._tell()
        self._plan()

    def _follow(self, source: Source) -> None:
        following = self.next
        assert following is not None
        try:
            self._go(self.standby or 0, source, is_automatic=True)
        except MaestraError as error:
            self._running = None
            _LOGGER.warning("Cue %s can't go: %s", following.title, error)
            self._bus.publish(CueFailed(self.id, following, str(error)))
            self._tell()

    # The cue that stands by, and has a time.

    def _aim(self) -> None:
        """Find out when the cue that stands by is due; the same cue of the same show keeps its time."""
        cue = self.next
        aimed = cue, self.show_began
        if aimed != self._aimed:
            self._aimed = aimed
            at = cue.at if cue else None
            self.due_at = None
            if at is not None:
                self.due_at = at.due(utcnow(), self._zone(), self.show_began)
        self._arm()

    def _restore_aim(self, saved: Mapping[str, Any]) -> None:
        """Keep the time that was saved, unless it is long over; raises InvalidField."""
        self.show_began = _optional_moment(saved, "show_began")
        self._aim()
        if "due_at" in saved and self.next and self.next.at:
            due_at = _optional_moment(saved, "due_at")
            if due_at is None or due_at > utcnow() - MISSED_AFTER:
                self.due_at = due_at
        self._arm()

    def _arm(self) -> None:
        self._silence()
        if self.due_at is None or self.is_paused:
            return
        left = (self.due_at - utcnow()).total_seconds()
        self._alarm = self._loop.call_later(
            min(max(0.0, left), RECHECK), self._strike, self.due_at
        )

    def _strike(self, due_at: datetime) -> None:
        self._alarm = None
        if utcnow() < due_at:
            self._arm()
            return
        self.due_at = None
        self._follow(SYSTEM)

    def _disarm(self) -> None:
        self.due_at = None
        self._silence()

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _end(self) -> None:
        self.close()
        self._running = None

    def _tell(self) -> None:
        self._bus.publish(CueListChanged(self.id))


def _optional_moment(saved: Mapping[str, Any], key: str) -> datetime | None:
    return None if saved.get(key) is None else saved_moment(saved, key)
