"""Fixtures that all tests share."""

from collections.abc import AsyncGenerator, Generator
import gc
from pathlib import Path
from typing import Final
from unittest.mock import Mock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.maestra.const import DOMAIN
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kits.fixtures import (
    database,
    enable_event_loop_debug,
    has_tables,
    plain_database,
    plain_postgres,
    postgres,
    server,
)
from .kits.hub import HubKit, unload
from .kits.hub_broker import MaestraKit, maestra_on_broker
from .kits.live import follow
from .kits.repairs import FixFlows
from .kits.texts import described_flows

__all__ = [
    "database",
    "enable_event_loop_debug",
    "follow",
    "has_tables",
    "plain_database",
    "plain_postgres",
    "postgres",
    "server",
]

NO_GARBAGE: Final = Mock(spec=gc, get_threshold=gc.get_threshold)


@pytest.fixture(autouse=True)
def our_integration(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find the integration in this repository, where a test has one."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def every_form_has_its_texts() -> Generator[None]:
    """Fail a test that meets a form, an error or an end of ours without a translation."""
    with described_flows():
        yield


@pytest.fixture(autouse=True)
def heap_is_of_all_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no hub collect garbage or thaw: it would look at what all tests have loaded, half a second each time.

    `hub/test_heap.py` is about that.
    """
    monkeypatch.setattr("custom_components.maestra.hub.heap.gc", NO_GARBAGE)


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """A folder of its own for each test: what one leaves on disk is nothing to the others."""
    folder = tmp_path / "config"
    folder.mkdir()
    return str(folder)


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
def hub_kit(hass: HomeAssistant, hub: MockConfigEntry) -> HubKit:
    """A loaded hub with which one speaks as users, clients and devices do."""
    return HubKit(hass, hub)


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
async def fix(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> FixFlows:
    """Home Assistant with its repairs."""
    assert await async_setup_component(hass, REPAIRS, {REPAIRS: {}})
    return FixFlows(await hass_client())
