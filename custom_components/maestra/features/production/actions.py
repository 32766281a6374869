"""Actions on productions: alerts, content, takeovers, shows, and what has happened on the stream."""

from typing import Final

import probatio

from homeassistant.const import ATTR_ID
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.clock import utcnow
from ...core.domain.json_values import JsonObject
from ...core.production.layers import Layer
from ...core.production.production import TAKEOVER_DURATION, Production
from ...core.production.shows import ALERT
from ...core.production.stream_events import read_event
from ...hub.actions import JSON_OBJECT, Action, only, targeted_ids, touched_owners
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from .manager import ProductionManager

ATTR_DATA: Final = "data"
ATTR_DURATION: Final = "duration"
ATTR_IN_TICKER: Final = "in_ticker"
ATTR_ITEM: Final = "item"
ATTR_LAYER: Final = "layer"
ATTR_MESSAGE: Final = "message"
ATTR_PRIORITY: Final = "priority"
ATTR_PRODUCTION: Final = "production"
ATTR_SHOW: Final = "show"
ATTR_TITLE: Final = "title"
ATTR_TYPE: Final = "type"

_TARGET: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_PRODUCTION): cv.string,
}
_LAYER: Final = probatio.In(list(Layer))
_SECONDS: Final = probatio.Coerce(float)
_ALERT: Final[VolDictType] = {
    **_TARGET,
    probatio.Optional(ATTR_TYPE, default=ALERT): cv.string,
    probatio.Optional(ATTR_TITLE): cv.string,
    probatio.Optional(ATTR_MESSAGE): cv.string,
    probatio.Optional(ATTR_DATA, default=dict): JSON_OBJECT,
    probatio.Optional(ATTR_LAYER): _LAYER,
    probatio.Optional(ATTR_PRIORITY): probatio.Coerce(int),
    probatio.Optional(ATTR_DURATION): _SECONDS,
    probatio.Optional(ATTR_ID): cv.string,
}
_CONTENT: Final[VolDictType] = {
    **_TARGET,
    probatio.Required(ATTR_TYPE): cv.string,
    probatio.Optional(ATTR_DATA, default=dict): JSON_OBJECT,
    probatio.Optional(ATTR_LAYER): _LAYER,
    probatio.Optional(ATTR_DURATION): _SECONDS,
    probatio.Optional(ATTR_IN_TICKER, default=False): cv.boolean,
}
_TAKEOVER: Final[VolDictType] = {
    **_TARGET,
    probatio.Required(ATTR_TYPE): cv.string,
    probatio.Optional(ATTR_MESSAGE, default=""): cv.string,
    probatio.Optional(ATTR_DURATION, default=TAKEOVER_DURATION): _SECONDS,
}
_REMOVE: Final[VolDictType] = {
    **_TARGET,
    probatio.Optional(ATTR_ITEM): cv.string,
    probatio.Optional(ATTR_LAYER): _LAYER,
}
_SET_SHOW: Final[VolDictType] = {**_TARGET, probatio.Required(ATTR_SHOW): cv.string}
_REPORT: Final[VolDictType] = {
    **_TARGET,
    probatio.Required(ATTR_TYPE): cv.string,
    probatio.Optional(ATTR_DATA, default=dict): JSON_OBJECT,
    probatio.Optional(ATTR_ID): cv.string,
}


def _meant(hub: Hub, call: ServiceCall) -> list[Production]:
    """Return the productions that a call targets or names; without either, all. Raises ServiceValidationError."""
    manager = hub.manager(ProductionManager)
    ids = targeted_ids(call, manager.get)
    name = call.data.get(ATTR_PRODUCTION)
    is_any = not ids and name is None
    return [
        production
        for production in manager
        if is_any
        or production.id in ids
        or name in (production.id, manager.name_of(production))
    ]


def _production(hub: Hub, call: ServiceCall) -> Production:
    """Return the one production that is meant: the only one needs no name. Raises ServiceValidationError."""
    return only(_meant(hub, call), "one_production")


