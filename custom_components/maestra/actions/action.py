"""What all actions are made of."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import orjson
import probatio

from homeassistant.auth.models import User
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..const import DOMAIN
from ..domain.device import Device
from ..domain.entity import Entity
from ..domain.json_types import JsonObject, JsonValue
from ..runtime import MaestraRuntime
from ..targets import NAMES, find_devices, find_entities, target_ids

ATTR_DEVICE: Final = "device"
ATTR_GROUP: Final = "group"
ATTR_SLUG: Final = "slug"

type Response = JsonObject | None
# A handler that only touches the domain is synchronous, as the domain is: it is done, or refused, in one turn of
# the loop. One that waits for something outside, as the store, is a coroutine function.
type Handler = Callable[
    [MaestraRuntime, ServiceCall], Response | Coroutine[Any, Any, Response]
]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One action of the integration."""

    name: str
    handler: Handler
    fields: VolDictType
    response: SupportsResponse = field(default=SupportsResponse.NONE)


def refusal(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the translated error for what no part of the core can know of."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


async def calling_user(call: ServiceCall) -> User | None:
    """Return who calls, None for an automation; raises UnknownUser."""
    if (user_id := call.context.user_id) is None:
        return None
    user = await call.hass.auth.async_get_user(user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    return user


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
    if isinstance(value, Mapping):
        return {_text_key(key): _with_text_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_text_keys(item) for item in value]
    return value


def _text_key(key: Any) -> str:
    if isinstance(key, bool):
        return "on" if key else "off"
    return str(key)


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


def targeted_entities(runtime: MaestraRuntime, call: ServiceCall) -> list[Entity]:
    """Return the Maestra entities of a call with ENTITY_FIELDS, at least one.

    Raises UnknownEntity, ServiceValidationError.
    """
    ids = target_ids(call.hass, call.data, log_missing=True)
    found = find_entities(runtime.domain, call.data[ATTR_SLUG], ids)
    if not found:
        raise refusal("no_entity_targeted")
    return found


def targeted_devices(runtime: MaestraRuntime, call: ServiceCall) -> list[Device]:
    """Return the Maestra devices of a call with DEVICE_FIELDS, at least one.

    Raises UnknownDevice, UnknownGroup, ServiceValidationError.
    """
    found = selected_devices(runtime, call)
    if not found:
        raise refusal("no_device_targeted")
    return found


def selected_devices(runtime: MaestraRuntime, call: ServiceCall) -> list[Device]:
    """Return the Maestra devices of a call, perhaps none; raises UnknownDevice, UnknownGroup."""
    data = call.data
    ids = target_ids(call.hass, data, log_missing=True)
    return find_devices(
        runtime.domain, data[ATTR_DEVICE], ids, data.get(ATTR_GROUP, ())
    )
