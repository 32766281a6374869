"""The F2 controllers of all brokers together: set up by subentries, spoken to over the broker they are heard on."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
import secrets
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ...const import (
    CONF_F2_SALT,
    CONF_F2_TEMPLATES,
    CONF_WIRING,
    CONF_ZONE,
    DOMAIN,
    F2_PREFIX,
    SUBENTRY_F2_CONTROLLER,
)
from ...core.bus import Unsubscribe, get_logger, together
from ...core.domain.errors import MaestraError
from ...core.f2.commands import ANSWERING
from ...core.f2.decoding import F2Settings
from ...core.f2.events import F2ControllerChanged
from ...core.f2.fleet import Controller
from ...core.f2.source import F2Source
from ...hub.feature import Carrier
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.redaction import SAMPLE_SIZE
from .controllers import F2Controllers
from .repairs import F2Approvals
from .setup import F2Setup, f2_setup, with_heard
from .sync import F2EntitySync
from .templates import apply_templates

_LOGGER = get_logger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.f2"
SALT_BYTES: Final = 32
# What a controller shows for the first time comes all at once.
REWIRE_DELAY: Final = timedelta(seconds=2)


class F2Manager(Manager):
    """Keeps the controllers in line with subentries and options, and shows them."""

    def __init__(self, hub: Hub) -> None:
        """Know nothing yet."""
        self.controllers = F2Controllers(hub.links)
        hub.provide(F2Controllers, self.controllers)
        self._sync = F2EntitySync(hub, self.controllers)
        self._approvals = F2Approvals(hub, self.controllers)
        self._domain = hub.domain
        self._hass = hub.hass
        self._entry = hub.entry
        self._zones: dict[str, tzinfo] = {}
        self._store = _store(hub.hass)
        self._saved: dict[str, Any] = {}
        self._applied: list[Mapping[str, Any]] = []
        self._to_rewire: set[str] = set()
        self._cancel_rewiring: CALLBACK_TYPE | None = None

    @override
    async def async_load(self) -> None:
        """Bring back the numbers of stored rows, and read the zones of clocks."""
        if saved := await self._store.async_load():
            self.controllers.numbers.restore(saved["numbers"])
            self._saved = saved
        await self._async_read_zones()

    async def _async_read_zones(self) -> None:
        names = {
            subentry.data[CONF_ZONE]
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_F2_CONTROLLER)
            if CONF_ZONE in subentry.data
        }
        for name in names - self._zones.keys():
            if zone := await dt_util.async_get_time_zone(name):
                self._zones[name] = zone

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Show what is set up, and follow the domain until the returned function is called."""
        self._apply()
        return together(
            self._stop,
            self._domain.bus.subscribe(F2ControllerChanged, self._changed),
            self._sync.start(),
            self._approvals.start(),
        )

    @override
    async def async_save(self) -> None:
        """Write down the numbers, if there are new ones."""
        snapshot = {"numbers": self.controllers.numbers.snapshot()}
        if snapshot != self._saved:
            self._saved = snapshot
            await self._store.async_save(snapshot)

    @override
    async def async_apply(self) -> None:
        """Take over the subentries and options."""
        await self._async_read_zones()
        self._apply()

    def _apply(self) -> None:
        saved = self._entry.options.get(CONF_F2_TEMPLATES, [])
        if saved != self._applied:
            self._applied = saved
            apply_templates(self.controllers.templates, saved)
        wanted = {setup.mac: setup for setup in self._setups_now()}
        before, self.controllers.setups = self.controllers.setups, wanted
        for mac in before.keys() - wanted.keys():
            for source in self.controllers.sources:
                source.forget(mac)
        for mac, setup in wanted.items():
            if before.get(mac) != setup:
                for source in self.controllers.sources:
                    self._wire(source, setup)
        self._number()
        self._sync.apply()
        self._approvals.refresh()

    @override
    @callback
    def refresh(self) -> None:
        """Do what no event starts: ask who came after it was asked, and show who is silent."""
        for mac in self.controllers.setups:
            controller = self.controllers.controller(mac)
            if controller is None or controller.last_seen is None:
                continue
            if any(
                component.is_on is None and component.kind in ANSWERING
                for component in controller.components.values()
            ):
                self.controllers.source_of(mac).ask(mac)
        self._sync.refresh()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The controllers that are set up, their connectors and sensors."""
        return self._sync.owners

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return what is known of controllers. What readers have read is not even kept."""
        known = self.controllers
        return {
            "f2": {
                "sources": {
                    source.key: source.counters.as_dict() for source in known.sources
                },
                "templates": [template.id for template in known.templates],
                "waiting": len(known.unknown()),
                "controllers": [
                    _described(controller)
                    for mac in list(known.setups)[:SAMPLE_SIZE]
                    if (controller := known.controller(mac))
                ],
            }
        }

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what is known of the controller that a device is, or is part of."""
        if not owner_id.startswith(F2_PREFIX):
            return None
        mac = owner_id.removeprefix(F2_PREFIX).partition(":")[0]
        controller = self.controllers.controller(mac)
        return {"f2_controller": _described(controller) if controller else None}

    def make_source(self, carrier: Carrier) -> F2Source:
        """Return the source of one broker, which knows what is set up."""
        settings = F2Settings(
            salt=self._salt(),
            zone=dt_util.get_default_time_zone(),
            templates=self.controllers.templates,
            numbers=self.controllers.numbers,
        )
        source = F2Source(carrier.id, carrier.transport, self._domain, settings)
        for setup in self.controllers.setups.values():
            self._wire(source, setup)
        return source

    # How it is kept.

    def _setups_now(self) -> Iterator[F2Setup]:
        for subentry in self._entry.get_subentries_of_type(SUBENTRY_F2_CONTROLLER):
            try:
                yield f2_setup(subentry)
            except MaestraError as error:
                _LOGGER.warning("%s is left out: %s", subentry.title, error)

    def _wire(self, source: F2Source, setup: F2Setup) -> None:
        zone = self._zones.get(setup.zone) if setup.zone else None
        source.set_wiring(setup.mac, setup.wiring, setup.name, zone)

    def _number(self) -> None:
        # Numbers are given before the first row: what is saved is always all there is.
        for setup in self.controllers.setups.values():
            for wired in setup.wiring:
                if template := self.controllers.templates.get(wired.template):
                    self.controllers.numbers.sensor(setup.mac, wired.path)
                    for datapoint in template.datapoints:
                        self.controllers.numbers.datapoint(template.id, datapoint.id)
        if {"numbers": self.controllers.numbers.snapshot()} != self._saved:
            _ = self._entry.async_create_task(
                self._hass, self.async_save(), "maestra f2 numbers"
            )

    def _salt(self) -> bytes:
        salt: str | None = self._entry.data.get(CONF_F2_SALT)
        if salt is None:
            salt = secrets.token_hex(SALT_BYTES)
            self._hass.config_entries.async_update_entry(
                self._entry, data={**self._entry.data, CONF_F2_SALT: salt}
            )
        return bytes.fromhex(salt)

    def _stop(self) -> None:
        if self._cancel_rewiring is not None:
            self._cancel_rewiring()
            self._cancel_rewiring = None

    # What a controller that is set up is heard on becomes part of its wiring.

    @callback
    def _changed(self, event: F2ControllerChanged) -> None:
        if event.controller not in self.controllers.setups:
            return
        self._to_rewire.add(event.controller)
        if self._cancel_rewiring is None:
            self._cancel_rewiring = async_call_later(
                self._hass, REWIRE_DELAY, HassJob(self._rewire, cancel_on_shutdown=True)
            )

    @callback
    def _rewire(self, _now: datetime) -> None:
        self._cancel_rewiring = None
        macs, self._to_rewire = self._to_rewire, set()
        for mac in macs & self.controllers.setups.keys():
            setup, controller = (
                self.controllers.setups[mac],
                self.controllers.controller(mac),
            )
            subentry = self._entry.subentries.get(setup.subentry_id)
            if subentry is None or controller is None:
                continue
            wiring = with_heard(setup.wiring, controller)
            if wiring != setup.wiring.as_dict():
                self._hass.config_entries.async_update_subentry(
                    self._entry,
                    subentry,
                    data={**subentry.data, CONF_WIRING: wiring},
                )


async def async_remove_f2_storage(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    await _store(hass).async_remove()


def _store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    return Store(hass, STORAGE_VERSION, STORAGE_KEY, private=True)


def _described(controller: Controller) -> dict[str, Any]:
    return {
        "wiring": controller.wiring.as_dict(),
        "last_seen": controller.last_seen,
        "drift": controller.drift,
        "components": {
            path: {
                "is_on": component.is_on,
                "heard_at": component.heard_at,
                "values": dict(component.reading.values) if component.reading else None,
                "crc_valid": component.reading.crc_valid if component.reading else None,
            }
            for path, component in controller.components.items()
        },
    }
