"""The listener for channels and REST: who may come in, joins, commands and their limits, what is told, reports."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
import json
from typing import Any

import aiohttp
import pytest

from custom_components.maestra.core.bus import Bus, Unsubscribe
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.json_values import JsonObject, JsonValue
from custom_components.maestra.core.phoenix import gateway as gateway_module, session
from custom_components.maestra.core.phoenix.channels import (
    Channel,
    Payload,
    PhoenixParts,
    Push,
    Query,
    Report,
    encoded,
)
from custom_components.maestra.core.phoenix.errors import NotAvailable
from custom_components.maestra.core.phoenix.gateway import (
    PhoenixGateway,
    PhoenixSettings,
)
from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.errors import ListenFailed
from tests.kits.phoenix import PhoenixKit
from tests.kits.process import HOST, soon

pytestmark = pytest.mark.usefixtures("socket_enabled")
VERSIONS = ["1.0.0", "2.0.0"]
TIMEOUT = 10


class Stage:
    """Topics `stage:…` that echo, and who has joined them."""

    def __init__(self) -> None:
        self.joined: dict[str, list[Push]] = {}
        self.may_go_on = asyncio.Event()
        self.working = 0

    def join(self, topic: str, push: Push) -> Unsubscribe:
        self.joined.setdefault(topic, []).append(push)
        push("hello", {"topic": topic})
        return lambda: self.joined[topic].remove(push)

    async def wait(self, _topic: str, _payload: JsonObject) -> JsonValue:
        self.working += 1
        await self.may_go_on.wait()
        return None

    def fail(self, _topic: str, payload: JsonObject) -> JsonValue:
        match payload.get("how"):
            case "field":
                raise InvalidField(field="x", reason="must be y")
            case "missing":
                raise NotAvailable(what="production")
        raise RuntimeError(payload)

    def tell(self, topic: str, event: str, payload: Payload) -> None:
        for push in self.joined.get(topic, []):
            push(event, payload)

    async def report(self, query: Query) -> JsonValue:
        if query.text("how"):
            raise InvalidField(field="how", reason="must not be")
        return {"limit": query.limit(), "value": query.text("value")}

    def parts(self) -> PhoenixParts:
        def fits(topic: str) -> bool:
            return topic.startswith("stage:")

        return PhoenixParts(
            channels=(
                Channel(
                    fits=fits,
                    commands={"echo": lambda topic, payload: payload},
                    joined=self.join,
                ),
                # Another part of the same topics.
                Channel(
                    fits=fits,
                    commands={
                        "wait": self.wait,
                        "fail": self.fail,
                        "bare": self.fail,
                        "plain": lambda topic, payload: {"x": 1},
                    },
                    bare=frozenset({"bare", "plain"}),
                ),
            ),
            reports=(
                Report(path="/api/things", handler=self.report),
                Report(path="/api/things/{value}", handler=self.report),
                Report(
                    path="/api/things",
                    handler=lambda query: query.body,
                    method="POST",
                    status=HTTPStatus.CREATED,
                ),
                Report(
                    path="/ready", handler=lambda query: {"ready": False}, is_bare=True
                ),
                Report(
                    path="/broken",
                    handler=lambda query: self.fail("", {}),
                    is_bare=True,
                ),
            ),
        )


@pytest.fixture
def stage() -> Stage:
    return Stage()


@asynccontextmanager
async def listening(
    stage: Stage, access: Access | None = None
) -> AsyncGenerator[PhoenixGateway]:
    settings = PhoenixSettings(host=HOST, port=0, access=access or Access())
    gateway = PhoenixGateway(Domain(Bus()), stage.parts(), settings)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@pytest.fixture
async def gateway(stage: Stage) -> AsyncGenerator[PhoenixGateway]:
    async with listening(stage) as gateway:
        yield gateway


@pytest.fixture
async def client(gateway: PhoenixGateway) -> AsyncGenerator[PhoenixKit]:
    async with PhoenixKit(gateway.port) as client:
        yield client


@pytest.mark.parametrize("version", VERSIONS)
async def test_who_joins_is_told(
    stage: Stage, gateway: PhoenixGateway, version: str
) -> None:
    async with PhoenixKit(gateway.port, version) as client:
        assert await client.ask("phoenix", "heartbeat") == ("ok", {})
        await client.join("stage:a")
        assert await client.told("hello") == {"topic": "stage:a"}
        stage.tell("stage:a", "news", {"x": 1})
        stage.tell("stage:b", "news", {"x": 2})
        assert await client.told("news") == {"x": 1}
        status, answer = await client.ask("stage:a", "echo", {"y": [1]})
        assert (status, answer["success"], answer["data"]) == ("ok", True, {"y": [1]})
        assert await client.ask("stage:a", "phx_leave") == ("ok", {})
        await client.told("phx_close")
        assert not stage.joined["stage:a"]
        assert await client.ask("stage:a", "echo") == (
            "error",
            {"reason": "unmatched topic"},
        )


async def test_who_goes_has_left(stage: Stage, gateway: PhoenixGateway) -> None:
    async with PhoenixKit(gateway.port) as client:
        await client.join("stage:a")
        assert (gateway.clients, len(stage.joined["stage:a"])) == (1, 1)
    await soon(lambda: not stage.joined["stage:a"] and not gateway.clients)


async def test_who_joins_again_has_left_before(
    stage: Stage, client: PhoenixKit
) -> None:
    await client.join("stage:a")
    await client.join("stage:a")
    await client.told("phx_close")
    assert len(stage.joined["stage:a"]) == 1


async def test_topics_that_are_not_here(client: PhoenixKit) -> None:
    for topic in ("other:a", "phoenix:x", "stage"):
        assert await client.ask(topic, "phx_join") == (
            "error",
            {"reason": "unmatched topic"},
        )
    for number in range(session.MAX_JOINED):
        await client.join(f"stage:{number}")
    assert await client.ask("stage:more", "phx_join") == (
        "error",
        {"reason": "too many topics"},
    )


async def test_what_is_wrong_is_said(client: PhoenixKit) -> None:
    await client.join("stage:a")

    async def refused(command: str, **payload: Any) -> str:
        status, answer = await client.ask("stage:a", command, payload)
        assert (status, answer["success"]) == ("error", False)
        code: str = answer["error"]["code"]
        return code

    assert await refused("odd") == "unknown_command"
    assert await refused("fail", how="field") == "invalid_field"
    assert await refused("fail", how="missing") == "operation_failed"
    assert await refused("fail") == "service_error"
    assert await client.ask("stage:a", "bare", {"how": "field"}) == (
        "error",
        {"errors": [{"field": "x", "messages": ["must be y"]}]},
    )
    assert await client.ask("stage:a", "plain") == ("ok", {"x": 1})


async def test_commands_are_limited(
    stage: Stage, client: PhoenixKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.join("stage:a")
    waiting = [await client.say("stage:a", "wait") for _ in range(session.MAX_COMMANDS)]
    await soon(lambda: stage.working == len(waiting))
    _, answer = await client.ask("stage:a", "echo")
    assert answer["error"]["code"] == "backpressure"
    stage.may_go_on.set()
    for _ in waiting:
        await client.told("phx_reply")
    codes = set()
    for _ in range(2 * session.COMMANDS_AT_ONCE):
        _, answer = await client.ask("stage:a", "echo")
        codes.add(answer.get("error", {}).get("code"))
    assert codes == {None, "backpressure"}


async def test_what_takes_too_long_is_given_up(
    client: PhoenixKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "COMMAND_TIMEOUT", 0.01)
    await client.join("stage:a")
    _, answer = await client.ask("stage:a", "wait")
    assert answer["error"]["code"] == "service_timeout"


async def test_who_talks_nonsense_is_sent_away(
    gateway: PhoenixGateway, client: PhoenixKit
) -> None:
    for text in ("{", "[1]", "null"):
        await client.send(text)
    assert await client.ask("phoenix", "heartbeat") == ("ok", {})
    assert gateway.counters["malformed"] == 3
    for _ in range(session.EXCESS_AT_ONCE):
        await client.send("{")
    await client.closed()


async def test_who_says_nothing_is_sent_away(
    gateway: PhoenixGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "IDLE_TIMEOUT", 0.05)
    async with PhoenixKit(gateway.port) as client:
        assert await client.closed() == 1001


async def test_who_does_not_keep_up_misses_something(
    stage: Stage, gateway: PhoenixGateway, client: PhoenixKit
) -> None:
    await client.join("stage:a")
    for number in range(2 * session.MAX_WAITING):
        stage.tell("stage:a", "news", {"number": number})
    # The one that is sent now, and those that wait.
    assert gateway.counters["events_dropped"] >= session.MAX_WAITING - 1
    assert await client.told("news") == {"number": 0}


async def test_large_messages_do_not_pile_up(
    stage: Stage,
    gateway: PhoenixGateway,
    client: PhoenixKit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not only how many wait is bounded, but how much that is; one alone may be larger."""
    most = 200_000
    monkeypatch.setattr(session, "MAX_WAITING_SIZE", most)
    await client.join("stage:a")
    text = "x" * (most // 4)
    for number in range(20):
        stage.tell("stage:a", "news", {"number": number, "text": text})
    assert gateway.counters["events_dropped"] >= 16
    assert (await client.told("news"))["number"] == 0
    stage.tell("stage:a", "large", {"text": 5 * text})
    assert len((await client.told("large"))["text"]) > most


async def test_joins_without_end_are_refused(
    stage: Stage, gateway: PhoenixGateway, client: PhoenixKit
) -> None:
    answers = [
        await client.ask("stage:a", "phx_join")
        for _ in range(session.JOINS_AT_ONCE + 20)
    ]
    assert ("error", {"reason": "too many joins"}) in answers
    assert gateway.counters["refused_backpressure"] > 0
    assert len(stage.joined["stage:a"]) == 1
    # Who is there stays so.
    stage.tell("stage:a", "news", {"x": 1})
    assert await client.told("news") == {"x": 1}


async def get(port: int, path: str, **options: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as http,
        http.request(
            options.pop("method", "GET"), f"http://{HOST}:{port}{path}", **options
        ) as response,
    ):
        return response.status, json.loads(await response.text() or "null")


async def test_reports(gateway: PhoenixGateway) -> None:
    port = gateway.port
    status, answer = await get(port, "/api/things?limit=7")
    assert (status, answer["data"]) == (200, {"limit": 7, "value": None})
    _, answer = await get(port, "/api/things/stream%202/")
    assert answer["data"] == {"limit": 100, "value": "stream 2"}
    assert await get(port, "/ready") == (503, {"ready": False})
    for path, status, code in (
        ("/api/things?limit=x", 422, "invalid_field"),
        ("/api/things?limit=0", 422, "invalid_field"),
        ("/api/things?limit=nan", 422, "invalid_field"),
        ("/api/things?how=odd", 422, "invalid_field"),
        ("/api/other", 404, "not_found"),
        ("/api/things/a/b", 404, "not_found"),
        ("/broken", 500, "service_error"),
        ("/socket/websocket?vsn=3", 400, "unsupported_version"),
    ):
        found, answer = await get(port, path)
        assert (found, answer["error"]["code"]) == (status, code), path
    status, _ = await get(port, "/api/things/x", method="POST", data="{}")
    assert status == 405


async def test_what_is_sent_is_taken(gateway: PhoenixGateway) -> None:
    async def post(content: bytes) -> tuple[int, Any]:
        return await get(gateway.port, "/api/things", method="POST", data=content)

    status, answer = await post(b'{"x": 1}')
    assert (status, answer["data"]) == (201, {"x": 1})
    for content, status, code in (
        (b"{", 422, "invalid_field"),
        (b"[]", 422, "invalid_field"),
        (b"\xff", 422, "invalid_field"),
        (b"[" * 100_000, 422, "invalid_field"),
        (b'"' + b"x" * 2**21 + b'"', 413, "too_large"),
    ):
        found, answer = await post(content)
        assert (found, answer["error"]["code"]) == (status, code), content[:20]
    found, _ = await get(gateway.port, "/api/things", method="DELETE")
    assert found == 405


async def test_who_sends_by_halves_is_not_waited_for(
    gateway: PhoenixGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "REPORT_TIMEOUT", 0.05)
    reader, writer = await asyncio.open_connection(HOST, gateway.port)
    head = "POST /api/things HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
    writer.write(head.encode())
    async with asyncio.timeout(TIMEOUT):
        assert b" 504 " in await reader.readline()
        # What still comes is read and thrown away.
        writer.write(b"}" * 8)
        writer.close()
        await writer.wait_closed()


async def test_who_is_told_the_same_is_told_it_encoded_once(
    stage: Stage, gateway: PhoenixGateway
) -> None:
    async with (
        PhoenixKit(gateway.port) as new,
        PhoenixKit(gateway.port, "1.0.0") as old,
    ):
        for client in (new, old):
            await client.join("stage:a")
        payload = encoded({"text": "<b>ü</b>", "n": [1, None]})
        stage.tell("stage:a", "news", payload)
        for client in (new, old):
            assert await client.told("news") == {"text": "<b>ü</b>", "n": [1, None]}
        (first, _), (second, _) = gateway.joined("stage:")
        assert first == second == "stage:a"


async def test_who_may_not_come_in_is_told(stage: Stage) -> None:
    async with listening(stage, Access(token="a secret", max_clients=1)) as gateway:
        port = gateway.port
        assert (await get(port, "/api/things"))[0] == 401
        assert (await get(port, "/api/things?token=a%20secret"))[0] == 200
        evil = {"Origin": "https://evil.example"}
        assert (await get(port, "/api/things", headers=evil))[0] == 403
        other = {"Host": "rebound.example"}
        assert (await get(port, "/api/things", headers=other))[0] == 421
        with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
            await PhoenixKit(port).__aenter__()
        token = {"Authorization": "Bearer a secret"}
        async with PhoenixKit(port, headers=token) as client:
            await client.join("stage:a")
            with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                await PhoenixKit(port, headers=token).__aenter__()


async def test_a_port_that_is_taken(stage: Stage, gateway: PhoenixGateway) -> None:
    settings = PhoenixSettings(host=HOST, port=gateway.port, access=Access())
    with pytest.raises(ListenFailed):
        await PhoenixGateway(Domain(Bus()), stage.parts(), settings).start()


async def test_everybody_is_sent_away_at_the_end(stage: Stage) -> None:
    async with listening(stage) as gateway, PhoenixKit(gateway.port) as client:
        await client.join("stage:a")
        await gateway.stop()
        assert await client.closed() == 1001
    assert not stage.joined["stage:a"]
