"""The running connection to one OBS."""

from typing import Any, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...const import OVERLAY_URL
from ...core.bus import Unsubscribe, get_logger
from ...core.domain.errors import MaestraError
from ...core.obs.browser_sources import refresh_browser_sources
from ...core.obs.connection import ObsConnection
from ...core.obs.errors import ObsIncompatible, ObsKicked, ObsRefused
from ...core.obs.pictures import PictureTaker
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from .flow import obs_settings

_LOGGER = get_logger(__name__)

OBS_STAYS_AWAY: Final = "obs_stays_away"


class ObsLink(ServiceLink):
    """One OBS. That it is closed is nothing special: it is just not available then."""

    issue = OBS_STAYS_AWAY
    subject = "obs"
    refusal = ObsRefused
    model = "OBS Studio"
    is_gateway = False

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self._links = hub.links
        self._is_hopeless = False
        self._has_refreshed = False
        self.gateway = ObsConnection(
            async_get_clientsession(hub.hass), obs_settings(subentry.data)
        )
        self.pictures = PictureTaker(self.gateway)

    @property
    @override
    def connected(self) -> bool:
        """Whether OBS is there, and known."""
        return self.gateway.connected

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Return how the connection is; of OBS only numbers, as names are the user's."""
        state = self.gateway.state
        return {
            **super().diagnostics(),
            "version": state.version,
            "scenes": len(state.scenes),
            "inputs": len(state.inputs),
            "outputs": {output: state.outputs[output] for output in state.outputs},
        }

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [self.gateway.on_connection(self._connection_changed)]

    @override
    async def _serve(self) -> None:
        await self.gateway.run()

    @callback
    @override
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        self._is_hopeless = isinstance(reason, ObsKicked | ObsIncompatible)
        if connected:
            self.sw_version = self.gateway.state.version
            self._refresh_overlays()
            self._links.register(self)
        super()._connection_changed(connected, reason)

    @callback
    def _refresh_overlays(self) -> None:
        """Let our own pages be loaded again, once: they stay blank where OBS was there before Home Assistant."""
        if not self._has_refreshed:
            self._has_refreshed = True
            _ = self._entry.async_create_background_task(
                self._hass, self._async_refresh_overlays(), "maestra overlay refresh"
            )

    async def _async_refresh_overlays(self) -> None:
        try:
            names = await refresh_browser_sources(self.gateway, f"{OVERLAY_URL}/")
        except MaestraError as error:
            _LOGGER.debug("The overlays in %s are not refreshed: %s", self.title, error)
        else:
            self.gateway.counters.add("overlays_refreshed", len(names))

    @callback
    @override
    def _raise_issue(self, now: object) -> None:
        # An OBS that is not running needs no repair.
        if self._is_hopeless:
            super()._raise_issue(now)
