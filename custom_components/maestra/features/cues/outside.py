"""Entities of Home Assistant that fade: what is moved of each, and the actions that move it, no more often than devices take them."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.components.light.const import LightEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ATTR_SUPPORTED_FEATURES,
    EVENT_CALL_SERVICE,
    EVENT_STATE_CHANGED,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import (
    Context,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er

from ...core.bus import Unsubscribe, get_logger, together
from ...core.domain.color import format_color, parse_color
from ...core.domain.errors import InvalidValue, UnknownEntity, UnknownVariable
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.domain.variables import Direction, Variable, VariableType, is_number
from ...hub.states import state_number

_LOGGER = get_logger(__name__)

INTERVAL: Final = 0.25
"""Seconds between two actions on one entity, at least."""
SMOOTH_INTERVAL: Final = 1.0
"""The same where a light fades by itself from one to the next: so many a radio network takes."""
TIMEOUT: Final = 10.0
"""Seconds that an action may take."""
_MAX_CONTEXTS: Final = 100
_MAX_LIGHT: Final = 255
_LIGHT: Final = "light"

type _Action = tuple[str, Mapping[str, Any]]


def _percent(name: str) -> Variable:
    return Variable(
        name=name,
        type=VariableType.RANGE,
        direction=Direction.INPUT,
        config={"min": 0, "max": 100},
    )


# Any integration may write anything as an attribute: what is not as it should be is not known.


def _attribute(name: str, scale: float = 1) -> Callable[[State], JsonValue]:
    def read(state: State) -> JsonValue:
        value = state.attributes.get(name)
        return round(value * scale, 3) if is_number(value) else None

    return read


def _brightness(state: State) -> JsonValue:
    if state.state == STATE_OFF:
        return 0
    value = state.attributes.get("brightness")
    return round(value / _MAX_LIGHT * 100, 1) if is_number(value) else None


def _color(state: State) -> JsonValue:
    match state.attributes.get("rgb_color"):
        case [int(red), int(green), int(blue)]:
            return format_color((red, green, blue), "hex")
    return None


def _bounds(state: State) -> JsonObject:
    return {name: value for name in ("min", "max") if is_number(value := state.attributes.get(name))}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What is moved of the entities of a domain, how it is read, and the action that sets what has changed."""

    variables: tuple[Variable, ...]
    read: Mapping[str, Callable[[State], JsonValue]]
    act: Callable[[JsonObject], _Action]
    config: Callable[[State], JsonObject] = lambda state: {}
    derived: Callable[[State], str | None] = lambda state: None
    """What is read, but follows from another, which it would take the place of where it was set."""


def _one(name: str, attribute: str, service: str, key: str, scale: float = 1) -> _Kind:
    """Return what has one attribute, in percent."""
    return _Kind(
        variables=(_percent(name),),
        read={name: _attribute(attribute, scale)},
        act=lambda patch: (service, {key: patch[name] / scale}),  # type: ignore[operator]
    )


def _number(domain: str) -> _Kind:
    variable = Variable(
        name="value", type=VariableType.NUMBER, direction=Direction.INPUT
    )
    return _Kind(
        variables=(variable,),
        read={"value": lambda state: state_number(state.state)},
        act=lambda patch: ("set_value", {"value": patch["value"]}),
        config=_bounds,
    )


def _switch() -> _Kind:
    """Return what is on or off."""
    return _Kind(
        variables=(
            Variable(name="on", type=VariableType.BOOLEAN, direction=Direction.INPUT),
        ),
        read={"on": lambda state: state.state == STATE_ON},
        act=lambda patch: ("turn_on" if patch["on"] else "turn_off", {}),
    )


def _options(state: State) -> JsonObject:
    options = state.attributes.get("options")
    return {"options": [*map(str, options)]} if isinstance(options, list) else {}


def _select() -> _Kind:
    return _Kind(
        variables=(
            Variable(name="option", type=VariableType.ENUM, direction=Direction.INPUT),
        ),
        read={"option": lambda state: state.state},
        act=lambda patch: ("select_option", {"option": patch["option"]}),
        config=_options,
    )


