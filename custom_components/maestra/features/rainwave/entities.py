"""Entities of a station: which one it is, and whether it is looked at."""

from typing import Any, override

from homeassistant.components.select import SelectEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform

from ...const import CONF_ENABLED, CONF_STATION
from ...core.rainwave.stations import Station
from ...entity import MaestraEntity
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .link import RainwaveLink


class MaestraRainwaveEntity(MaestraEntity):
    """A setting of a link. `owner` is its id: the link behind it is another one once it is changed."""

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by its key."""
        super().__init__(hub, owner, presentation)
        self._attr_translation_key = presentation.key

    @property
    def _link(self) -> RainwaveLink | None:
        link = self._hub.links.get(self._owner_id)
        return link if isinstance(link, RainwaveLink) else None

    def _change(self, settings: dict[str, Any]) -> None:
        if (link := self._link) is not None:
            link.change(settings)


class MaestraRainwaveStation(MaestraRainwaveEntity, SelectEntity):
    """Which station is looked at."""

    platform_domain = Platform.SELECT
    _attr_options = [*Station]

    @property
    @override
    def current_option(self) -> str | None:
        """The station."""
        link = self._link
        return link.gateway.settings.station if link else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Look at another one."""
        self._change({CONF_STATION: option})


class MaestraRainwaveEnabled(MaestraRainwaveEntity, SwitchEntity):
    """Whether it is looked at."""

    platform_domain = Platform.SWITCH

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is."""
        link = self._link
        return link.is_enabled if link else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Look."""
        self._change({CONF_ENABLED: True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Look no more."""
        self._change({CONF_ENABLED: False})
