"""A source on a feed, over real WebSockets."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import aiohttp
from aiohttp import web
import pytest

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.iss import session
from custom_components.maestra.core.iss.connection import prove
from custom_components.maestra.core.iss.session import (
    FeedRefused,
    FeedUnreachable,
    IssSettings,
)
from tests.kits.lightstreamer import (
    CLOCK,
    TANK,
    Feed,
    IssKit,
    iss_on_feed,
    station_time,
)


async def test_the_snapshot_comes_first_and_then_what_changes(iss: IssKit) -> None:
    """Each reading is complete."""
    first = await iss.reads(TANK, 19)
    assert not first.is_live
    assert abs(first.time - utcnow()) < timedelta(seconds=10)
    iss.feed.put(TANK, Value="20")
    second = await iss.reads(TANK, 20)
    assert second.is_live
    assert (second.time, second.status_class) == (first.time, "24")
    iss.feed.put(TANK, Value="21", Status_Color="", CalibratedData="21 | %, full ^_^")
    third = await iss.reads(TANK, 21)
    assert (third.text, third.status_color) == ("21 | %, full ^_^", "")
    assert iss.source.latest(TANK) is third
    assert iss.source.counters["accepted"] == 3


async def test_what_is_asked_for(iss: IssKit) -> None:
    """All channels in one subscription, with their snapshot."""
    created = await iss.feed.asked_for("create_session")
    assert created["LS_adapter_set"] == "ISSLIVE"
    asked = await iss.feed.asked_for("control")
    assert asked["LS_group"] == f"{TANK} {CLOCK}"
    assert asked["LS_mode"] == "MERGE"
    assert asked["LS_snapshot"] == "true"


async def test_a_session_is_bound_again(iss: IssKit) -> None:
    """Without a new subscription, a gap, or a word of it."""
    await iss.reads(TANK, 19)
    iss.feed.loop()
    bound = await iss.feed.asked_for("bind_session")
    assert "LS_recovery_from" not in bound
    iss.feed.put(TANK, Value="20")
    assert (await iss.reads(TANK, 20)).is_live
    assert len(iss.feed.asked("control")) == 1
    assert iss.connections == [True]


async def test_a_broken_connection_is_recovered(iss: IssKit) -> None:
    """What was said meanwhile comes once, and so does what is said twice."""
    await iss.reads(TANK, 19)
    iss.feed.cut()
    iss.feed.put(TANK, Value="20")
    await iss.feed.asked_for("bind_session")
    iss.feed.put(TANK, Value="21")
    await iss.reads(TANK, 21)
    assert [reading.value for reading in iss.readings][-1] == 21
    assert iss.source.counters["recoveries"] == 1
    assert iss.connections == [True]
    # The server says again what was heard before.
    values = [reading.value or 0 for reading in iss.readings]
    assert sorted(set(values)) == values


async def test_a_session_that_can_not_be_recovered_is_made_anew(iss: IssKit) -> None:
    """With a new subscription, and what changed meanwhile as the past."""
    await iss.reads(TANK, 19)
    iss.feed.forget()
    iss.feed.measure(TANK, "25")
    iss.feed.cut()
    assert not (await iss.reads(TANK, 25)).is_live
    assert len(iss.feed.asked("create_session")) == 2
    assert iss.connections == [True, False, True]
    assert iss.source.counters["reconnects"] == 1


async def test_an_end_is_followed_by_a_new_session(
    iss: IssKit, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says that it is gone, one that it is back."""
    iss.feed.end(31, "Destroyed by the server")
    await iss.feed.asked_for("create_session", 2)
    await iss.connected()
    iss.feed.put(TANK, Value="30")
    await iss.reads(TANK, 30)
    ours = [record.message for record in caplog.records if "feed" in record.message]
    assert len(ours) == 2
    assert "Destroyed by the server (31)" in ours[0]
    assert "again" in ours[1]


