"""The vendor's own client on our server: both clients read the same of it."""

from collections.abc import AsyncGenerator, Callable

import pytest

from tests.kits.lightstreamer import TANK, Feed, IssKit, Oracle

FIELDS = ["Value", "Status.Class", "Status.Color", "CalibratedData"]


@pytest.fixture
async def feed() -> AsyncGenerator[Feed]:
    """A feed whose silence is noticed soon."""
    async with Feed(keepalive=500) as running:
        running.measure(TANK, "19")
        yield running


async def agreed(iss: IssKit, oracle: Oracle, value: float) -> list[str | None]:
    """Wait until both clients have a value; returns what the vendor's has in all fields."""
    reading = await iss.reads(TANK, value)
    item, values = await oracle.reads()
    assert item == TANK
    assert values[0] is not None
    assert float(values[0]) == value
    # Ours keeps no difference between a text that is empty and none where it has no meaning.
    ours = (reading.status_class, reading.status_color, reading.text)
    assert tuple(each or None for each in ours) == tuple(
        each or None for each in values[1:]
    )
    return values


async def test_both_clients_read_the_same(feed: Feed, iss: IssKit) -> None:
    """Snapshot, changes, null, empty, what must be encoded, and what looks like the protocol's own signs."""
    async with Oracle.reading(feed.url, [TANK], FIELDS) as oracle:
        assert await agreed(iss, oracle, 19) == ["19", "24", None, None]
        feed.put(TANK, Value="20")
        assert await agreed(iss, oracle, 20) == ["20", "24", None, None]
        feed.put(TANK, Value="21", Status_Color="", CalibratedData="21 | 100%\r\nü 🛰")
        assert await agreed(iss, oracle, 21) == ["21", "24", "", "21 | 100%\r\nü 🛰"]
        for number, text in enumerate(("#", "$", "^2", "^", "%24", "a^b#c$"), 22):
            feed.put(TANK, Value=str(number), CalibratedData=text)
            assert (await agreed(iss, oracle, number))[3] == text
        feed.put(TANK, Value="40", Status_Class=None, CalibratedData=None)
        assert await agreed(iss, oracle, 40) == ["40", None, "", None]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Feed.cut, id="cut"),
        pytest.param(
            lambda feed: feed.end(48, "Maximum session duration reached"), id="end"
        ),
        pytest.param(lambda feed: (feed.forget(), feed.cut()), id="forgotten"),
    ],
)
async def test_both_clients_come_back(
    feed: Feed, iss: IssKit, fault: Callable[[Feed], object]
) -> None:
    """After a fault of the feed both have what changed meanwhile."""
    async with Oracle.reading(feed.url, [TANK], FIELDS) as oracle:
        await agreed(iss, oracle, 19)
        fault(feed)
        feed.put(TANK, Value="20")
        while (await oracle.reads())[1][0] != "20":
            pass
        await iss.reads(TANK, 20)
