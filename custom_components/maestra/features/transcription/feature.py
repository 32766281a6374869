"""What live transcription brings to Home Assistant."""

from typing import Final

from homeassistant.const import CONF_PORT, Platform

from ...const import CONF_HEALTH_PORT, LISTENER_AUDIO, SUBENTRY_TRANSCRIPTION
from ...core.transcription.gateway import (
    DEFAULT_HEALTH_PORT,
    DEFAULT_PORT,
    AudioGateway,
    AudioSettings,
)
from ...core.transcription.rows import TRANSCRIPTION_ROWS
from ...hub.feature import Feature
from ...hub.hub import Hub
from ...hub.link_sensors import CLIENTS, CONNECTIVITY, TRAFFIC, link_sensors
from ...hub.listeners import HTTP_OPTIONS, ListenerKind, Options, http_settings
from .actions import TRANSCRIPTION_ACTIONS
from .channels import transcription_parts
from .commands import TRANSCRIPTION_COMMANDS
from .entities import (
    MaestraTranscriptionEvent,
    MaestraTranscriptionListening,
    MaestraTranscriptionSensor,
    MaestraTranscriptionSwitch,
)
from .flow import TranscriptionFlow
from .manager import TranscriptionManager, async_remove_transcriptions
from .presentation import TRANSCRIPTION
from .triggers import TRANSCRIPTION_TRIGGERS


async def _build(hub: Hub, data: Options) -> AudioGateway:
    settings = AudioSettings(
        **await http_settings(hub, data), health_port=data[CONF_HEALTH_PORT] or None
    )
    return AudioGateway(hub.domain, hub.manager(TranscriptionManager), settings)


FEATURE: Final = Feature(
    key="transcription",
    phoenix=transcription_parts,
    make=TranscriptionManager,
    entities={
        Platform.BINARY_SENSOR: {TRANSCRIPTION: MaestraTranscriptionListening},
        Platform.EVENT: {TRANSCRIPTION: MaestraTranscriptionEvent},
        Platform.SENSOR: {TRANSCRIPTION: MaestraTranscriptionSensor},
        Platform.SWITCH: {TRANSCRIPTION: MaestraTranscriptionSwitch},
    },
    subentries={SUBENTRY_TRANSCRIPTION: TranscriptionFlow},
    link_entities={LISTENER_AUDIO: (CONNECTIVITY, *link_sensors(CLIENTS, *TRAFFIC))},
    listeners=(
        ListenerKind(
            key=LISTENER_AUDIO,
            title="Audio listener",
            defaults={
                **HTTP_OPTIONS,
                CONF_PORT: DEFAULT_PORT,
                CONF_HEALTH_PORT: DEFAULT_HEALTH_PORT,
            },
            ports=((CONF_PORT, "tcp"), (CONF_HEALTH_PORT, "tcp")),
            build=_build,
        ),
    ),
    actions=TRANSCRIPTION_ACTIONS,
    triggers=TRANSCRIPTION_TRIGGERS,
    records=TRANSCRIPTION_ROWS,
    commands=lambda records: TRANSCRIPTION_COMMANDS,
    remove=async_remove_transcriptions,
)
