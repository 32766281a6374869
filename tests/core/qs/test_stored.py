"""The source with a database: acknowledged means that the event is there, or on disk on its way there."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store, StoreState
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.broker import Broker
from tests.kits.database import Postgres, fetch
from tests.kits.qs import QsKit, event, qs_on_broker
from tests.kits.store import QUICK, StoreKit

ALL = "SELECT * FROM events ORDER BY ts_server, event_id"
ACKED = "SELECT event_id FROM events ORDER BY event_id"


async def ids(settings: StoreSettings) -> list[str]:
    return [row["event_id"] for row in await fetch(settings, ACKED)]


@pytest.mark.parametrize("qos", [0, 1])
async def test_acknowledged_is_stored(
    stored: QsKit, database: StoreSettings, qos: int
) -> None:
    """In the columns that its dashboards read."""
    await stored.sends(
        event(
            "a",
            unit="C",
            ts_device="2024-02-10T00:00:00",
            meta={"sensor": "dht22", "nul": "\0"},
        ),
        event("b", value="open\0"),
        event("c", value=None),
        qos=qos,
    )
    await stored.acks("a", "b", "c")
    rows = {row["event_id"]: row for row in await fetch(database, ALL)}
    assert [(rows[it]["value_num"], rows[it]["value_text"]) for it in "abc"] == [
        (21.5, None),
        (None, "open\N{REPLACEMENT CHARACTER}"),
        (None, None),
    ]
    assert rows["a"]["unit"] == "C"
    assert rows["a"]["ts_device"].isoformat() == "2024-02-10T08:00:00+00:00"
    assert "dht22" in rows["a"]["meta"]
    assert rows["c"]["meta"] == "{}"


async def test_a_batch_with_a_bad_element(
    stored: QsKit, database: StoreSettings
) -> None:
    """The others are stored and acknowledged."""
    await stored.sends(
        event("b-001"), event("b-002") | {"schema": None}, event("b-003")
    )
    await stored.acks("b-001", "b-003")
    await stored.buries(index=1, stored=2)
    assert await ids(database) == ["b-001", "b-003"]


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_redelivery_gives_one_row_and_a_second_ack(
    stored: QsKit, database: StoreSettings, qos: int
) -> None:
    for _ in range(3):
        await stored.sends(event("a"), event("b"), qos=qos)
        await stored.acks("a", "b")
    assert await ids(database) == ["a", "b"]


async def test_a_redelivery_that_only_the_database_knows(
    broker: Broker, database: StoreSettings, tmp_path: Path
) -> None:
    """The window was lost with the disk of Home Assistant."""
    for number in range(2):
        store = Store(
            database,
            tmp_path / "spool",
            catalogue=STORE_CATALOGUE,
            writer=f"{number}",
            limits=QUICK,
        )
        async with qs_on_broker(broker, tmp_path / f"{number}", store=store) as qs:
            await qs.sends(event("a"), event(f"new-{number}"))
            await qs.acks("a", f"new-{number}")
    assert await ids(database) == ["a", "new-0", "new-1"]


async def test_a_reused_id_is_stored_beside_the_first(
    stored: QsKit, database: StoreSettings
) -> None:
    """Once, however often it is sent, and under its id with a mark."""
    for value in (1, 2, 2, 1):
        await stored.sends(event("esp32-01-1000", value=value))
        await stored.acks("esp32-01-1000")
    rows = await fetch(database, "SELECT event_id, value_num FROM events ORDER BY 2")
    (first, one), (second, two) = rows
    assert (first, one, two) == ("esp32-01-1000", 1, 2)
    assert second.startswith("esp32-01-1000#")


async def test_a_reused_id_that_only_the_database_knows(
    broker: Broker, database: StoreSettings, tmp_path: Path
) -> None:
    """It is found there, told of with its device, and stored; so are two of one batch."""
    told: list[Any] = []
    for number in range(2):
        store = Store(
            database,
            tmp_path / "spool",
            catalogue=STORE_CATALOGUE,
            writer=f"{number}",
            limits=QUICK,
            on_reused=told.extend,
        )
        async with qs_on_broker(broker, tmp_path / f"{number}", store=store) as qs:
            await qs.sends(event("x", value=number), event("x", value=10 + number))
            await qs.acks("x", "x")
    rows = await fetch(database, "SELECT value_num FROM events ORDER BY 1")
    assert [row[0] for row in rows] == [0, 1, 10, 11]
    assert {(it.device_id, it.event_id) for it in told} == {("esp32-01", "x")}
    assert len(told) == 3


async def test_events_while_the_database_is_away(
    broker: Broker, server: Postgres, tmp_path: Path
) -> None:
    """They are acknowledged from the disk, and in the database once it is back."""
    settings = server.settings(await server.create_database())
    store = Store(
        settings,
        tmp_path / "spool",
        catalogue=STORE_CATALOGUE,
        writer="tests",
        limits=QUICK,
    )
    async with qs_on_broker(broker, tmp_path, store=store) as qs:
        server.stop()
        names = [f"e{number:03}" for number in range(200)]
        await asyncio.gather(*(qs.sends(event(name)) for name in names))
        await qs.acks(*names)
        server.start()
        await StoreKit(store).is_(StoreState.RECORDING)
        await store.flush()
        assert await ids(settings) == names


async def test_what_has_no_room_is_not_acknowledged(
    broker: Broker, database: StoreSettings, tmp_path: Path
) -> None:
    """At QoS 0 nobody holds the sender back: it asks again, and is acknowledged when there is room."""
    limits = QUICK.__class__(
        batch_rows=1, most_batch_rows=1, queue_rows=1, batch_age=3600
    )
    store = Store(
        database,
        tmp_path / "spool",
        catalogue=STORE_CATALOGUE,
        writer="tests",
        limits=limits,
    )
    async with qs_on_broker(broker, tmp_path, store=store) as qs:
        await qs.sends(*(event(f"a{number}") for number in range(5)), qos=0)
        await qs.sends(event("b"))
        await qs.acks("b")
        await qs.mqtt.settled()
        assert not qs.mqtt.collect("qs/v1/+/acks")
        await qs.sends(*(event(f"a{number}") for number in range(5)), qos=1)
        await qs.acks(*(f"a{number}" for number in range(5)))
        await store.flush()
    assert len(await ids(database)) == 6