async def test_a_refusal_is_tried_again(feed: Feed) -> None:
    """Until the server takes us."""
    feed.rejection = (5, "Too busy")
    async with iss_on_feed(feed) as iss:
        await feed.asked_for("create_session", 3)
        assert iss.connections == [False]
        feed.rejection = None
        await iss.reads(TANK, 19)


async def test_lines_that_nobody_understands_are_counted(iss: IssKit) -> None:
    """And change nothing else."""
    await iss.reads(TANK, 19)
    iss.feed.say(
        "NONSENSE", "U", "U,1", "U,1,x,1", "U,1,99,#", "U,7,1,#", "U,1,1,a|b", "U,1,1,^P[]",
        "PROG", "CONOK", ",,,", "\x00", "U,1,2,|1|||||",
    )  # fmt: skip
    iss.feed.put(TANK, Value="20")
    await iss.reads(TANK, 20)
    counters = iss.source.counters
    assert counters["refused"] == 12
    assert counters["malformed_unknown"] == 3
    assert iss.connections == [True]


async def test_an_item_that_can_not_be_read_is_asked_for_again(iss: IssKit) -> None:
    """What it said in between is not lost, and nothing is made of half of it."""
    await iss.reads(TANK, 19)
    iss.feed.say("U,1,1,garbage|^9")
    again = await iss.feed.asked_for("control", 2)
    assert (again["LS_group"], again["LS_snapshot"]) == (TANK, "true")
    assert again["LS_subId"] == "2"
    iss.feed.put(TANK, Value="23")
    await iss.reads(TANK, 23)
    iss.feed.put(TANK, Value="24")
    assert (await iss.reads(TANK, 24)).is_live
    # Others were heard all the time, and it is not asked for with each line.
    iss.feed.tick()
    await iss.signal_is("acquired")
    iss.feed.say("U,2,1,garbage", "U,2,1,garbage")
    iss.feed.tick("8")
    await iss.signal_is("lost")
    assert len(iss.feed.asked("control")) == 2
    assert iss.connections == [True]


async def test_a_line_of_nobody_knows_which_item_asks_for_all(iss: IssKit) -> None:
    await iss.reads(TANK, 19)
    iss.feed.say("U,1")
    again = await iss.feed.asked_for("control", 2)
    assert again["LS_group"] == f"{TANK} {CLOCK}"
    iss.feed.put(TANK, Value="20")
    await iss.reads(TANK, 20)


async def test_a_server_that_refuses_to_tell_again_is_no_loss(iss: IssKit) -> None:
    await iss.reads(TANK, 19)
    iss.feed.say("U,1,1,garbage", "REQERR,3,19,Bad subscription")
    iss.feed.measure(TANK, "20")
    await iss.reads(TANK, 20)
    assert iss.connections == [True]


async def test_lost_updates_are_counted(iss: IssKit) -> None:
    """The server says how many."""
    iss.feed.say("OV,1,1,3")
    iss.feed.put(TANK, Value="20")
    await iss.reads(TANK, 20)
    assert iss.source.counters["lost_updates"] == 3


async def test_a_server_that_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection counts as dead when even its signs of life stop."""
    monkeypatch.setattr(session, "SLACK", 0.05)
    async with Feed(keepalive=100) as feed, iss_on_feed(feed) as iss:
        feed.measure(TANK, "19")
        await iss.reads(TANK, 19)
        feed.is_mute = True
        await feed.asked_for("bind_session")
        feed.is_mute = False
        feed.measure(TANK, "40")
        await iss.reads(TANK, 40)


async def test_a_slow_server(feed: Feed) -> None:
    """It may say everything a letter's time apart."""
    feed.opening = ["SYNC,1", "PROBE"]
    async with iss_on_feed(feed) as iss:
        await iss.connected()
        for value in range(20, 25):
            feed.put(TANK, Value=str(value))
            await iss.reads(TANK, value)
        assert iss.source.counters["refused"] == 0


