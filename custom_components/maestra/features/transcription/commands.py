"""Audio over Home Assistant's own WebSocket, for those who are logged in there."""

from dataclasses import replace
from typing import Any, Final

import probatio

from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...core.transcription.audio import (
    BIT_DEPTHS,
    MAX_CHANNELS,
    MAX_SAMPLE_RATE,
    MAX_SOURCE_LENGTH,
    MIN_SAMPLE_RATE,
    RATE,
    AudioFrame,
    checked_format,
)
from ...core.transcription.text import plain_line
from ...hub.current import find_hub
from ...hub.permissions import Needs, check_user
from .manager import TranscriptionManager

_NEEDS: Final = Needs.CONTROL
_NAME: Final = probatio.All(str, probatio.Length(min=1, max=MAX_SOURCE_LENGTH))


@websocket_command(
    {
        probatio.Required("type"): f"{DOMAIN}/audio",
        probatio.Optional("source_id", default="home_assistant"): _NAME,
        probatio.Optional("source_name", default=""): probatio.All(
            str, probatio.Length(max=MAX_SOURCE_LENGTH)
        ),
        probatio.Optional("sample_rate", default=RATE): probatio.All(
            int, probatio.Range(min=MIN_SAMPLE_RATE, max=MAX_SAMPLE_RATE)
        ),
        probatio.Optional("channels", default=1): probatio.All(
            int, probatio.Range(min=1, max=MAX_CHANNELS)
        ),
        probatio.Optional("bit_depth", default=16): probatio.In(BIT_DEPTHS),
    }
)
@callback
def audio(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Hear a source in binary messages that begin with the byte `handler_id`, until it unsubscribes.

    An empty one says that it is over for now, as Home Assistant's own have it.
    """
    check_user(connection.user, _NEEDS)
    form = checked_format(msg["sample_rate"], msg["channels"], msg["bit_depth"])
    silence = AudioFrame(
        timestamp=0,
        format=form,
        source_id=plain_line(msg["source_id"]),
        source_name=plain_line(msg["source_name"]),
        data=b"",
        way=f"{DOMAIN}:{id(connection)}:{msg['id']}",
    )

    def ended() -> None:
        if (hub := find_hub(hass)) is not None:
            hub.manager(TranscriptionManager).ended(silence.key)

    @callback
    def heard(
        _hass: HomeAssistant, _connection: ActiveConnection, payload: bytes
    ) -> None:
        if not payload:
            ended()
        elif (hub := find_hub(hass)) is not None:
            hub.manager(TranscriptionManager).take(replace(silence, data=payload))

    handler_id, unregister = connection.async_register_binary_handler(heard)

    @callback
    def stop() -> None:
        unregister()
        ended()

    connection.subscriptions[msg["id"]] = stop
    connection.send_result(msg["id"], {"handler_id": handler_id})


audio.needs = _NEEDS  # type: ignore[attr-defined]
TRANSCRIPTION_COMMANDS: Final = (audio,)
