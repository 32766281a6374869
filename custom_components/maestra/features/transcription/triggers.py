"""The trigger on what is said."""

from typing import Final, override

import probatio

from homeassistant.helpers.trigger import Trigger
from homeassistant.helpers.typing import VolDictType

from ...const import TargetKind
from ...core.bus import Unsubscribe
from ...core.domain.transcript import Transcribed
from ...core.transcription.text import says
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, schema
from .manager import TranscriptionManager

CONF_TRANSCRIPTION: Final = "transcription"
CONF_PHRASE: Final = "phrase"
CONF_SOURCE: Final = "source"

_OPTIONS: Final[VolDictType] = {
    probatio.Optional(CONF_TRANSCRIPTION, default=list): NAMES,
    probatio.Optional(CONF_PHRASE, default=list): NAMES,
    probatio.Optional(CONF_SOURCE, default=list): NAMES,
}


class UtteranceTrigger(MaestraTrigger):
    """Somebody has said something; with phrases, one of these words for word, whatever case and punctuation."""

    _schema = schema(_OPTIONS)
    fits = TargetKind.TRANSCRIPTION | TargetKind.HUB

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        manager = hub.manager(TranscriptionManager)
        named, phrases, sources = (
            self._options[key] for key in (CONF_TRANSCRIPTION, CONF_PHRASE, CONF_SOURCE)
        )

        def said(event: Transcribed) -> None:
            transcript = event.transcript
            transcription = manager.get(transcript.transcription)
            if transcription is None or not self._is_meant(
                named, transcription.id, transcription.id, transcription.name
            ):
                return
            if sources and transcript.source not in sources:
                return
            phrase = says(transcript.text, phrases)
            if phrases and phrase is None:
                return
            run(
                {
                    "transcription": transcription.name,
                    "device_id": hub.devices.id_of(transcription.id),
                    "text": transcript.text,
                    "phrase": phrase,
                    "source": transcript.source,
                    "session": transcript.session,
                    "transcript": transcript.to_wire(),
                },
                f"{phrase or 'something'} was said, heard by {transcription.name}",
            )

        return hub.domain.bus.subscribe(Transcribed, said)


TRANSCRIPTION_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "utterance": UtteranceTrigger
}
