"""The connection to EventSub: subscribed, told once, moved without a loss, and what happens when Twitch says no."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.maestra.core.domain.errors import MaestraError
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.core.twitch.connection import (
    Endpoints,
    TwitchConnection,
    TwitchSettings,
    is_elsewhere,
)
from custom_components.maestra.core.twitch.errors import (
    TwitchRefused,
    TwitchUnreachable,
)
from custom_components.maestra.core.twitch.protocol import Notice
from custom_components.maestra.core.twitch.subscriptions import (
    TOPICS,
    USUAL_TOPICS,
    Topic,
    notices_of,
    scopes_of,
)
from scripts.simulators.twitch_server import (
    CLIENT_ID,
    USER,
    TwitchServer,
    as_broadcaster,
    as_user,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")
PATIENCE = 20.0
SOON = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=50))
FOLLOW = "channel.follow"
TWO = (Topic.STREAM, Topic.FOLLOWS)
NUMBER = len(notices_of(TWO))
ANN = {**as_user("Ann"), **as_broadcaster(), "followed_at": "2026-11-20T12:00:00Z"}


class Granted:
    """Tokens that the server has given."""

    client_id = CLIENT_ID

    def __init__(self, twitch: TwitchServer, *scopes: str) -> None:
        self._twitch = twitch
        self._token = str(twitch.grant(*scopes)["access_token"])
        self.renewals = 0
        self.is_over = False

    async def token(self, *, is_refused: bool = False) -> str:
        if self.is_over:
            raise TwitchRefused(host="", port=0, reason="over")
        if is_refused:
            self.renewals += 1
            self._token = str(self._twitch.grant()["access_token"])
        return self._token


class Listener:
    """A connection, and what it says."""

    def __init__(self, connection: TwitchConnection, tokens: Granted) -> None:
        self.connection = connection
        self.tokens = tokens
        self.said: list[tuple[bool, type[MaestraError] | None]] = []
        self.notices: list[Notice] = []
        self._moved = asyncio.Event()
        connection.on_connection(self._connection_changed)
        connection.on_notice(self._notice)

    def _notice(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._moved.set()

    def _connection_changed(self, connected: bool, why: MaestraError | None) -> None:
        self.said.append((connected, type(why) if why else None))
        self._moved.set()

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                self._moved.clear()
                await self._moved.wait()

    async def has_said(self, connected: bool, why: type[MaestraError] | None) -> None:
        await self.until(lambda: (connected, why) in self.said)

    async def has_heard(self, count: int) -> list[str]:
        await self.until(lambda: len(self.notices) >= count)
        return [notice.id for notice in self.notices]


@asynccontextmanager
async def listening(
    twitch: TwitchServer, topics: tuple[str, ...] = TWO, **options: Any
) -> AsyncGenerator[Listener]:
    scopes = scopes_of(topics)
    tokens = Granted(twitch, *scopes)
    settings = TwitchSettings(
        topics=topics,
        scopes=frozenset(options.pop("scopes", scopes)),
        endpoints=Endpoints(
            events=f"ws://127.0.0.1:{twitch.port}/ws", api=f"{twitch.url}/helix"
        ),
    )
    async with aiohttp.ClientSession() as http:
        connection = TwitchConnection(http, settings, tokens, backoff=SOON, **options)
        listener = Listener(connection, tokens)
        running = asyncio.ensure_future(connection.run())
        try:
            yield listener
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def twitch() -> AsyncGenerator[TwitchServer]:
    server = TwitchServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def listener(twitch: TwitchServer) -> AsyncGenerator[Listener]:
    async with listening(twitch) as listener:
        await listener.until(lambda: listener.connection.connected)
        yield listener


def test_every_topic_has_its_notices() -> None:
    assert TOPICS.keys() == {*Topic}
    types = [notice.type for notice in notices_of(Topic)]
    # What happens on both sides of a raid is of one type.
    assert len({*types}) == len(types) - 1


async def test_what_is_chosen_is_subscribed_to(twitch: TwitchServer) -> None:
    async with listening(twitch, USUAL_TOPICS) as listener:
        await listener.until(lambda: listener.connection.connected)
        assert [(it["type"], it["version"]) for it in twitch.requests] == [
            (notice.type, notice.version) for notice in notices_of(USUAL_TOPICS)
        ]
        conditions = {it["type"]: it["condition"] for it in twitch.requests}
        assert conditions[FOLLOW] == {
            "broadcaster_user_id": USER["id"],
            "moderator_user_id": USER["id"],
        }
        account = listener.connection.account
        assert account
        assert (account.login, account.name) == ("maestra_demo", "Maestra_Demo")


async def test_what_happens_is_told_once(
    twitch: TwitchServer, listener: Listener
) -> None:
    for id_ in ("a", "b", "a", "c"):
        assert await twitch.happens(FOLLOW, ANN, message_id=id_) == 1
    assert await listener.has_heard(3) == ["a", "b", "c"]
    assert listener.connection.counters["duplicate_events"] == 1
    assert listener.notices[0].event["user_name"] == "Ann"


async def test_it_moves_without_a_loss(
    twitch: TwitchServer, listener: Listener
) -> None:
    session = await twitch.subscribed(NUMBER)
    subscription = next(
        it for it in session.subscriptions.values() if it["type"] == FOLLOW
    )
    await twitch.notify(session, subscription, ANN, "before")
    await twitch.move(session)
    # What still comes over the former connection counts.
    await twitch.notify(session, subscription, ANN, "meanwhile")
    await listener.has_heard(2)
    while session.id in twitch.sessions:
        await asyncio.sleep(0)
    await twitch.happens(FOLLOW, ANN, message_id="meanwhile")
    await twitch.happens(FOLLOW, ANN, message_id="after")
    assert await listener.has_heard(3) == ["before", "meanwhile", "after"]
    assert listener.said == [(True, None)]
    assert listener.connection.counters["moved"] == 1
    # Nothing is asked for again.
    assert len(twitch.requests) == NUMBER
    (moved,) = twitch.sessions.values()
    await twitch.move(moved)
    while moved.id in twitch.sessions:
        await asyncio.sleep(0)
    await twitch.happens(FOLLOW, ANN, message_id="at last")
    assert (await listener.has_heard(4))[-1] == "at last"
    assert listener.connection.counters["moved"] == 2


@pytest.mark.parametrize(
    ("url", "is_other"),
    [
        ("wss://eventsub.wss.twitch.tv/ws?session=1", False),
        ("wss://cell-a.eventsub.wss.twitch.tv/ws?session=1", False),
        ("ws://eventsub.wss.twitch.tv/ws", True),
        ("https://eventsub.wss.twitch.tv/ws", True),
        ("wss://eventsub.wss.twitch.tv.example.com/ws", True),
        ("wss://nottwitch.tv/ws", True),
        ("wss://evil-eventsub.wss.twitch.tv/ws", True),
        ("//eventsub.wss.twitch.tv", True),
        ("wss://[", True),
        ("wss://", True),
    ],
)
def test_nobody_sends_it_to_another_host(url: str, is_other: bool) -> None:
    assert is_elsewhere(url, "wss://eventsub.wss.twitch.tv/ws") is is_other


async def test_who_is_sent_elsewhere_begins_anew(
    twitch: TwitchServer, listener: Listener
) -> None:
    session = await twitch.subscribed(NUMBER)
    metadata = {"message_type": "session_reconnect"}
    payload = {"session": {"reconnect_url": "ws://elsewhere.invalid/ws"}}
    await session.socket.send_json({"metadata": metadata, "payload": payload})
    await listener.has_said(False, TwitchUnreachable)
    assert listener.connection.counters["moved"] == 0
    await listener.until(lambda: listener.connection.connected)


async def test_it_comes_back_and_subscribes_again(
    twitch: TwitchServer, listener: Listener
) -> None:
    await twitch.happens(FOLLOW, ANN, message_id="a")
    await listener.has_heard(1)
    await twitch.close_all()
    await listener.until(lambda: len(listener.said) >= 3)
    assert listener.said == [
        (True, None),
        (False, TwitchUnreachable),
        (True, None),
    ]
    for id_ in ("a", "b"):
        await twitch.happens(FOLLOW, ANN, message_id=id_)
    assert await listener.has_heard(2) == ["a", "b"]
    assert len(twitch.requests) == 2 * NUMBER


async def test_a_dead_connection_is_noticed(twitch: TwitchServer) -> None:
    twitch.keepalive, twitch.is_silent = 1, True
    async with listening(twitch, grace=0.1) as listener:
        await listener.has_said(False, TwitchUnreachable)


async def test_signs_of_life_keep_it(twitch: TwitchServer) -> None:
    twitch.keepalive = 1
    async with listening(twitch, grace=5) as listener:
        await listener.until(lambda: listener.connection.connected)
        while listener.connection.counters["messages_in"] < 3:
            await asyncio.sleep(0.05)
        assert listener.said == [(True, None)]


async def test_what_is_not_to_be_had_leaves_the_others(twitch: TwitchServer) -> None:
    twitch.refused["stream.online"] = 403
    async with listening(twitch) as listener:
        await listener.until(lambda: listener.connection.connected)
        assert listener.connection.counters["refused_subscriptions"] == 1
        assert await twitch.happens(FOLLOW, ANN) == 1
        await listener.has_heard(1)


async def test_nothing_to_be_had_asks_for_the_account(twitch: TwitchServer) -> None:
    twitch.refused = {notice.type: 403 for notice in notices_of(TWO)}
    async with listening(twitch) as listener:
        await listener.has_said(False, TwitchRefused)


async def test_a_link_that_allows_too_little_asks_nothing(
    twitch: TwitchServer,
) -> None:
    async with listening(twitch, scopes=()) as listener:
        await listener.has_said(False, TwitchRefused)
    assert not twitch.sessions


async def test_a_token_that_has_run_out_is_renewed(twitch: TwitchServer) -> None:
    async with listening(twitch) as listener:
        twitch.tokens.clear()
        await listener.until(lambda: listener.connection.connected)
        assert listener.tokens.renewals == 1


async def test_an_account_that_is_not_linked_any_more(
    twitch: TwitchServer, listener: Listener
) -> None:
    session = await twitch.subscribed(NUMBER)
    await twitch.revoke(session, "stream.offline", "version_removed")
    await listener.until(lambda: True)
    listener.tokens.is_over = True
    await twitch.revoke(session, FOLLOW, "authorization_revoked")
    await listener.has_said(False, TwitchRefused)
    assert listener.connection.counters["revoked"] == 2


async def test_kinds_that_are_all_revoked_are_asked_for_anew(
    twitch: TwitchServer, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    await listener.until(lambda: listener.connection.connected)
    session = await twitch.subscribed(NUMBER)
    again = {
        "metadata": {"message_type": "revocation", "subscription_type": FOLLOW},
        "payload": {"subscription": {"status": "version_removed"}},
    }
    for _ in range(20):
        await session.socket.send_json(again)
    twitch.sessions.clear()
    for notice in notices_of([Topic.STREAM]):
        await twitch.revoke(session, notice.type, "version_removed")
    await listener.has_said(False, TwitchUnreachable)
    assert caplog.text.count(f"does not tell {FOLLOW}") == 1
    await listener.until(lambda: listener.connection.connected)
    await twitch.happens(FOLLOW, ANN)
    await listener.has_heard(1)


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        "{}",
        '{"metadata": {"message_type": "news"}}',
        '{"metadata": {"message_type": "notification"}, "payload": {}}',
        '{"metadata": {"message_type": "revocation"}, "payload": {}}',
        '{"metadata": {"message_type": "session_reconnect"}, "payload": {}}',
        '{"metadata": {"message_type": "session_welcome"}, "payload": {"session": {"id": 1}}}',
    ],
)
async def test_nonsense_is_counted_and_left(
    twitch: TwitchServer, listener: Listener, message: str
) -> None:
    session = await twitch.subscribed(NUMBER)
    await session.socket.send_str(message)
    await twitch.happens(FOLLOW, ANN)
    await listener.has_heard(1)
    assert listener.connection.counters["malformed"] == 1


async def test_nobody_is_there() -> None:
    twitch = TwitchServer()
    await twitch.start()
    async with listening(twitch) as listener:
        await listener.until(lambda: listener.connection.connected)
        await twitch.stop()
        await listener.has_said(False, TwitchUnreachable)