def _touched(hub: Hub, call: ServiceCall) -> Touched:
    return touched_owners(hub, [each.id for each in _meant(hub, call)])


def _show_alert(hub: Hub, call: ServiceCall) -> JsonObject:
    """Queue an alert; returns its item, null where its id is known already."""
    data = call.data
    words = {key: data[key] for key in (ATTR_TITLE, ATTR_MESSAGE) if key in data}
    item = _production(hub, call).show_alert(
        data[ATTR_TYPE],
        {**data[ATTR_DATA], **words},
        layer=_layer(call),
        priority=data.get(ATTR_PRIORITY),
        duration=data.get(ATTR_DURATION),
        item_id=data.get(ATTR_ID),
    )
    return {"item": item.to_wire() if item else None}


def _show_content(hub: Hub, call: ServiceCall) -> JsonObject:
    """Show content at once, or in the ticker when it is its turn; returns its item, null for the ticker."""
    data, production = call.data, _production(hub, call)
    if data[ATTR_IN_TICKER]:
        production.set_ticker_content(data[ATTR_TYPE], data[ATTR_DATA] or None)
        return {"item": None}
    item = production.show_content(
        data[ATTR_TYPE],
        data[ATTR_DATA],
        layer=_layer(call),
        duration=data.get(ATTR_DURATION),
    )
    return {"item": item.to_wire()}


def _takeover(hub: Hub, call: ServiceCall) -> JsonObject:
    """Show something in place of all else; returns its item."""
    data = call.data
    item = _production(hub, call).start_takeover(
        data[ATTR_TYPE], data[ATTR_MESSAGE], data[ATTR_DURATION]
    )
    return {"item": item.to_wire()}


def _clear_takeover(hub: Hub, call: ServiceCall) -> JsonObject:
    """Show everything else again; returns whether anything was in front of it."""
    return {"cleared": _production(hub, call).clear_takeover()}


def _remove_item(hub: Hub, call: ServiceCall) -> JsonObject:
    """Take an item out of the queue, or end what is on; returns it, null where nothing is on."""
    production, item_id = _production(hub, call), call.data.get(ATTR_ITEM)
    item = (
        production.skip(_layer(call)) if item_id is None else production.remove(item_id)
    )
    return {"item": item.to_wire() if item else None}


def _set_show(hub: Hub, call: ServiceCall) -> None:
    """Put a show on."""
    _production(hub, call).set_show(call.data[ATTR_SHOW])


def _report(hub: Hub, call: ServiceCall) -> JsonObject:
    """Take in what has happened on the stream; returns the event, and whether it is new."""
    data = call.data
    given = {ATTR_ID: data[ATTR_ID]} if ATTR_ID in data else {}
    raw = {**data[ATTR_DATA], **given, ATTR_TYPE: data[ATTR_TYPE]}
    event = read_event(raw, utcnow(), call.context.id)
    is_new = _production(hub, call).take(event)
    return {"event": event.to_wire(), "is_new": is_new}


def _layer(call: ServiceCall) -> Layer | None:
    layer = call.data.get(ATTR_LAYER)
    return None if layer is None else Layer(layer)


PRODUCTION_ACTIONS: Final = tuple(
    Action(
        name=name,
        handler=handler,
        fields=fields,
        needs=Needs.CONTROL,
        touches=_touched,
        response=SupportsResponse.NONE
        if name == "set_show"
        else SupportsResponse.OPTIONAL,
    )
    for name, handler, fields in (
        ("show_alert", _show_alert, _ALERT),
        ("show_content", _show_content, _CONTENT),
        ("takeover", _takeover, _TAKEOVER),
        ("clear_takeover", _clear_takeover, _TARGET),
        ("remove_item", _remove_item, _REMOVE),
        ("set_show", _set_show, _SET_SHOW),
        ("report_stream_event", _report, _REPORT),
    )
)
