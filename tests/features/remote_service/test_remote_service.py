"""Process managers in Home Assistant: added, shown, switched, restarted, and left alone when they fail."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from custom_components.maestra.const import SUBENTRY_REMOTE_SERVICE
from custom_components.maestra.core.remote_service.connection import (
    RemoteServiceConnection,
)
from custom_components.maestra.core.transport.breaker import FAILURES
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.diagnostics import async_get_config_entry_diagnostics
from custom_components.maestra.features.remote_service import link as remote_link
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from tests.kits.hub import HubKit
from tests.kits.nurvus import Nurvus
from tests.kits.process import HOST

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECTION = "binary_sensor.rack_connection"
RUNNING = "sensor.rack_running_processes"
BREAKER = "sensor.rack_breaker"
PHONONMASER = "switch.rack_processes_phononmaser"
SEED = "switch.rack_processes_seed"
RESTART = "button.rack_processes_restart_seed"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and wait for nobody."""
    make = RemoteServiceConnection
    backoff = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=50))
    monkeypatch.setattr(
        remote_link,
        "RemoteServiceConnection",
        lambda http, settings: make(http, settings, backoff=backoff, interval=0.05),
    )


@pytest.fixture
async def nurvus() -> AsyncGenerator[Nurvus]:
    server = Nurvus()
    async with server.running():
        yield server


async def ask(
    kit: HubKit, source: str, data: dict[str, Any], **context: Any
) -> SubentryFlowResult:
    """Fill in the form."""
    flow = kit.hass.config_entries.subentries
    told: Any = {"source": source, **context}
    form = await flow.async_init(
        (kit.entry.entry_id, SUBENTRY_REMOTE_SERVICE), context=told
    )
    done = await flow.async_configure(form["flow_id"], data)
    await kit.hass.async_block_till_done()
    return done


@pytest.fixture
async def rack(hub_kit: HubKit, nurvus: Nurvus) -> AsyncGenerator[HubKit]:
    """A hub with a process manager that is there."""
    done = await ask(
        hub_kit, "user", {"name": "Rack", "host": HOST, "port": nurvus.port}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hub_kit.appears(RESTART)
    yield hub_kit
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


@pytest.mark.parametrize(
    ("data", "error"),
    [({"host": "a b"}, "invalid_host"), ({"port": 1}, "remote_service_unreachable")],
)
async def test_what_keeps_us_out_is_said(
    hub_kit: HubKit, nurvus: Nurvus, data: dict[str, Any], error: str
) -> None:
    form = await ask(hub_kit, "user", {"host": HOST, "port": nurvus.port, **data})
    assert form["errors"] == {"host": error}


@pytest.mark.parametrize("listing", ["text", {"a": 1}])
async def test_what_is_no_process_manager_is_not_added(
    hub_kit: HubKit, nurvus: Nurvus, listing: Any
) -> None:
    nurvus.listing = listing
    form = await ask(hub_kit, "user", {"host": HOST, "port": nurvus.port})
    assert form["errors"] == {"host": "remote_service_unreachable"}


async def test_the_same_is_not_added_twice(rack: HubKit, nurvus: Nurvus) -> None:
    done = await ask(rack, "user", {"host": HOST, "port": nurvus.port})
    assert done["reason"] == "already_configured"


async def test_it_is_moved(rack: HubKit, nurvus: Nurvus) -> None:
    (id_,) = rack.entry.subentries
    other = Nurvus()
    other.processes = {"lights": {"name": "Lights", "status": "running"}}
    async with other.running():
        await ask(
            rack,
            "reconfigure",
            {"name": "Rack", "host": HOST, "port": other.port},
            subentry_id=id_,
        )
        await rack.state_is("switch.rack_processes_lights", STATE_ON)
        await rack.disappears(SEED)


async def test_processes_are_shown_as_they_come_and_go(
    rack: HubKit, nurvus: Nurvus
) -> None:
    assert rack.state(PHONONMASER).state == STATE_ON
    assert rack.state(SEED).state == STATE_OFF
    await rack.state_is(RUNNING, "1")
    nurvus.processes["seed"]["status"] = "failed"
    nurvus.processes["phononmaser"]["status"] = "odd"
    await rack.state_is(SEED, STATE_OFF, process_state="failed")
    await rack.state_is(PHONONMASER, STATE_UNKNOWN)
    del nurvus.processes["phononmaser"]
    nurvus.processes["lights"] = {"name": "Lights", "status": "running"}
    await rack.state_is("switch.rack_processes_lights", STATE_ON)
    await rack.disappears(PHONONMASER)
    nurvus.processes.clear()
    await rack.disappears(SEED)


async def test_processes_are_switched_and_restarted(
    rack: HubKit, nurvus: Nurvus
) -> None:
    await rack.call("switch.turn_on", SEED)
    await rack.state_is(SEED, STATE_ON)
    await rack.call("button.press", RESTART)
    await rack.call("switch.turn_off", SEED)
    await rack.state_is(SEED, STATE_OFF)
    assert nurvus.asked == [("seed", "start"), ("seed", "restart"), ("seed", "stop")]


async def test_one_that_fails_is_left_alone(rack: HubKit, nurvus: Nurvus) -> None:
    """An error with a good status counts as one with a bad status does."""
    nurvus.error = "no such port"
    for number in range(FAILURES):
        nurvus.status = 500 if number % 2 else 200
        with pytest.raises(HomeAssistantError, match="no such port"):
            await rack.call("switch.turn_on", SEED)
    with pytest.raises(HomeAssistantError, match="failed too often"):
        await rack.call("switch.turn_on", SEED)
    assert len(nurvus.asked) == FAILURES
    rack.entry.runtime_data.links.refresh()
    await rack.state_is(BREAKER, "open")
    # It is there all the same.
    assert rack.state(CONNECTION).state == STATE_ON


async def test_it_goes_and_comes_back(rack: HubKit, nurvus: Nurvus) -> None:
    nurvus.listing = {"error": "gone"}
    await rack.state_is(CONNECTION, STATE_OFF)
    await rack.state_is(SEED, STATE_UNAVAILABLE)
    nurvus.listing = None
    await rack.state_is(CONNECTION, STATE_ON)
    await rack.state_is(SEED, STATE_OFF)


async def test_diagnostics_name_no_process(hass: HomeAssistant, rack: HubKit) -> None:
    found = str(await async_get_config_entry_diagnostics(hass, rack.entry))
    assert "'processes': {'running': 1, 'stopped': 1}" in found
    assert "phononmaser" not in found.lower()
