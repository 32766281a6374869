"""The buoys that somebody has set up: what they have measured, and which of them drift."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, override

from custom_components.maestra.core.bus import Unsubscribe, together
from custom_components.maestra.hub.hub import Hub
from custom_components.maestra.hub.issues import DeviceIssues
from custom_components.maestra.hub.manager import Manager
from custom_components.maestra.hub.presentation import Presentation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import Platform
from homeassistant.core import callback

from ..core.events import BuoyReported
from ..core.source import BuoySource

BUOY: Final = "buoy"
BUOY_ADRIFT: Final = "buoy_adrift"
# Below this, it has torn off.
ADRIFT: Final = 0.0
WATER_LEVEL: Final = Presentation(
    platform=Platform.SENSOR, kind=BUOY, key="level", shows=("level",)
)


class BuoysManager(Manager):
    """Shows each buoy that is set up, with its latest level."""

    def __init__(self, hub: Hub) -> None:
        self.levels: dict[str, float] = {}
        self._hub = hub
        self._issues = DeviceIssues(hub.hass, hub.entry.entry_id, BUOY_ADRIFT)
        self._shown: dict[str, str] = {}

    @property
    def sources(self) -> list[BuoySource]:
        """The sources of all brokers that carry the dialect."""
        return self._hub.links.dialects(BuoySource)

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Show buoys, and follow them until the returned function is called."""
        self._show()
        return together(
            self._issues.clear,
            self._hub.domain.bus.subscribe(BuoyReported, self._reported),
        )

    @override
    async def async_apply(self) -> None:
        """Show what is set up now."""
        self._show()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The subentries."""
        return self._shown

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return all levels."""
        return {"buoys": dict(self.levels)}

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return the level of one buoy."""
        if (buoy := self._shown.get(owner_id)) is None:
            return None
        return {"buoy": {"level": self.levels.get(buoy)}}

    @callback
    def moor(self, buoy: str) -> None:
        """Note that a buoy does not drift any more."""
        self.levels.pop(buoy, None)
        self._issues.show(self._adrift())

    def _setups(self) -> Iterator[ConfigSubentry]:
        yield from self._hub.entry.get_subentries_of_type(BUOY)

    def _show(self) -> None:
        before = self._shown
        self._shown = {
            setup.subentry_id: setup.unique_id or "" for setup in self._setups()
        }
        for owner_id in before.keys() - self._shown.keys():
            self._hub.presenter.withdraw(owner_id)
            self._hub.devices.remove(owner_id)
        for setup in self._setups():
            owner_id = setup.subentry_id
            self._hub.devices.put(
                owner_id, name=setup.title, model="Buoy", subentry_id=owner_id
            )
            self._hub.presenter.show(
                owner_id, setup, (WATER_LEVEL,), subentry_id=owner_id
            )

    def _reported(self, event: BuoyReported) -> None:
        self.levels[event.buoy] = event.level
        for owner_id, buoy in self._shown.items():
            if buoy == event.buoy:
                self._hub.writer.mark_all(self._hub.presenter.of(owner_id))
        self._issues.show(self._adrift())

    def _adrift(self) -> dict[str, dict[str, str]]:
        return {
            buoy: {"buoy": buoy}
            for buoy, level in self.levels.items()
            if level < ADRIFT
        }
