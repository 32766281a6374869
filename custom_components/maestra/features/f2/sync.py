"""From F2 controllers to Home Assistant's devices, entities and tags."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.const import Platform
from homeassistant.core import callback

from ...core.bus import Unsubscribe, together
from ...core.f2.events import (
    AccessDecision,
    F2CardRead,
    F2ExitButton,
    F2Reading,
    F2StateChanged,
)
from ...core.f2.grammar import ComponentPath, Kind, Mode
from ...core.f2.templates import Datapoint, SensorTemplate
from ...core.f2.wiring import Wired
from ...entity import MaestraEventEntity
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .cards import async_scan_card, card_name
from .controllers import F2Controllers
from .setup import F2Setup, F2Unit, connector_id, sensor_id

# What hangs on a connector -> its entities, each with what its key ends in.
SHOWN: Final[Mapping[Kind, tuple[tuple[Platform, str], ...]]] = {
    Kind.STRIKE: ((Platform.LOCK, "lock"), (Platform.SWITCH, "power")),
    Kind.DOOR_SENSOR: ((Platform.BINARY_SENSOR, "door"),),
    Kind.EXIT_BUTTON: ((Platform.EVENT, "button"),),
    Kind.READER: ((Platform.EVENT, "reader"),),
    Kind.SIREN: ((Platform.SIREN, "siren"),),
    Kind.MOTION_SENSOR: ((Platform.BINARY_SENSOR, "motion"),),
    Kind.SENSOR: ((Platform.BINARY_SENSOR, "checksum"),),
}
F2_CONTROLLER: Final = "f2_controller"
F2_COMPONENT: Final = "f2_component"
CONTROLLER_PRESENTATIONS: Final = (
    Presentation(
        platform=Platform.BINARY_SENSOR, kind=F2_CONTROLLER, key="connectivity"
    ),
    Presentation(platform=Platform.SENSOR, kind=F2_CONTROLLER, key="last_seen"),
    Presentation(platform=Platform.SENSOR, kind=F2_CONTROLLER, key="clock_drift"),
)
MANUFACTURER: Final = "FACES2"


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Presentation(Presentation):
    """A part of a controller; `name` is what people call it, `datapoint` the value of a sensor."""

    name: str = ""
    datapoint: Datapoint | None = None


def present_component(wired: Wired) -> Iterator[F2Presentation]:
    """Return what is shown of one component, without a sensor's values."""
    for platform, part in SHOWN[wired.path.kind]:
        yield F2Presentation(
            platform=platform,
            kind=F2_COMPONENT,
            key=f"{wired.path.component}.{part}",
            name=wired.name,
        )


def present_sensor(
    wired: Wired, template: SensorTemplate | None
) -> Iterator[F2Presentation]:
    """Return what is shown of a sensor: each value of its template, and whether its checksums are right."""
    yield from present_component(wired)
    for datapoint in template.datapoints if template else ():
        yield F2Presentation(
            platform=Platform.SENSOR,
            kind=F2_COMPONENT,
            key=f"{wired.path.component}.value.{datapoint.id}",
            name=datapoint.label,
            datapoint=datapoint,
        )


MODES: Final = {
    Mode.ACCESS: "Access control",
    Mode.ALARM: "Alarm",
    Mode.SENSOR: "RS-485",
}


