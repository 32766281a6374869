"""What cards follow of F2 controllers: each with what hangs on it, and how that is."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import State, callback
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_time_interval,
)

from ...core.bus import Unsubscribe, together
from ...core.domain.clock import optional_wire_time
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.f2.events import F2ControllerChanged, F2Reading
from ...core.f2.fleet import Component
from ...core.f2.grammar import Kind
from ...core.f2.templates import Datapoint
from ...core.f2.wiring import Wired
from ...hub.hub import Hub
from ...hub.live import Live, live_command, telling_all
from ...hub.permissions import Needs, may
from ...hub.units import Declared, look_of
from .controllers import controllers_of
from .setup import connector_id, sensor_id
from .sync import SHOWN, F2Presentation

CONTROLLERS_INTERVAL: Final = 0.25
TICK: Final = timedelta(seconds=5)
"""How often is looked who is silent."""


class LiveControllers:
    """The controllers that are set up, by MAC."""

    def __init__(self, hub: Hub, user: User, _msg: dict[str, Any]) -> None:
        """Know who looks: each may control other doors."""
        self._hub = hub
        self._user = user
        self._f2 = controllers_of(hub)
        self._changed: Callable[[str], None] = lambda _: None
        # What stops following the state of an entity, by its id.
        self._states: dict[str, Unsubscribe] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the MACs."""
        return iter(self._f2.setups)

    def show(self, key: str) -> JsonObject | None:
        """Return a controller. `is_online` is None while nothing was heard of it, `drift` in seconds."""
        if (setup := self._f2.setups.get(key)) is None:
            return None
        controller = self._f2.controller(key)
        return {
            "certificate": key,
            "name": setup.name,
            "device_id": self._hub.devices.id_of(setup.id),
            "is_online": self._f2.is_online(key),
            "last_seen": optional_wire_time(
                controller.last_seen if controller else None
            ),
            "drift": controller.drift if controller else None,
            "components": [self._component(key, wired) for wired in setup.wiring],
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each controller that says something, falls silent, or is set up in another way."""
        bus = self._hub.domain.bus
        self._changed = changed

        def told(event: F2ControllerChanged | F2Reading) -> None:
            changed(event.controller)

        all_changed = telling_all(self, changed)
        return together(
            self._leave_states,
            bus.subscribe(F2ControllerChanged, told),
            bus.subscribe(F2Reading, told),
            self._hub.links.follow(all_changed),
            async_track_time_interval(self._hub.hass, all_changed, TICK),
        )

    def _state(self, mac: str, entity_id: str) -> State | None:
        """Return the state of an entity, which is followed from now on: it may change without a word of the controller."""
        if entity_id not in self._states:
            self._states[entity_id] = async_track_state_change_event(
                self._hub.hass, entity_id, callback(lambda _: self._changed(mac))
            )
        return self._hub.hass.states.get(entity_id)

    def _leave_states(self) -> None:
        while self._states:
            self._states.popitem()[1]()

    def _component(self, mac: str, wired: Wired) -> JsonObject:
        """Return what hangs there; its state is that of its entity in Home Assistant, which it is controlled by."""
        path, hub = wired.path, self._hub
        platform, part = SHOWN[path.kind][0]
        is_sensor = path.kind is Kind.SENSOR
        owner = sensor_id(mac, path) if is_sensor else connector_id(mac, path.connector)
        entity = hub.presenter.find(owner, platform, f"{path.component}.{part}")
        entity_id = hub.presenter.entity_id(entity) if entity else None
        state = self._state(mac, entity_id) if entity_id else None
        component = self._f2.component(mac, path)
        return {
            "path": str(path),
            "kind": path.kind.value,
            "number": path.number,
            "name": wired.name,
            "entity_id": entity_id,
            "state": state.state if state else None,
            "event": state.attributes.get("event_type") if state else None,
            "changed_at": optional_wire_time(
                component.changed_at if component else None
            ),
            "can_control": entity_id is not None
            and may(self._user, Needs.CONTROL, lambda: [entity_id]),
            "values": self._values(owner, component) if is_sensor else [],
        }

    def _values(self, owner: str, component: Component | None) -> list[JsonValue]:
        """Return the values of a sensor as its template names them; None where it is silent, or does not say."""
        presenter = self._hub.presenter
        shown = [
            (presentation.datapoint, presenter.entity_id(entity))
            for entity in presenter.of(owner)
            if isinstance(presentation := entity.presentation, F2Presentation)
            and presentation.datapoint
        ]
        return [
            self._value(datapoint, entity_id, component)
            for datapoint, entity_id in shown
        ]

    def _value(
        self, datapoint: Datapoint, entity_id: str | None, component: Component | None
    ) -> JsonObject:
        reading = component.reading if component else None
        is_silent = component is None or self._f2.is_silent(component.heard_at)
        look = look_of(
            datapoint.id, datapoint.unit, Declared(device_class=datapoint.device_class)
        )
        return {
            "label": datapoint.label,
            "value": (
                None
                if reading is None or is_silent
                else reading.values.get(datapoint.id)
            ),
            "unit": look.unit,
            "decimals": min(datapoint.decimals, look.most),
            "entity_id": entity_id,
        }


F2_COMMANDS: Final = (
    live_command(
        Live(
            command="f2_controllers",
            needs=Needs.READ,
            view=LiveControllers,
            interval=CONTROLLERS_INTERVAL,
        )
    ),
)
"""WebSocket commands."""
