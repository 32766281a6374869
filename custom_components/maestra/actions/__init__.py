"""The integration's actions."""

from collections.abc import Callable, Coroutine
from inspect import isawaitable
from typing import Any, cast

import probatio

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..current import get_runtime
from ..errors import translated
from .action import Action
from .certificates import CERTIFICATE_ACTIONS
from .detectors import DETECTOR_ACTIONS
from .devices import DEVICE_ACTIONS
from .entities import ENTITY_ACTIONS
from .f2 import F2_ACTIONS
from .history import HISTORY_ACTIONS
from .osc import OSC_ACTIONS
from .qs import QS_ACTIONS
from .states import STATE_ACTIONS
from .store import STORE_ACTIONS
from .streams import STREAM_ACTIONS
from .variables import VARIABLE_ACTIONS
from .wire import WIRE_ACTIONS

__all__ = ["async_setup_actions"]


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register all actions; they exist whether Maestra runs or not."""
    for action in (
        *STATE_ACTIONS,
        *ENTITY_ACTIONS,
        *VARIABLE_ACTIONS,
        *DEVICE_ACTIONS,
        *STREAM_ACTIONS,
        *WIRE_ACTIONS,
        *OSC_ACTIONS,
        *QS_ACTIONS,
        *DETECTOR_ACTIONS,
        *F2_ACTIONS,
        *HISTORY_ACTIONS,
        *STORE_ACTIONS,
        *CERTIFICATE_ACTIONS,
    ):
        hass.services.async_register(
            DOMAIN,
            action.name,
            _run(action),
            schema=probatio.Schema(action.fields),
            supports_response=action.response,
        )


def _run(
    action: Action,
) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
    @translated
    async def run(call: ServiceCall) -> ServiceResponse:
        response = action.handler(get_runtime(call.hass), call)
        if isawaitable(response):
            response = await response
        return cast(JsonObjectType, response) if call.return_response else None

    return run
