"""Games that tell what happens in them, over a real socket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.maestra.const import SUBENTRY_IRONMON
from custom_components.maestra.core.ironmon import listener
from custom_components.maestra.core.production.events import StreamHappening
from homeassistant.config_entries import ConfigSubentry, SubentryFlowResult
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.data_entry_flow import FlowResultType
from tests.kits.hub import HubKit
from tests.kits.process import HOST, free_port
from tests.kits.production import PRODUCTION_ID, as_subentry, production_subentry

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECTION = "binary_sensor.ironmon_connection"
ID = "stage-game"
TIMEOUT = 10.0


def frame(kind: str, **data: Any) -> bytes:
    body = json.dumps({"type": kind, "data": data})
    return f"{len(body)} {body}".encode()


def add(kit: HubKit, port: int, *networks: str) -> None:
    """Give the hub a production and a port."""
    for subentry in (
        as_subentry(production_subentry()),
        ConfigSubentry(
            data=MappingProxyType(
                {
                    "production": PRODUCTION_ID,
                    "port": port,
                    "networks": [*networks] or ["127.0.0.0/8"],
                }
            ),
            subentry_id=ID,
            subentry_type=SUBENTRY_IRONMON,
            title="IronMON",
            unique_id=str(port),
        ),
    ):
        kit.hass.config_entries.async_add_subentry(kit.entry, subentry)


@pytest.fixture
async def port(hub_kit: HubKit) -> AsyncGenerator[int]:
    """The port of a hub that listens."""
    port = free_port()
    add(hub_kit, port)
    await hub_kit.state_is(CONNECTION, STATE_ON)
    yield port
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


@asynccontextmanager
async def game(
    port: int,
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, port)
    yield reader, writer
    writer.close()


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Wait until the other side has gone."""
    async with asyncio.timeout(TIMEOUT):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


def counters(kit: HubKit) -> Any:
    return kit.entry.runtime_data.links.get(ID).gateway.counters


async def test_what_a_game_tells_happens_on_the_stream(
    hub_kit: HubKit, port: int
) -> None:
    told = hub_kit.notified(StreamHappening)
    async with game(port) as (_, writer):
        writer.write(frame("heartbeat") + frame("seed", count=5))
        writer.write(frame("Bad Type") + b"2 []" + frame("checkpoint", id=1, name="A"))
        await hub_kit.until(lambda: len(told) == 2 or None, "two events")
    assert [it.event.type for it in told] == ["ironmon.seed", "ironmon.checkpoint"]
    assert told[0].production == PRODUCTION_ID
    assert counters(hub_kit)["malformed"] == 1
    assert counters(hub_kit)["rejected"] == 1
    assert counters(hub_kit)["messages_in"] == 5


async def test_what_is_no_game_is_cut_off(hub_kit: HubKit, port: int) -> None:
    async with game(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await is_closed(reader)


async def test_who_says_nothing_is_cut_off(
    hub_kit: HubKit, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "SILENCE", 0.05)
    async with game(port) as (reader, _):
        assert await is_closed(reader)


async def test_other_networks_may_not_come(hub_kit: HubKit) -> None:
    port = free_port()
    add(hub_kit, port, "192.0.2.0/24")
    await hub_kit.state_is(CONNECTION, STATE_ON)
    async with game(port) as (reader, _):
        assert await is_closed(reader)
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


async def test_too_much_is_not_taken(hub_kit: HubKit, port: int) -> None:
    told = hub_kit.notified(StreamHappening)
    async with game(port) as (_, writer):
        for number in range(1_000):
            writer.write(frame("seed", count=number))
        await hub_kit.until(
            lambda: counters(hub_kit)["messages_in"] == 1_000 or None, "all is read"
        )
    assert counters(hub_kit)["refused"] == 1_000 - len(told) > 0


async def test_a_port_that_is_taken_is_tried_again(hub_kit: HubKit) -> None:
    other = await asyncio.start_server(lambda *_: None, "0.0.0.0", 0)
    port = other.sockets[0].getsockname()[1]
    add(hub_kit, port)
    await hub_kit.settled()
    assert hub_kit.state(CONNECTION).state == STATE_OFF
    other.close()
    await other.wait_closed()
    await hub_kit.state_is(CONNECTION, STATE_ON)
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


async def ask(
    kit: HubKit, source: str, data: dict[str, Any], **context: Any
) -> SubentryFlowResult:
    """Fill in the form."""
    flow = kit.hass.config_entries.subentries
    told: Any = {"source": source, **context}
    form = await flow.async_init((kit.entry.entry_id, SUBENTRY_IRONMON), context=told)
    if form["type"] is not FlowResultType.FORM:
        return form
    done = await flow.async_configure(form["flow_id"], data)
    await kit.hass.async_block_till_done()
    return done


async def test_it_is_added_and_moved(hub_kit: HubKit) -> None:
    form = {"name": "IronMON", "production": PRODUCTION_ID, "port": free_port()}
    assert (await ask(hub_kit, "user", form))["reason"] == "no_production"
    hub_kit.hass.config_entries.async_add_subentry(
        hub_kit.entry, as_subentry(production_subentry())
    )
    wrong = await ask(hub_kit, "user", {**form, "networks": ["nowhere"]})
    assert wrong["errors"] == {"networks": "invalid_networks"}
    done = await ask(hub_kit, "user", {**form, "networks": ["local"]})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hub_kit.state_is(CONNECTION, STATE_ON)
    assert (await ask(hub_kit, "user", form))["reason"] == "already_configured"
    (id_,) = (
        it.subentry_id for it in hub_kit.entry.get_subentries_of_type(SUBENTRY_IRONMON)
    )
    port = free_port()
    await ask(hub_kit, "reconfigure", {**form, "port": port}, subentry_id=id_)
    await hub_kit.state_is(CONNECTION, STATE_ON)
    async with game(port):
        pass
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)
