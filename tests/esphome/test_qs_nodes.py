"""A real QS node, a real broker and a real database: each event is stored once, or counted as dropped."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
import re

import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import Store
from scripts.catalogue import STORE_CATALOGUE
from scripts.nodes import build_node
from tests.kits.broker import Broker
from tests.kits.database import fetch
from tests.kits.esphome import INSTALLING, Node, needs_compiler
from tests.kits.hub_broker import MaestraKit
from tests.kits.process import LOOK_AGAIN_S, PATIENCE
from tests.kits.qs import QsKit, qs_on_broker
from tests.kits.store import QUICK

HERE = Path(__file__).parent
ACKS = "qs/v1/weather/acks"
EVENTS = "qs/v1/weather/events"
VALUES = "SELECT value_num FROM events WHERE event_type = $1"
LIMIT = 300
BATCH = 20

pytestmark = [
    needs_compiler,
    pytest.mark.xdist_group("esphome"),
    INSTALLING,
]


@pytest.fixture(scope="session")
def program() -> Path:
    """A node that keeps its events in a file."""
    return build_node(HERE / "qs_node.yaml")


@pytest.fixture(scope="session")
def preferences_program() -> Path:
    """A node that keeps its events in its preferences."""
    return build_node(HERE / "qs_preferences_node.yaml")


@pytest.fixture
async def qs(
    socket_enabled: None, database: StoreSettings, tmp_path: Path
) -> AsyncGenerator[QsKit]:
    """A source that records."""
    store = Store(
        database,
        tmp_path / "spool",
        catalogue=STORE_CATALOGUE,
        writer="tests",
        limits=QUICK,
    )
    async with (
        Broker(tmp_path / "broker") as broker,
        qs_on_broker(broker, tmp_path, store=store, filters=(ACKS, EVENTS)) as kit,
    ):
        yield kit


@pytest.fixture
async def node(program: Path, qs: QsKit, tmp_path: Path) -> AsyncGenerator[Node]:
    """A node that is switched on for the first time."""
    async with Node(program, qs.broker, tmp_path) as node:
        await speaks(qs)
        yield node


async def speaks(qs: QsKit) -> None:
    """Wait for a node, which hears what it is told by then."""
    await qs.mqtt.receives(EVENTS)
    qs.mqtt.collect()


def sizes(qs: QsKit) -> list[int]:
    """Return how many events each message had that came since it was last looked."""
    said = [message.json for message in qs.mqtt.collect(EVENTS)]
    return [len(events) if isinstance(events, list) else 1 for events in said]


def counted(node: Node) -> int:
    """Return how far the node has counted since it was told to."""
    return max(int(found) for found in re.findall(r"Counted (\d+)", node.log))


async def stored(
    database: StoreSettings, holds: Callable[[set[float]], bool], kind: str = "count"
) -> set[float]:
    """Wait until the numbers of a kind that are stored are such, and see that each is there once."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                values = [
                    row["value_num"] for row in await fetch(database, VALUES, kind)
                ]
                if holds(set(values)):
                    break
                await asyncio.sleep(LOOK_AGAIN_S)
    except TimeoutError:
        raise AssertionError(f"stored are {sorted(set(values))}") from None
    assert max(Counter(values).values()) == 1
    return set(values)


def numbers(first: int, last: int) -> set[float]:
    return {float(number) for number in range(first, last + 1)}


async def test_an_event_says_what_was_measured(
    qs: QsKit, node: Node, database: StoreSettings
) -> None:
    await qs.mqtt.publish("hand/say", 'hello "you"')
    await qs.mqtt.receives(EVENTS, event_type="said")

    await stored(database, bool, "said")
    (said,) = await fetch(database, "SELECT * FROM events WHERE event_type = 'said'")
    assert (said["value_text"], said["unit"]) == ('hello "you"', "word")
    assert said["device_id"] == "weather"
    assert "hand" in said["meta"]
    assert abs((said["ts_server"] - said["ts_device"]).total_seconds()) < PATIENCE
    await stored(database, bool, "temperature")
    (measured, *_) = await fetch(
        database, "SELECT * FROM events WHERE event_type = 'temperature'"
    )
    assert measured["unit"] == "°C"
    assert measured["value_num"] == pytest.approx(18, abs=7)


