"""Actions on F2 controllers: opening doors, feedback of readers, access decisions, and importing sensor templates."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final, cast

import probatio

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.typing import VolDictType

from ...const import CONF_DATABASE, CONF_F2_TEMPLATES, DOMAIN, SUBENTRY_F2_CONTROLLER
from ...core.bus import get_logger
from ...core.domain.json_values import JsonObject
from ...core.f2.events import record_decision
from ...core.f2.grammar import ComponentPath, Kind
from ...core.f2.metadata import SCHEMA, Imported, from_metadata, read_f2_metadata
from ...core.f2.payloads import LONGEST_PERIOD, Feedback
from ...core.store.connection import connect
from ...core.store.errors import DRIVER_ERRORS, store_error
from ...core.store.store import Store
from ...hub.actions import Action, json_value, refusal
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from ...hub.targets import TARGET_KEYS
from .controllers import controllers_of
from .entities import MaestraF2Lock
from .setup import connector_id, f2_subentry, path_of
from .templates import changed_templates, templates_from_options

_LOGGER = get_logger(__name__)

ATTR_CONTROLLERS: Final = "controllers"
ATTR_CREDENTIAL_HASH: Final = "credential_hash"
ATTR_GRANTED: Final = "granted"
ATTR_KIND: Final = "kind"
ATTR_PERIOD: Final = "period"
ATTR_PERSON: Final = "person"
ATTR_REASON: Final = "reason"
ATTR_SCHEMA: Final = "schema"
ATTR_TEMPLATES: Final = "templates"

# Beyond, strikes become hot (f2.md §2).
ADVISED_PERIOD: Final = 120  # seconds
FEEDBACK_KINDS: Final = {
    "success": Feedback.SUCCESS,
    "fail_1": Feedback.FAIL_1,
    "fail_2": Feedback.FAIL_2,
}

_UNLOCK: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_PERIOD): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=LONGEST_PERIOD)
    ),
}
_FEEDBACK: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Required(ATTR_KIND): probatio.In(list(FEEDBACK_KINDS)),
}
_RECORD: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Required(ATTR_GRANTED): cv.boolean,
    probatio.Required(ATTR_REASON): cv.string,
    probatio.Optional(ATTR_PERSON): probatio.Any(None, cv.string),
    probatio.Optional(ATTR_CREDENTIAL_HASH): probatio.Any(None, cv.string),
}
_IMPORT: Final[VolDictType] = {
    probatio.Optional(ATTR_TEMPLATES): json_value,
    probatio.Optional(ATTR_CONTROLLERS, default=False): cv.boolean,
    probatio.Optional(CONF_DATABASE): cv.string,
    probatio.Optional(ATTR_SCHEMA, default=SCHEMA): cv.string,
}


def _targeted(
    hass: HomeAssistant, call: ServiceCall, kind: Kind
) -> dict[str, tuple[str, ComponentPath]]:
    """Return the components of a kind that a call selects, at least one: MAC and path by entity id.

    Raises ServiceValidationError where there is none.
    """
    target = {key: call.data[key] for key in TARGET_KEYS if key in call.data}
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(target))
    registry = er.async_get(hass)
    found = {}
    for entity_id in sorted(selected.referenced | selected.indirectly_referenced):
        entry = registry.async_get(entity_id)
        if entry is None or entry.platform != DOMAIN:
            continue
        if (place := path_of(entry.unique_id)) is None or place[1].kind is not kind:
            continue
        found[entity_id] = place
    if not found:
        raise refusal("no_f2_component_targeted")
    return found


def _places(
    hass: HomeAssistant, call: ServiceCall, kind: Kind
) -> list[tuple[str, ComponentPath]]:
    return list(dict.fromkeys(_targeted(hass, call, kind).values()))


def _touched(kind: Kind) -> Callable[[Hub, ServiceCall], Touched]:
    return lambda hub, call: _targeted(hub.hass, call, kind)


async def _unlock(hub: Hub, call: ServiceCall) -> None:
    """Let doors be opened for a while; returns when all controllers have confirmed it."""
    locks = []
    for mac, path in _places(hub.hass, call, Kind.STRIKE):
        lock = hub.presenter.find(
            connector_id(mac, path.connector),
            Platform.LOCK,
            f"{path.component}.{Platform.LOCK}",
        )
        if lock is None:
            raise refusal("no_f2_component_targeted")
        usual = controllers_of(hub).setups[mac].unlock_period
        period = call.data.get(ATTR_PERIOD, usual)
        if period > ADVISED_PERIOD:
            _LOGGER.warning(
                "%s is unlocked for %s seconds: its strike may get too hot after %s",
                lock.entity_id,
                period,
                ADVISED_PERIOD,
            )
        locks.append(cast(MaestraF2Lock, lock).async_release(period))
    # One door that does not answer keeps no other one closed.
    results = await asyncio.gather(*locks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _feedback(hub: Hub, call: ServiceCall) -> None:
    """Let readers show whether somebody may come in."""
    for mac, path in _places(hub.hass, call, Kind.READER):
        controllers_of(hub).source_of(mac).feedback(
            mac, path.connector, path.number, FEEDBACK_KINDS[call.data[ATTR_KIND]]
        )


async def _record(hub: Hub, call: ServiceCall) -> JsonObject:
    """Record a decision at each of the readers; returns their ids."""
    data = call.data
    decisions = [
        record_decision(
            hub.domain,
            gateway=controllers_of(hub).source_of(mac).key,
            controller=mac,
            path=str(path),
            granted=data[ATTR_GRANTED],
            reason=data[ATTR_REASON],
            credential_hash=data.get(ATTR_CREDENTIAL_HASH),
            person=data.get(ATTR_PERSON),
        )
        for mac, path in _places(hub.hass, call, Kind.READER)
    ]
    return {"decisions": [decision.id for decision in decisions]}


async def _import(hub: Hub, call: ServiceCall) -> JsonObject:
    """Take over templates from JSON, or from the tables of another pipeline with its controllers; returns their names."""
    hass, entry = hub.hass, hub.entry
    templates = templates_from_options(entry.options.get(CONF_F2_TEMPLATES, []))
    if ATTR_TEMPLATES in call.data:
        found = Imported(templates=templates.load(call.data[ATTR_TEMPLATES]))
    else:
        found = await _read_tables(hub, call)
        templates.load([template.as_dict() for template in found.templates])
        found.claim(controllers_of(hub).numbers)
    hass.config_entries.async_update_entry(
        entry,
        options={**entry.options, CONF_F2_TEMPLATES: changed_templates(templates)},
    )
    known = {
        subentry.unique_id
        for subentry in entry.get_subentries_of_type(SUBENTRY_F2_CONTROLLER)
    }
    added = [
        controller
        for controller in found.controllers
        if call.data[ATTR_CONTROLLERS] and controller.mac not in known
    ]
    for controller in added:
        hass.config_entries.async_add_subentry(
            entry,
            f2_subentry(controller.mac, controller.name, controller.wiring.as_dict()),
        )
    return {
        "templates": [template.id for template in found.templates],
        "controllers": [controller.name for controller in added],
        "warnings": list(found.warnings),
    }


async def _read_tables(hub: Hub, call: ServiceCall) -> Imported:
    if (store := hub.service(Store)) is None:
        raise refusal("no_store")
    settings = store.settings
    if database := call.data.get(CONF_DATABASE):
        settings = replace(settings, database=database)
    connection = await connect(settings)
    try:
        return from_metadata(await read_f2_metadata(connection, call.data[ATTR_SCHEMA]))
    except DRIVER_ERRORS as error:
        raise store_error(error, settings) from error
    finally:
        connection.terminate()


F2_ACTIONS: Final = (
    Action(
        name="f2_unlock",
        handler=_unlock,
        fields=_UNLOCK,
        needs=Needs.CONTROL,
        touches=_touched(Kind.STRIKE),
    ),
    Action(
        name="f2_feedback",
        handler=_feedback,
        fields=_FEEDBACK,
        needs=Needs.CONTROL,
        touches=_touched(Kind.READER),
    ),
    Action(
        name="f2_record_access",
        handler=_record,
        fields=_RECORD,
        needs=Needs.CONTROL,
        touches=_touched(Kind.READER),
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="import_f2_templates",
        handler=_import,
        fields=_IMPORT,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
)
