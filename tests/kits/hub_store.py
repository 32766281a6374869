"""A hub that records into a real database."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import asyncpg
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN, SUBENTRY_TIMESCALE_STORE
from custom_components.maestra.core.store.settings import StoreSettings, WriteLimits
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.features.history.flow import data_from_form
from custom_components.maestra.features.history.link import StoreLink
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant

from .database import fetch
from .forms import store_form
from .hub import HubKit, unload

STORE_ID = "storesubentry"
RECORD_DESKS: Mapping[str, Any] = {"record": {"include": {"globs": ["sensor.desk*"]}}}
# As in real life, only that a lost connection is tried again at once.
QUICK = WriteLimits(batch_age=0.01, retry_first=0.02, retry_most=0.1)


class RecordingKit(HubKit):
    """A hub whose changes are in the database a little later."""

    def __init__(
        self, hass: HomeAssistant, entry: MockConfigEntry, settings: StoreSettings
    ) -> None:
        super().__init__(hass, entry)
        self.settings = settings

    @property
    def link(self) -> StoreLink:
        """The connection to the database. It is another one after each reload."""
        links: list[StoreLink] = self.entry.runtime_data.links.of(StoreLink)
        return links[0]

    @property
    def store(self) -> Store:
        """What writes."""
        return self.link.store

    async def becomes(self, state: str) -> None:
        """Wait until the store's sensor says so."""
        await self.shows("state", state)

    async def shows(self, key: str, value: str) -> None:
        """Wait until a sensor of the store has this value."""
        await self.state_is(f"sensor.stage_database_{key}", value)

    async def counts(self, name: str) -> None:
        """Wait until the store has counted some of these. Nobody is told of counts: looked at now and then."""

        def found() -> bool:
            self.hass.loop.call_later(0.02, self.hass.bus.async_fire, "look")
            return self.store.counters[name] > 0

        await self.until(found, f"{name} are counted")

    async def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Let everything be written, and ask the database."""
        await self.store.flush()
        return [tuple(row) for row in await self.fetch(query, *arguments)]

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask the database for what is there now."""
        return await fetch(self.settings, query, *arguments)

    def change(self, **data: Any) -> None:
        """Change the settings of the connection."""
        subentry = self.entry.subentries[STORE_ID]
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data={**subentry.data, **data}
        )


def store_subentry(settings: StoreSettings) -> ConfigSubentryDataWithId:
    """Return a subentry that records there."""
    return ConfigSubentryDataWithId(
        subentry_id=STORE_ID,
        subentry_type=SUBENTRY_TIMESCALE_STORE,
        title="Stage database",
        unique_id="stage",
        data=MappingProxyType(data_from_form(store_form(settings))),
    )


@asynccontextmanager
async def recording_hub(
    hass: HomeAssistant,
    settings: StoreSettings,
    *,
    options: Mapping[str, Any] = RECORD_DESKS,
    limits: WriteLimits = QUICK,
) -> AsyncGenerator[RecordingKit]:
    """Run a hub with a database, which need not be there."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Maestra",
        entry_id="maestrahub",
        options=options,
        subentries_data=[store_subentry(settings)],
    )
    entry.add_to_hass(hass)
    with patch.object(StoreLink, "limits", limits):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        try:
            yield RecordingKit(hass, entry, settings)
        finally:
            await unload(hass, entry)