async def test_a_server_that_is_away_comes_back(feed: Feed) -> None:
    """With its snapshot."""
    async with iss_on_feed(feed) as iss:
        await iss.reads(TANK, 19)
        await feed.stop()
        await iss.until(lambda: iss.connections[-1:] == [False])
        feed.measure(TANK, "50")
        await feed.start()
        await iss.reads(TANK, 50)
        assert iss.connections == [True, False, True]


async def test_the_end_is_told(feed: Feed) -> None:
    """The server need not keep the session."""
    async with iss_on_feed(feed) as iss:
        await iss.connected()
    ended = await feed.asked_for("control", 2)
    assert ended["LS_op"] == "destroy"
    assert iss.connections == [True, False]


async def test_a_flood_lets_others_have_their_turn(iss: IssKit) -> None:
    """Ten thousand updates, none lost, each channel in order."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    for value in range(10_000):
        iss.feed.put(TANK, TimeStamp=f"{24 + value / 1e4:.6f}", Value=str(value))
    await iss.reads(TANK, 9_999)
    counting.cancel()
    with suppress(asyncio.CancelledError):
        await counting
    values = [reading.value for reading in iss.readings if reading.is_live]
    assert values == list(range(10_000))
    assert turns > 10


# The signal.


async def test_the_signal_is_acquired_stale_and_lost(iss: IssKit) -> None:
    """By the class of the station's clock, and by its age."""
    assert iss.source.signal.status == "lost"
    iss.feed.tick()
    await iss.signal_is("acquired")
    iss.feed.tick(age=6)
    await iss.signal_is("stale")
    iss.feed.tick()
    await iss.signal_is("acquired")
    iss.feed.tick("8")
    await iss.signal_is("lost")
    assert [it.status for it in iss.signals] == [
        "acquired", "stale", "acquired", "lost",
    ]  # fmt: skip
    assert {it.gateway for it in iss.signals} == {"feed"}


async def test_a_silent_clock_is_a_lost_signal(feed: Feed) -> None:
    """Also where the connection is gone: other channels do not count."""
    async with iss_on_feed(feed, silence=0.2) as iss:
        await iss.connected()
        feed.tick()
        await iss.signal_is("acquired")
        await iss.signal_is("lost")
        feed.tick()
        await iss.signal_is("acquired")
        await feed.stop()
        await iss.signal_is("lost")


async def test_an_old_snapshot_is_no_signal(feed: Feed) -> None:
    """The clock stopped an hour ago."""
    feed.tick(age=3_600)
    async with iss_on_feed(feed) as iss:
        await iss.until(lambda: iss.source.latest(CLOCK))
        assert iss.source.signal.status == "lost"
        feed.put(CLOCK, TimeStamp=station_time(utcnow() - timedelta(seconds=3_000)))
        await iss.signal_is("stale")


# Trying settings out.


async def tried(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        await prove(http, IssSettings(url=url, channels=(TANK,)))


async def test_a_feed_is_tried_out(feed: Feed) -> None:
    """The session is ended again."""
    await tried(feed.url)
    assert (await feed.asked_for("control", 2))["LS_op"] == "destroy"


async def test_a_refusal_is_told(feed: Feed) -> None:
    """In the server's words."""
    feed.rejection = (2, "Requested Adapter Set not available")
    with pytest.raises(FeedRefused, match=r"Requested Adapter Set not available \(2\)"):
        await tried(feed.url)


async def test_nobody_there(feed: Feed) -> None:
    """The port is closed, or belongs to another kind of server."""
    await feed.stop()
    with pytest.raises(FeedUnreachable):
        await tried(feed.url)


async def test_a_server_without_our_protocol() -> None:
    """It takes the WebSocket, but not TLCP; or no WebSocket at all."""

    async def other(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/lightstreamer", other)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    with pytest.raises(FeedUnreachable, match="no TLCP server"):
        await tried(f"http://127.0.0.1:{port}")
    await runner.cleanup()


async def test_a_server_that_says_nothing(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for ever."""
    monkeypatch.setattr(session, "OPEN_TIMEOUT", 0.2)
    feed.is_mute = True
    with pytest.raises(FeedUnreachable, match="no answer in time"):
        await tried(feed.url)
