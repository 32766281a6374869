"""Fixtures that all tests share."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.store.settings import StoreSettings
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from .kits.database import PlainPostgres, Postgres, tolerate_lost_copy
from .kits.house import House
from .kits.maestra import MaestraKit, maestra_on_broker, unload
from .kits.sample import SAMPLE
from .kits.texts import described_flows


@pytest.fixture(autouse=True)
def our_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration in this repository."""


@pytest.fixture(autouse=True)
def every_form_has_its_texts() -> Generator[None]:
    """Fail a test that meets a form, an error or an end of ours without a translation."""
    with described_flows():
        yield


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write Home Assistant's own objects the way its core does."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def hub_options() -> dict[str, object]:
    """Options of the hub; override them where a test needs others."""
    return {}


@pytest.fixture
async def hub(
    hass: HomeAssistant, hub_options: dict[str, object]
) -> AsyncGenerator[MockConfigEntry]:
    """A loaded hub without links."""
    entry = MockConfigEntry(
        domain=DOMAIN, title="Maestra", data={}, options=hub_options
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    await unload(hass, entry)


@pytest.fixture
def house(hass: HomeAssistant, hub: MockConfigEntry) -> House:
    """A loaded hub with which one speaks as users, clients and devices do."""
    return House(hass, hub)


@pytest.fixture
async def maestra(
    hass: HomeAssistant,
    socket_enabled: None,
    tmp_path: Path,
    hub_options: dict[str, object],
) -> AsyncGenerator[MaestraKit]:
    """A loaded hub that is connected to a real broker, and a client of that broker."""
    async with maestra_on_broker(hass, tmp_path, hub_options) as kit:
        yield kit


@pytest.fixture
def everything_is_enabled() -> Generator[None]:
    """Let entities be enabled that users would have to enable."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True
    ):
        yield


@pytest.fixture
def platform() -> Platform:
    """The only platform of `sample_show`; each platform's tests say which."""
    raise NotImplementedError


@pytest.fixture
async def sample_show(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    everything_is_enabled: None,
    platform: Platform,
) -> AsyncGenerator[MockConfigEntry]:
    """A hub that shows everything of one platform, with ids that never change."""
    hass_storage.update(SAMPLE)
    entry = MockConfigEntry(domain=DOMAIN, title="Maestra", entry_id="maestrahub")
    entry.add_to_hass(hass)
    with patch("custom_components.maestra.PLATFORMS", [platform]):
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        yield entry
        await unload(hass, entry)


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    """A server with TimescaleDB (Apache), shared by all tests of a process: none may stop it."""
    server = Postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def plain_postgres() -> Generator[PlainPostgres]:
    """A server without TimescaleDB, shared by all tests of a process: none may stop it."""
    server = PlainPostgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture
async def server(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[Postgres]:
    """A server that a test may stop."""
    tolerate_lost_copy(hass.loop)
    server = Postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture
async def database(
    socket_enabled: None, postgres: Postgres
) -> AsyncGenerator[StoreSettings]:
    """An empty database with TimescaleDB."""
    name = await postgres.create_database()
    yield postgres.settings(name)
    await postgres.drop_database(name)


@pytest.fixture
async def plain_database(
    socket_enabled: None, plain_postgres: PlainPostgres
) -> AsyncGenerator[StoreSettings]:
    """An empty database without TimescaleDB."""
    name = await plain_postgres.create_database(timescaledb=False)
    yield plain_postgres.settings(name)
    await plain_postgres.drop_database(name)
