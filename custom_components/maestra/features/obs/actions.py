"""Actions on OBS: anything that its protocol can do."""

from typing import Final

import probatio

from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.obs.connection import ObsConnection
from ...core.obs.protocol import Response
from ...hub.actions import JSON_OBJECT, Action, json_value, only
from ...hub.hub import Hub
from ...hub.permissions import Needs
from ...hub.targets import owner_of
from .manager import ObsManager

ATTR_DATA: Final = "data"
ATTR_HALT_ON_FAILURE: Final = "halt_on_failure"
ATTR_OBS: Final = "obs"
ATTR_REQUEST: Final = "request"
ATTR_REQUESTS: Final = "requests"
ATTR_SCENE: Final = "scene"
ATTR_SOURCE: Final = "source"
ATTR_VISIBLE: Final = "visible"
MAX_REQUESTS: Final = 100
SECRET: Final = frozenset({"GetStreamServiceSettings"})
"""Requests whose answers hold the key of the stream: traces of automations keep answers."""

_OBS: Final[VolDictType] = {probatio.Optional(ATTR_OBS): cv.string}
_REQUEST: Final[VolDictType] = {
    **_OBS,
    probatio.Required(ATTR_REQUEST): cv.string,
    probatio.Optional(ATTR_DATA, default=dict): JSON_OBJECT,
}
_BATCH: Final[VolDictType] = {
    **_OBS,
    probatio.Required(ATTR_REQUESTS): probatio.All(
        [probatio.All(dict, json_value)], probatio.Length(min=1, max=MAX_REQUESTS)
    ),
    probatio.Optional(ATTR_HALT_ON_FAILURE, default=False): cv.boolean,
}
_VISIBILITY: Final[VolDictType] = {
    **_OBS,
    probatio.Optional(ATTR_SCENE): cv.string,
    probatio.Required(ATTR_SOURCE): cv.string,
    probatio.Optional(ATTR_VISIBLE, default=True): cv.boolean,
}


def _obs(hub: Hub, call: ServiceCall) -> ObsConnection:
    """Return the OBS that is named, by name or device; the only one needs no name. Raises ServiceValidationError."""
    name = call.data.get(ATTR_OBS)
    found = [
        link
        for link in hub.manager(ObsManager)
        if name is None or name == link.title or owner_of(hub.hass, name) == link.id
    ]
    return only(found, "one_obs").gateway


async def _ask(hub: Hub, call: ServiceCall) -> JsonObject:
    """Ask OBS for something; returns its data."""
    name = _checked(call.data[ATTR_REQUEST])
    return {"response": await _obs(hub, call).call(name, call.data[ATTR_DATA] or None)}


async def _ask_batch(hub: Hub, call: ServiceCall) -> JsonObject:
    """Ask OBS for several things in order; returns the answers."""
    requests = [_read(each) for each in call.data[ATTR_REQUESTS]]
    answers = await _obs(hub, call).call_batch(
        requests, halt_on_failure=call.data[ATTR_HALT_ON_FAILURE]
    )
    return {"responses": [_told(answer) for answer in answers]}


async def _set_visibility(hub: Hub, call: ServiceCall) -> None:
    """Show or hide a source in a scene or a group, by its name; without a scene in the one that is live."""
    obs = _obs(hub, call)
    scene = call.data.get(ATTR_SCENE, obs.state.program)
    found = await obs.call(
        "GetSceneItemId",
        {"sceneName": scene, "sourceName": call.data[ATTR_SOURCE]},
    )
    await obs.call(
        "SetSceneItemEnabled",
        {
            "sceneName": scene,
            "sceneItemId": found.get("sceneItemId"),
            "sceneItemEnabled": call.data[ATTR_VISIBLE],
        },
    )


def _read(row: JsonObject) -> tuple[str, JsonObject | None]:
    name, data = row.get(ATTR_REQUEST), row.get(ATTR_DATA)
    if not isinstance(name, str) or not isinstance(data, dict | None):
        raise InvalidField(
            field=ATTR_REQUESTS, reason="each needs a request, and may have data"
        )
    return _checked(name), data or None


def _checked(name: str) -> str:
    if name in SECRET:
        raise InvalidField(
            field=ATTR_REQUEST, reason=f"{name} would tell the key of the stream"
        )
    return name


def _told(answer: Response) -> JsonValue:
    return {
        "request": answer.request,
        "status": answer.status,
        "comment": answer.comment,
        "response": answer.data,
    }


OBS_ACTIONS: Final = (
    Action(
        name="obs_request",
        handler=_ask,
        fields=_REQUEST,
        needs=Needs.CONTROL,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="obs_batch",
        handler=_ask_batch,
        fields=_BATCH,
        needs=Needs.CONTROL,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="obs_set_visibility",
        handler=_set_visibility,
        fields=_VISIBILITY,
        needs=Needs.CONTROL,
    ),
)