class F2EntitySync:
    """What is shown of the controllers that are set up: each with its connectors, and the sensors on these."""

    def __init__(self, hub: Hub, controllers: F2Controllers) -> None:
        """Show nothing yet."""
        self._hass = hub.hass
        self._entry = hub.entry
        self._bus = hub.domain.bus
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._controllers = controllers
        self._shown: set[str] = set()

    @property
    def owners(self) -> Iterable[str]:
        """The identifiers of the devices that are shown."""
        return self._shown

    def start(self) -> Unsubscribe:
        """Follow what controllers say until the returned function is called."""
        subscribe = self._bus.subscribe
        return together(
            subscribe(F2StateChanged, self._state_changed),
            subscribe(F2Reading, self._reading),
            subscribe(F2ExitButton, self._button),
            subscribe(F2CardRead, self._card),
            subscribe(AccessDecision, self._decision),
        )

    @callback
    def apply(self) -> None:
        """Show exactly what is set up."""
        before, self._shown = self._shown, set()
        for setup in self._controllers.setups.values():
            self._show(setup)
        for owner_id in before - self._shown:
            self._presenter.withdraw(owner_id)
            self._devices.remove(owner_id)

    @callback
    def refresh(self) -> None:
        """Write what time alone changes: who is silent, who was heard when."""
        for setup in self._controllers.setups.values():
            self._writer.mark_all(self._presenter.of(setup.id))
            for wired in setup.wiring:
                if wired.path.kind is Kind.SENSOR:
                    owner_id = sensor_id(setup.mac, wired.path)
                    self._writer.mark_all(self._presenter.of(owner_id))

    def _show(self, setup: F2Setup) -> None:
        mac, name = setup.mac, setup.name
        self._put(
            setup,
            F2Unit(setup.id, mac),
            CONTROLLER_PRESENTATIONS,
            name=name,
            model="F2 Smart Controller",
            mac=mac,
        )
        for connector, wiring in setup.wiring.connectors.items():
            owner_id = connector_id(mac, connector)
            parts = [
                presentation
                for wired in wiring.components.values()
                if wired.path.kind is not Kind.SENSOR
                for presentation in present_component(wired)
            ]
            self._put(
                setup,
                F2Unit(owner_id, mac, connector),
                parts,
                name=f"{name} {connector}",
                model=MODES[wiring.mode],
                above=setup.id,
            )
            for wired in wiring.components.values():
                if wired.path.kind is not Kind.SENSOR:
                    continue
                template = self._controllers.templates.get(wired.template)
                usual = f"{name} {connector} sensor {wired.path.number}"
                self._put(
                    setup,
                    F2Unit(sensor_id(mac, wired.path), mac, connector),
                    present_sensor(wired, template),
                    name=wired.name or usual,
                    model=template.model or template.name if template else None,
                    above=owner_id,
                )

    def _put(
        self,
        setup: F2Setup,
        unit: F2Unit,
        presentations: Iterable[Presentation],
        *,
        name: str,
        model: str | None,
        mac: str | None = None,
        above: str | None = None,
    ) -> None:
        self._shown.add(unit.id)
        self._devices.put(
            unit.id,
            subentry_id=setup.subentry_id,
            manufacturer=MANUFACTURER,
            name=name,
            model=model,
            mac=mac,
            above=above,
        )
        self._presenter.show(
            unit.id, unit, presentations, subentry_id=setup.subentry_id
        )

    # What controllers say.

    def _state_changed(self, event: F2StateChanged) -> None:
        path = ComponentPath.parse(event.path)
        for platform, part in SHOWN[path.kind]:
            if entity := self._presenter.find(
                connector_id(event.controller, path.connector),
                platform,
                f"{path.component}.{part}",
            ):
                self._writer.write_now(entity)

    def _reading(self, event: F2Reading) -> None:
        path = ComponentPath.parse(event.path)
        self._writer.mark_all(self._presenter.of(sensor_id(event.controller, path)))

    def _button(self, event: F2ExitButton) -> None:
        kind = "pressed" if event.is_pressed else "released"
        self._fire(event.controller, event.path, kind, {})

    def _card(self, event: F2CardRead) -> None:
        # Whoever only listens on the broker is told nothing before the controller is set up.
        if event.controller not in self._controllers.setups:
            return
        self._fire(
            event.controller,
            event.path,
            "card_read",
            {
                "credential_hash": event.credential_hash,
                "card": card_name(self._hass, event.credential_hash),
            },
        )
        path = ComponentPath.parse(event.path)
        owner_id = connector_id(event.controller, path.connector)
        _ = self._entry.async_create_task(
            self._hass,
            async_scan_card(
                self._hass,
                event.credential_hash,
                self._devices.id_of(owner_id),
            ),
            "maestra f2 tag",
        )

    def _decision(self, event: AccessDecision) -> None:
        if ComponentPath.parse(event.path).kind is not Kind.READER:
            return
        self._fire(
            event.controller,
            event.path,
            "access_granted" if event.granted else "access_denied",
            {
                "credential_hash": event.credential_hash,
                "card": card_name(self._hass, event.credential_hash),
                "person": event.person,
                "reason": event.reason,
            },
        )

    def _fire(
        self, mac: str, path_text: str, event_type: str, attributes: dict[str, Any]
    ) -> None:
        path = ComponentPath.parse(path_text)
        ((_, part),) = SHOWN[path.kind]
        entity = self._presenter.find(
            connector_id(mac, path.connector),
            Platform.EVENT,
            f"{path.component}.{part}",
        )
        if isinstance(entity, MaestraEventEntity):
            entity.fire(event_type, attributes)