def _light_derived(state: State) -> str | None:
    """A white light is told as a color too: set as that, it would be another light."""
    is_white = state.attributes.get("color_mode") in ("color_temp", "white")
    return "color" if is_white else None


def _light_action(patch: JsonObject) -> _Action:
    level, color = patch.get("brightness"), patch.get("color")
    temperature = patch.get("temperature")
    if level == 0:
        return "turn_off", {}
    data: dict[str, Any] = {}
    if isinstance(level, int | float):
        # What is not off gives some light.
        data["brightness"] = max(1, round(level / 100 * _MAX_LIGHT))
    if isinstance(color, str):
        data["rgb_color"] = list(parse_color(color) or ())
    elif isinstance(temperature, int | float):
        data["color_temp_kelvin"] = round(temperature)
    return "turn_on", data


_KINDS: Final[Mapping[str, _Kind]] = {
    _LIGHT: _Kind(
        variables=(
            _percent("brightness"),
            Variable(name="color", type=VariableType.COLOR, direction=Direction.INPUT),
            Variable(
                name="temperature",
                type=VariableType.NUMBER,
                direction=Direction.INPUT,
                config={"min": 1_000, "max": 20_000},
            ),
        ),
        read={
            "brightness": _brightness,
            "color": _color,
            "temperature": _attribute("color_temp_kelvin"),
        },
        act=_light_action,
        derived=_light_derived,
    ),
    "number": _number("number"),
    "input_number": _number("input_number"),
    "switch": _switch(),
    "input_boolean": _switch(),
    "select": _select(),
    "input_select": _select(),
    "cover": _one("position", "current_position", "set_cover_position", "position"),
    "valve": _one("position", "current_position", "set_valve_position", "position"),
    "fan": _one("percentage", "percentage", "set_percentage", "percentage"),
    "media_player": _one("volume", "volume_level", "volume_set", "volume_level", 100),
}
"""By domain. Shares are in percent, as Maestra's own are."""
DOMAINS: Final = tuple(_KINDS)
_WHOLE: Final = frozenset({"cover", "valve", "fan"})


def _is_absent(state: State | None) -> bool:
    return state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN)


@dataclass(slots=True, eq=False)
class OutsideEntity:
    """An entity of Home Assistant as the fader sees it. `pending` is still to be sent."""

    id: str
    kind: _Kind
    state: JsonObject = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    pending: JsonObject = field(default_factory=dict)
    smooth: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def slug(self) -> str:
        """Its entity id."""
        return self.id


