"""The F2 controllers of all brokers together: set up by subentries, spoken to over the broker they are heard on."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
import logging
import secrets
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .bus import Unsubscribe, together
from .const import (
    CONF_F2_SALT,
    CONF_F2_TEMPLATES,
    CONF_WIRING,
    CONF_ZONE,
    DOMAIN,
    SUBENTRY_F2_CONTROLLER,
)
from .domain.errors import MaestraError, NotConnected, UnknownF2Controller
from .domain.telemetry import F2ControllerChanged
from .f2_approval import F2Approvals
from .f2_setup import F2Setup, f2_setup, with_heard
from .f2_show import F2Show
from .f2_templates import apply_templates
from .sources.f2.commands import ANSWERING
from .sources.f2.grammar import ComponentPath, Kind
from .sources.f2.model import Component, Controller
from .sources.f2.numbers import Numbers
from .sources.f2.settings import F2Settings
from .sources.f2.source import F2Source
from .sources.f2.templates import SensorTemplates

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from .links import MqttLink
    from .runtime import MaestraRuntime

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.f2"
SALT_BYTES: Final = 32
# A sensor sends a frame every 30 seconds (f2.md §2).
SILENCE: Final = timedelta(seconds=90)
# What a controller shows for the first time comes all at once.
REWIRE_DELAY: Final = timedelta(seconds=2)


class F2House:
    """Controllers by MAC, the templates and numbers that all sources share, and what is shown of them."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Know nothing yet."""
        self.templates = SensorTemplates()
        self.numbers = Numbers()
        self.setups: dict[str, F2Setup] = {}
        self.show = F2Show(runtime, self)
        self._approvals = F2Approvals(runtime, self)
        self._runtime = runtime
        self._hass = runtime.hass
        self._entry = runtime.entry
        self._zones: dict[str, tzinfo] = {}
        self._store = _store(runtime.hass)
        self._saved: dict[str, Any] = {}
        self._applied: list[Mapping[str, Any]] = []
        self._begin = dt_util.utcnow()
        self._to_rewire: set[str] = set()
        self._cancel_rewiring: CALLBACK_TYPE | None = None

    async def async_load(self) -> None:
        """Bring back the numbers of stored rows, and read the zones of clocks."""
        if saved := await self._store.async_load():
            self.numbers.restore(saved["numbers"])
            self._saved = saved
        await self.async_prepare()

    async def async_prepare(self) -> None:
        """Read what `apply` needs from disk."""
        names = {
            subentry.data[CONF_ZONE]
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_F2_CONTROLLER)
            if CONF_ZONE in subentry.data
        }
        for name in names - self._zones.keys():
            if zone := await dt_util.async_get_time_zone(name):
                self._zones[name] = zone

    @callback
    def start(self) -> Unsubscribe:
        """Show what is set up, and follow the domain until the returned function is called."""
        self.apply()
        return together(
            self._stop,
            self._runtime.domain.bus.subscribe(F2ControllerChanged, self._changed),
            self.show.start(),
            self._approvals.start(),
        )

    async def async_save(self) -> None:
        """Write down the numbers, if there are new ones."""
        snapshot = {"numbers": self.numbers.snapshot()}
        if snapshot != self._saved:
            self._saved = snapshot
            await self._store.async_save(snapshot)

    @callback
    def apply(self) -> None:
        """Take over the subentries and options."""
        saved = self._entry.options.get(CONF_F2_TEMPLATES, [])
        if saved != self._applied:
            self._applied = saved
            apply_templates(self.templates, saved)
        wanted = {setup.mac: setup for setup in self._setups_now()}
        before, self.setups = self.setups, wanted
        for mac in before.keys() - wanted.keys():
            for source in self.sources:
                source.forget(mac)
        for mac, setup in wanted.items():
            if before.get(mac) != setup:
                for source in self.sources:
                    self._wire(source, setup)
        self._number()
        self.show.apply()
        self._approvals.look()

    @callback
    def look(self) -> None:
        """Do what no event starts: ask who came after it was asked, and show who is silent."""
        for mac in self.setups:
            controller = self.controller(mac)
            if controller is None or controller.last_seen is None:
                continue
            if any(
                component.is_on is None and component.kind in ANSWERING
                for component in controller.components.values()
            ):
                self.source_of(mac).ask(mac)
        self.show.look()

    def make_source(self, link: MqttLink) -> F2Source:
        """Return the source of one broker, which knows what is set up."""
        settings = F2Settings(
            salt=self._salt(),
            zone=dt_util.get_default_time_zone(),
            templates=self.templates,
            numbers=self.numbers,
        )
        source = F2Source(link.id, link.transport, self._runtime.domain, settings)
        for setup in self.setups.values():
            self._wire(source, setup)
        return source

    # What is known.

    @property
    def sources(self) -> list[F2Source]:
        """The sources of all brokers that carry this dialect."""
        return [
            dialect
            for link in self._runtime.links.values()
            for dialect in link.dialects
            if isinstance(dialect, F2Source)
        ]

    def source_of(self, mac: str) -> F2Source:
        """Return where a controller was heard last; raises UnknownF2Controller, NotConnected."""
        knowing = [source for source in self.sources if mac in source.controllers]
        if not knowing:
            if mac in self.setups:
                raise NotConnected(gateway="F2")
            raise UnknownF2Controller(controller=mac)
        long_ago = datetime.min.replace(tzinfo=UTC)
        return max(
            knowing, key=lambda each: each.controllers[mac].last_seen or long_ago
        )

    def controller(self, mac: str) -> Controller | None:
        """Return what is known of a controller; None as long as no broker is there to hear it on."""
        try:
            return self.source_of(mac).controllers[mac]
        except MaestraError:
            return None

    def component(self, mac: str, path: ComponentPath) -> Component | None:
        """Return what is known of a component."""
        controller = self.controller(mac)
        return controller.component(path) if controller else None

    def unknown(self) -> Mapping[str, Controller]:
        """Return the controllers that were heard and that nobody has set up, by MAC."""
        return {
            mac: controller
            for source in self.sources
            for mac, controller in source.controllers.items()
            if mac not in self.setups
        }

    def is_reachable(self, mac: str) -> bool:
        """Whether the broker that a controller is on is there."""
        try:
            link_id = self.source_of(mac).key
        except MaestraError:
            return False
        return self._runtime.is_reachable(link_id)

    def is_heard(self, mac: str) -> bool | None:
        """Whether a controller speaks. Only a sensor's silence tells something: without one it does, or nobody knows."""
        controller = self.controller(mac)
        heard_at = controller.last_seen if controller else None
        kinds = {wired.path.kind for wired in self.setups[mac].wiring}
        if Kind.SENSOR in kinds and self.is_silent(heard_at):
            return False
        return None if heard_at is None else True

    def is_silent(self, heard_at: datetime | None) -> bool:
        """Whether a sensor that was last heard at this time should have been heard again."""
        return dt_util.utcnow() - max(heard_at or self._begin, self._begin) > SILENCE

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
        for setup in self.setups.values():
            for wired in setup.wiring:
                if template := self.templates.get(wired.template):
                    self.numbers.sensor(setup.mac, wired.path)
                    for datapoint in template.datapoints:
                        self.numbers.datapoint(template.id, datapoint.id)
        if {"numbers": self.numbers.snapshot()} != self._saved:
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
        if event.controller not in self.setups:
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
        for mac in macs & self.setups.keys():
            setup, controller = self.setups[mac], self.controller(mac)
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
