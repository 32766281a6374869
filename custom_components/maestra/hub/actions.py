"""What all actions are made of, and their registration with Home Assistant."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from inspect import isawaitable
from typing import Any, Final, cast

import orjson
import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..core.domain.device import Device
from ..core.domain.entity import Entity
from ..core.domain.json_values import JsonObject, JsonValue, check_writable
from .current import get_hub
from .errors import translated
from .hub import Hub
from .permissions import Needs, Touched, async_user, check_user, entity_ids
from .targets import (
    NAMES,
    find_devices,
    find_entities,
    is_known_target,
    named_targets,
    target_ids,
    wrong_target,
)

ATTR_AREA: Final = "area"
ATTR_DEVICE: Final = "device"
ATTR_GROUP: Final = "group"
ATTR_SLUG: Final = "slug"

_DAY: Final = timedelta(days=1)

type Response = JsonObject | None
# A handler that only touches the domain is synchronous, as the domain is: it is done, or refused, in one turn of
# the loop. One that waits for something outside, as the store, is a coroutine function.
type Handler = Callable[[Hub, ServiceCall], Response | Coroutine[Any, Any, Response]]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action of the integration. What a user needs for it counts for what it `touches`, everything by default."""

    name: str
    handler: Handler
    fields: VolDictType
    needs: Needs
    touches: Callable[[Hub, ServiceCall], Touched] = lambda hub, call: None
    response: SupportsResponse = field(default=SupportsResponse.NONE)


@callback
def async_register_actions(hass: HomeAssistant, actions: Iterable[Action]) -> None:
    """Register actions; they exist whether the hub is loaded or not."""
    for action in actions:
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
        user = await async_user(call.hass, call.context)
        hub = get_hub(call.hass)
        check_user(
            user,
            action.needs,
            lambda: action.touches(hub, call),
            context=call.context,
        )
        check_writable(call.data, "data")
        response = action.handler(hub, call)
        if isawaitable(response):
            response = await response
        return cast(JsonObjectType, response) if call.return_response else None

    return run


def refusal(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the translated error for what no part of the core can know of."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def json_value(value: Any) -> JsonValue:
    """Return a copy of a value from YAML or a template as plain JSON.

    Dates become text. A key that is true or false was written `on` or `off`: YAML
    reads these two words as truth values, and `on` is what most entities have.
    """
    try:
        return cast(JsonValue, orjson.loads(orjson.dumps(_with_text_keys(value))))
    except TypeError as error:
        raise probatio.Invalid(f"can't be written as JSON: {error}") from error


def _with_text_keys(value: Any) -> Any:
    # Most of what there is, and looking for abstract classes takes its time.
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dict | Mapping):
        return {_text_key(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_text_keys(item) for item in value]
    return value


def _text_key(key: Any) -> str:
    if isinstance(key, bool):
        return "on" if key else "off"
    return str(key)


def moment(value: Any) -> datetime:
    """Read a time: ISO 8601, without a zone in Home Assistant's, or seconds since 1970."""
    if isinstance(value, str) and not value.isascii():
        # The library that reads it crashes, and Home Assistant with it, on half a character.
        raise probatio.Invalid("is not a time")
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = dt_util.utc_from_timestamp(value)
        else:
            found = dt_util.as_utc(cv.datetime(value))
        # It is told in any zone.
        _ = found - _DAY, found + _DAY
    except (ValueError, OverflowError, OSError) as error:
        raise probatio.Invalid("is not a time") from error
    return found


# How fields are read.
JSON_OBJECT: Final = probatio.All(dict, json_value)
# Null and empty text both clear what may be absent.
CLEARABLE: Final = probatio.Any(None, cv.string)

ENTITY_FIELDS: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_SLUG, default=list): NAMES,
}
DEVICE_FIELDS: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_DEVICE, default=list): NAMES,
    probatio.Optional(ATTR_GROUP, default=list): NAMES,
}


def targeted_ids(call: ServiceCall, get: Callable[[str], object | None]) -> set[str]:
    """Return the Maestra ids that a call targets; `get` finds what is of use.

    Raises ServiceValidationError for an entity or a device that is named and of no use. Areas, floors and labels may
    hold anything.
    """
    hass = call.hass
    for key, name in named_targets(call.data):
        if is_known_target(hass, key, name) and not any(
            get(id_) for id_ in target_ids(hass, {key: [name]})
        ):
            raise wrong_target(hass, key, name)
    return target_ids(hass, call.data, log_missing=True)


def chosen[T](
    call: ServiceCall,
    key: str,
    find: Callable[[str], T],
    get: Callable[[str], T | None],
) -> list[T]:
    """Return what a call names under `key` or targets, each once; `find` raises for a name that is nobody's.

    Raises ServiceValidationError too.
    """
    named = [find(name) for name in call.data[key]]
    targeted = [it for id_ in targeted_ids(call, get) if (it := get(id_)) is not None]
    return [*dict.fromkeys([*named, *targeted])]


def only[T](found: Sequence[T], key: str) -> T:
    """Return the one thing that a call means: the only one needs no name. Raises ServiceValidationError, which says `key`."""
    if len(found) != 1:
        raise refusal(key, count=str(len(found)))
    return found[0]


def targeted_entities(
    hub: Hub, call: ServiceCall, *, is_needed: bool = True
) -> list[Entity]:
    """Return the Maestra entities of a call with ENTITY_FIELDS, at least one where `is_needed`.

    Raises UnknownEntity, ServiceValidationError.
    """
    ids = targeted_ids(call, hub.domain.entities.get)
    found = find_entities(hub.domain, call.data[ATTR_SLUG], ids)
    if is_needed and not found:
        raise refusal("no_entity_targeted")
    return found


def targeted_devices(hub: Hub, call: ServiceCall) -> list[Device]:
    """Return the Maestra devices of a call with DEVICE_FIELDS, at least one.

    Raises UnknownDevice, UnknownGroup, ServiceValidationError.
    """
    found = selected_devices(hub, call)
    if not found:
        raise refusal("no_device_targeted")
    return found


def selected_devices(hub: Hub, call: ServiceCall) -> list[Device]:
    """Return the Maestra devices of a call, perhaps none; raises UnknownDevice, UnknownGroup."""
    data = call.data
    ids = targeted_ids(call, hub.domain.devices.get)
    return find_devices(hub.domain, data[ATTR_DEVICE], ids, data.get(ATTR_GROUP, ()))


def touched_values(hub: Hub, values: Iterable[tuple[Entity, Iterable[str]]]) -> Touched:
    """Return what shows these keys of entities; a key that nothing shows stands for everything."""
    return entity_ids(
        hub.presenter,
        (
            hub.presenter.showing(entity.id, key)
            for entity, keys in values
            for key in keys
        ),
    )


def touched_owners(hub: Hub, owner_ids: Collection[str]) -> Touched:
    """Return what shows these owners; what is nobody's is everybody's."""
    if not owner_ids:
        return None
    return entity_ids(hub.presenter, map(hub.presenter.of, owner_ids))


def touched_devices(hub: Hub, call: ServiceCall) -> Touched:
    """Return what shows the devices of a call with DEVICE_FIELDS."""
    return touched_owners(hub, [device.id for device in targeted_devices(hub, call)])