class OutsideEntities:
    """Reads and sets them. Each is sent the newest only, one action after the other; who sets one by hand or by an automation takes it over."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Move nothing yet."""
        self._hass = hass
        self._entry = entry
        # Those that an action is still to be sent to.
        self._busy: dict[str, OutsideEntity] = {}
        # Of the actions that we send: what they change is nobody else's doing.
        self._context = Context()
        # Of the actions of others, which states tell as their cause.
        self._theirs: deque[str] = deque(maxlen=_MAX_CONTEXTS)
        self._taken: Callable[[str, str], None] = lambda entity_id, name: None
        self._arrived: Callable[[str], None] = lambda entity_id: None

    @callback
    def start(self) -> Unsubscribe:
        """See who else sets what, until the returned function is called."""
        listen = self._hass.bus.async_listen
        return together(
            listen(EVENT_CALL_SERVICE, self._called),
            listen(EVENT_STATE_CHANGED, self._changed),
        )

    def on_takeover(self, taken: Callable[[str, str], None]) -> None:
        """Call `taken` with whose attribute somebody else has set."""
        self._taken = taken

    def on_arrival(self, arrived: Callable[[str], None]) -> None:
        """Call `arrived` with what is there from now on."""
        self._arrived = arrived

    def get(self, key: str) -> OutsideEntity | None:
        """Return an entity as it is now, None where it is not there or nothing of it can be moved."""
        if (busy := self._busy.get(key)) is not None:
            return busy
        kind = _KINDS.get(key.partition(".")[0])
        state = self._hass.states.get(key)
        if kind is None or state is None or _is_absent(state):
            return None
        bounds = kind.config(state)
        features = state.attributes.get(ATTR_SUPPORTED_FEATURES)
        return OutsideEntity(
            id=key,
            kind=kind,
            state={name: read(state) for name, read in kind.read.items()},
            variables={
                it.name: Variable(
                    name=it.name,
                    type=it.type,
                    direction=it.direction,
                    config={**it.config, **bounds},
                )
                for it in kind.variables
            },
            smooth=state.domain == _LIGHT
            and isinstance(features, int)
            and bool(features & LightEntityFeature.TRANSITION),
        )

    def captured(self, key: str) -> JsonObject:
        """Return what can be set of an entity, as it is now; nothing where it is not there, or nothing can."""
        entity, state = self.get(key), self._hass.states.get(key)
        if entity is None or state is None:
            return {}
        derived = entity.kind.derived(state)
        return {
            name: value
            for name, value in entity.state.items()
            if value is not None and name != derived
        }

    def check(self, key: str, patch: JsonObject) -> None:
        """Raise UnknownEntity, UnknownVariable or InvalidValue where this can't be applied.

        What is unavailable just now is left out when its time has come: a cue goes without a lamp that has no power.
        """
        kind = _KINDS.get(key.partition(".")[0])
        is_known = self._hass.states.get(key) or er.async_get(self._hass).async_get(key)
        if kind is None or not is_known:
            raise UnknownEntity(entity=key)
        if entity := self.get(key):
            variables = entity.variables
        else:
            variables = {it.name: it for it in kind.variables}
        for name, value in patch.items():
            if (variable := variables.get(name)) is None:
                raise UnknownVariable(entity=key, variable=name)
            if (reason := variable.check(value)) is not None:
                raise InvalidValue(entity=key, variable=name, reason=reason)

    def update(self, key: str, patch: JsonObject) -> None:
        """Let the newest be sent; raises UnknownEntity."""
        if (entity := self.get(key)) is None:
            raise UnknownEntity(entity=key)
        entity.state |= patch
        entity.pending |= patch
        if entity.task is None:
            self._busy[key] = entity
            entity.task = self._entry.async_create_background_task(
                self._hass, self._async_send(entity), f"maestra fade of {key}"
            )

    async def async_stop(self) -> None:
        """Send what is left, and leave no task behind."""
        tasks = [it.task for it in self._busy.values() if it.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=SMOOTH_INTERVAL + TIMEOUT)

    async def _async_send(self, entity: OutsideEntity) -> None:
        interval = SMOOTH_INTERVAL if entity.smooth else INTERVAL
        try:
            while entity.pending:
                patch, entity.pending = entity.pending, {}
                if not await self._async_act(entity, patch, interval):
                    return
                await asyncio.sleep(interval)
        finally:
            entity.task = None
            self._busy.pop(entity.id, None)

    async def _async_act(
        self, entity: OutsideEntity, patch: JsonObject, interval: float
    ) -> bool:
        """Run the action; False where it fails: the rest of its fade would too."""
        domain = entity.id.partition(".")[0]
        service, data = entity.kind.act(patch)
        if domain in _WHOLE:
            data = {name: round(value) for name, value in data.items()}
        if entity.smooth:
            data = {**data, "transition": interval}
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._hass.services.async_call(
                    domain,
                    service,
                    {ATTR_ENTITY_ID: entity.id, **data},
                    blocking=True,
                    context=self._context,
                )
        except Exception as error:  # noqa: BLE001  any integration's own
            reason = str(error) or type(error).__name__
            _LOGGER.warning("A fade of %s ends: %s", entity.id, reason)
            for name in entity.state:
                self._taken(entity.id, name)
            return False
        return True

    @callback
    def _called(self, event: Event[Any]) -> None:
        if self._busy and event.context.id != self._context.id:
            self._theirs.append(event.context.id)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        """See whether a person or an automation sets something that is on its way; what devices say by themselves is no hand."""
        entity_id = event.data["entity_id"]
        if _is_absent(event.data["old_state"]) and not _is_absent(
            event.data["new_state"]
        ):
            self._arrived(entity_id)
        if (entity := self._busy.get(entity_id)) is None:
            return
        context = event.context
        if context.id not in self._theirs:
            return
        entity.pending.clear()
        for name in entity.state:
            self._taken(entity_id, name)