async def test_events_outlive_an_outage_of_the_broker(
    qs: QsKit, node: Node, database: StoreSettings
) -> None:
    await qs.mqtt.publish("hand/count", "0")
    await node.logged("Counted 50")
    await qs.broker.kill()
    await node.logged("Counted 150")
    await qs.broker.start()
    async with qs.broker.peer(filters=(EVENTS,)) as hand:
        # It hears again.
        await hand.receives(EVENTS)
        await hand.publish("hand/stop")
        await node.logged("Stopped")

    last = counted(node)
    await stored(database, lambda values: len(values) >= last)
    assert await stored(database, bool) == numbers(1, last)
    await node.logged("'Reconnects' >> 1")
    assert await stored(database, bool, "events_dropped") == {0}


async def test_events_that_are_acknowledged_late_are_stored_once(
    qs: QsKit, node: Node, database: StoreSettings
) -> None:
    """A broker that hangs for longer than the node waits."""
    await qs.mqtt.publish("hand/count", "0")
    await node.logged("Counted 50")
    qs.broker.freeze()
    await node.logged("Counted 120")
    qs.broker.thaw()
    await qs.mqtt.publish("hand/stop")
    await node.logged("Stopped")

    last = counted(node)
    await stored(database, lambda values: len(values) >= last)
    await qs.mqtt.settled()
    # It did send some of them again.
    assert sum(sizes(qs)) > last
    acknowledged = {message.json["event_id"] for message in qs.mqtt.collect(ACKS)}
    rows = await fetch(database, "SELECT event_id FROM events")
    assert acknowledged <= {row["event_id"] for row in rows}
    assert await stored(database, bool) == numbers(1, last)


async def test_events_outlive_the_node(
    qs: QsKit, node: Node, database: StoreSettings
) -> None:
    """It is killed while nobody hears it; what it counts afterwards has other ids."""
    await qs.mqtt.publish("hand/count", "0")
    await node.logged("Counted 50")
    qs.broker.freeze()
    await node.logged("Counted 120")
    await node.kill()
    last = counted(node)
    qs.broker.thaw()
    await node.start()
    await node.logged("events are left of the last run")
    await node.logged("Connected to")
    # What the one before had said has arrived by now.
    await qs.mqtt.settled()
    qs.mqtt.collect()
    await speaks(qs)
    await qs.mqtt.publish("hand/count", "1000")
    await node.logged("Counted 1050")
    await qs.mqtt.publish("hand/stop")
    await node.logged("Stopped")

    new = numbers(1001, counted(node))
    found = await stored(database, lambda values: numbers(1, last) | new <= values)
    # The last one may have been kept and not yet logged.
    assert found - numbers(1, last) - new <= {last + 1}


async def test_a_board_keeps_what_it_had_the_time_to_save(
    preferences_program: Path, qs: QsKit, database: StoreSettings, tmp_path: Path
) -> None:
    async with Node(preferences_program, qs.broker, tmp_path) as node:
        await speaks(qs)
        await qs.mqtt.publish("hand/count", "0")
        await node.logged("Counted 10")
        qs.broker.freeze()
        await node.logged("Counted 90")
        await node.kill()
        saved = re.findall(r"Counted (\d+)", node.log.rpartition("Saved")[0])
        qs.broker.thaw()
        await node.start()

        assert int(saved[-1]) > 10
        await stored(database, lambda values: numbers(1, int(saved[-1])) <= values)
        assert await stored(database, bool) <= numbers(1, 200)


async def test_of_too_many_the_oldest_are_dropped_and_counted(
    qs: QsKit, node: Node, database: StoreSettings
) -> None:
    await stored(database, bool, "temperature")

    await qs.mqtt.publish("hand/many", str(LIMIT + 100))
    await node.logged("All said")

    await stored(database, lambda values: LIMIT + 100 in values, "many")
    assert max(sizes(qs)) == BATCH
    found = await stored(database, lambda values: len(values) >= LIMIT - 10, "many")
    told = await stored(database, lambda values: max(values) >= 100, "events_dropped")
    assert len(found) + max(told) >= LIMIT + 100
    assert found <= numbers(90, LIMIT + 100)


async def test_it_is_a_device_in_home_assistant(
    program: Path, maestra: MaestraKit, tmp_path: Path
) -> None:
    await maestra.configure(dialects=["maestra", "qs"])
    await maestra.connected()

    async with Node(program, maestra.broker, tmp_path):
        await maestra.appears_with(
            "sensor.weather_temperature",
            unit_of_measurement="°C",
            device_class="temperature",
        )
        await maestra.appears("sensor.weather_relative_humidity")
