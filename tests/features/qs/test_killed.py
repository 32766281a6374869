"""Home Assistant itself, killed with kill -9 when QS devices were told that their events are stored."""

import asyncio
from pathlib import Path

import pytest

from custom_components.maestra.const import CONF_DIALECTS, DIALECT_QS
from tests.kits.broker import Broker, Peer
from tests.kits.database import Postgres
from tests.kits.hass_process import START, HassProcess
from tests.kits.hub_broker import broker_subentry
from tests.kits.hub_store import store_subentry
from tests.kits.qs import event

CLIENT_ID = "maestra-kit"
NODES = [f"node-{number}" for number in range(10)]
SENSORS = {name: f"sensor.{name.replace('-', '_')}_count" for name in NODES}


async def tell(peer: Peer, name: str, number: int) -> None:
    """Let a device count, and wait until it is told that this is stored."""
    event_id = f"{name}#{number}"
    told = event(event_id, name, event_type="count", value=number)
    async with asyncio.timeout(START):
        while event_id not in [
            ack.json["event_id"] for ack in peer.collect(f"qs/v1/{name}/acks")
        ]:
            await peer.publish(f"qs/v1/{name}/events", told)
            await asyncio.sleep(0.2)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["none", "there", "hung"])
async def test_devices_that_rest_show_what_was_acknowledged(
    server: Postgres, tmp_path: Path, database: str
) -> None:
    """They say nothing more, and the broker has forgotten what it had for us."""
    config = tmp_path / "config"
    async with (
        Broker(tmp_path / "broker") as broker,
        broker.peer(filters=["qs/v1/+/acks"]) as peer,
    ):
        subentries = [broker_subentry(broker, **{CONF_DIALECTS: [DIALECT_QS]})]
        if database != "none":
            name = await server.create_database()
            subentries.append(store_subentry(server.settings(name)))
        home_assistant = HassProcess(config, subentries)
        async with home_assistant.running():
            for name in NODES:
                await tell(peer, name, 1)
            await home_assistant.states(SENSORS.values())
            if database == "hung":
                server.freeze()
            for number in (2, 3):
                await asyncio.gather(*(tell(peer, name, number) for name in NODES))
        async with broker.peer(filters=(), identifier=CLIENT_ID, clean_start=True):
            pass
        async with home_assistant.running():
            shown = await home_assistant.states(SENSORS.values())
    assert shown == dict.fromkeys(SENSORS.values(), "3.0")
