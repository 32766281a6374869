"""What is shown of a transcription, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.helpers.typing import StateType

from ...core.domain.clock import wire_time
from ...core.domain.json_values import JsonObject
from ...core.transcription.transcriber import Transcriber
from ...hub.presentation import Presentation

TRANSCRIPTION: Final = "transcription"
LISTENING: Final = "listening"
SPEECH: Final = "speech"
TRANSCRIBING: Final = "transcribing"
UTTERANCE: Final = "utterance"
SESSION_STARTED: Final = "session_started"
SESSION_ENDED: Final = "session_ended"
MAX_STATE: Final = 255
"""Characters that a state of Home Assistant may have."""


@dataclass(frozen=True, kw_only=True)
class TranscriptionSensorDescription(SensorEntityDescription):
    """How something about a transcription looks as a sensor."""

    value_fn: Callable[[Transcriber], StateType]
    attributes_fn: Callable[[Transcriber], JsonObject] = lambda transcriber: {}


def _last_text(transcriber: Transcriber) -> str | None:
    if (latest := transcriber.latest) is None:
        return None
    text = latest.text
    return text if len(text) <= MAX_STATE else f"{text[: MAX_STATE - 1]}…"


def _last_facts(transcriber: Transcriber) -> JsonObject:
    if (latest := transcriber.latest) is None:
        return {}
    return {
        "started_at": wire_time(latest.timestamp),
        "duration": latest.duration,
        "source": latest.source,
        "session": latest.session,
    }


def _lag(transcriber: Transcriber) -> float | None:
    lag = transcriber.latest_lag
    return None if lag is None else round(lag, 2)


TRANSCRIPTION_SENSORS: Final[Mapping[str, TranscriptionSensorDescription]] = {
    description.key: description
    for description in (
        TranscriptionSensorDescription(
            key="last_text", value_fn=_last_text, attributes_fn=_last_facts
        ),
        TranscriptionSensorDescription(
            key="session", value_fn=lambda transcriber: transcriber.session
        ),
        TranscriptionSensorDescription(
            key="utterances_per_minute",
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=lambda transcriber: transcriber.per_minute,
        ),
        TranscriptionSensorDescription(
            key="lag",
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_display_precision=1,
            state_class=SensorStateClass.MEASUREMENT,
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=_lag,
        ),
        TranscriptionSensorDescription(
            key="dropped",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_category=EntityCategory.DIAGNOSTIC,
            value_fn=lambda transcriber: transcriber.dropped,
        ),
    )
}
TRANSCRIPTION_PRESENTATIONS: Final = (
    Presentation(platform=Platform.BINARY_SENSOR, kind=TRANSCRIPTION, key=LISTENING),
    Presentation(platform=Platform.EVENT, kind=TRANSCRIPTION, key=SPEECH),
    Presentation(platform=Platform.SWITCH, kind=TRANSCRIPTION, key=TRANSCRIBING),
    *(
        Presentation(platform=Platform.SENSOR, kind=TRANSCRIPTION, key=key)
        for key in TRANSCRIPTION_SENSORS
    ),
)
