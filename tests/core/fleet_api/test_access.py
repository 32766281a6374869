"""Who may use the Fleet API, and how much of it."""

import asyncio
from collections.abc import AsyncGenerator
from json import dumps
import logging

import pytest

from custom_components.maestra.core.transport.access import Access

from ...kits.fleet import HOST, FleetKit
from ...kits.process import PATIENCE

PAGE = "https://show.example"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "content-type, x-maestra-token",
}


@pytest.fixture
def access() -> Access:
    """Who may come; override it where a test needs others."""
    return Access()


@pytest.fixture
async def fleet(access: Access) -> AsyncGenerator[FleetKit]:
    """A Fleet API that lets these in."""
    async with FleetKit.running(access=access) as kit:
        yield kit


async def wire(fleet: FleetKit, said: bytes) -> bytes:
    """Say something on a connection of its own; returns all that is answered until it is closed."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(HOST, fleet.api.port)
        writer.write(said)
        answer = await reader.read()
        writer.close()
        return answer


@pytest.mark.parametrize("access", [Access(token="s3cret")])
async def test_token(fleet: FleetKit) -> None:
    assert (await fleet.get("/health?token=s3cret"))[0] == 200
    for headers in (
        {"Authorization": "Bearer s3cret"},
        {"Authorization": "bearer s3cret"},
        {"X-Maestra-Token": "s3cret"},
    ):
        assert (await fleet.get("/health", headers=headers))[0] == 200
    for path, headers in (
        ("/health", {}),
        ("/nowhere", {}),
        ("/health?token=wrong", {}),
        ("/health", {"Authorization": "Basic s3cret"}),
        ("/health", {"Authorization": "Bearer wrong"}),
        ("/health", {"X-Maestra-Token": "ü"}),
    ):
        status, answer = await fleet.get(path, headers=headers)
        assert (status, answer) == (401, {"detail": "Invalid or missing token"})
    assert fleet.api.counters["refused_unauthorized"] == 6


@pytest.mark.parametrize("access", [Access(token="s3cret", origins=(PAGE,))])
async def test_pages_that_may_come(fleet: FleetKit) -> None:
    async with fleet.session.options(
        f"{fleet.url}/devices", headers=PREFLIGHT
    ) as asked:
        assert asked.status == 200
        assert asked.headers["Access-Control-Allow-Origin"] == PAGE
        assert "PATCH" in asked.headers["Access-Control-Allow-Methods"]
        assert (
            asked.headers["Access-Control-Allow-Headers"]
            == PREFLIGHT["Access-Control-Request-Headers"]
        )
    headers = {"Origin": PAGE, "X-Maestra-Token": "s3cret"}
    async with fleet.session.get(f"{fleet.url}/nowhere", headers=headers) as answer:
        assert answer.status == 404
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("access", [Access(origins=("https://other.example",))])
async def test_pages_that_may_not(fleet: FleetKit) -> None:
    refused = {"detail": "Origin is not allowed"}
    for method, headers in (("GET", {"Origin": PAGE}), ("OPTIONS", PREFLIGHT)):
        async with fleet.session.request(
            method, f"{fleet.url}/health", headers=headers
        ) as answer:
            assert answer.status == 403
            assert await answer.json() == refused
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("access", [Access(origins=("*",)), Access()])
async def test_own_pages_and_programs_always_may(fleet: FleetKit) -> None:
    assert (await fleet.get("/health", headers={"Origin": fleet.url}))[0] == 200
    assert (await fleet.get("/health"))[0] == 200


@pytest.mark.parametrize("access", [Access(origins=("*",))])
async def test_any_page_as_the_reference_has_it(fleet: FleetKit) -> None:
    async with fleet.session.get(
        f"{fleet.url}/health", headers={"Origin": PAGE}
    ) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("access", [Access(rate=0.001, burst=2)])
async def test_too_many_requests(fleet: FleetKit) -> None:
    assert [(await fleet.get("/health"))[0] for _ in range(2)] == [200, 200]
    async with fleet.session.get(f"{fleet.url}/health") as answer:
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "1"
        assert await answer.json() == {"detail": "Too many requests"}
    assert fleet.api.counters["refused_rate_exceeded"] == 1


@pytest.mark.parametrize("access", [Access(max_clients=1)])
async def test_too_many_clients(fleet: FleetKit) -> None:
    """One more than may come is told so, and yet another is not even listened to."""
    async with asyncio.timeout(PATIENCE):
        _, first = await asyncio.open_connection(HOST, fleet.api.port)
        await fleet.until(lambda: fleet.api.clients == 1)
        reader, second = await asyncio.open_connection(HOST, fleet.api.port)
        await fleet.until(lambda: fleet.api.clients == 2)
        third_reader, third = await asyncio.open_connection(HOST, fleet.api.port)
        assert await third_reader.read() == b""
        second.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.read()
        for writer in (first, second, third):
            writer.close()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b'{"detail":"Too many clients"}')
    await fleet.until(lambda: fleet.api.clients == 0)
    assert (await fleet.get("/health"))[0] == 200


async def test_too_large(fleet: FleetKit) -> None:
    status, answer = await fleet.post("/devices/register", {"name": "x" * 1024 * 1024})
    assert (status, answer) == (
        413,
        {"detail": "The body is larger than 1048576 bytes"},
    )

    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    status, _ = await fleet.post("/devices/register", data=chunks())
    assert status == 413
    assert (await fleet.get("/health"))[0] == 200
    assert fleet.api.counters["refused_too_large"] == 2


async def test_client_that_never_finishes(
    fleet: FleetKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.maestra.core.fleet_api.routing.BODY_TIMEOUT", 0.05
    )
    answer = await wire(
        fleet,
        b"POST /devices/register HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    )
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b'{"detail":"Request Timeout"}')


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    ],
    ids=["tls", "version", "long path", "many headers"],
)
async def test_what_is_not_http(
    fleet: FleetKit, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered, and does not fill the log."""
    answer = await wire(fleet, said)
    assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert (await fleet.get("/health"))[0] == 200
    # The loop's own tell of a busy machine.
    levels = [each.levelno for each in caplog.records if each.name != "asyncio"]
    assert max(levels, default=logging.NOTSET) < logging.WARNING


async def test_counts(fleet: FleetKit) -> None:
    said = {"name": "N", "device_type": "t", "hardware_id": "h"}
    await fleet.post("/devices/register", said)
    await fleet.get("/nowhere")
    counters = fleet.api.counters
    assert (counters["messages_in"], counters["messages_out"]) == (2, 2)
    assert (counters["accepted"], counters["refused"]) == (1, 1)
    assert counters["bytes_in"] == len(dumps(said))
    assert counters["bytes_out"] > 200
    assert fleet.api.latency.quantile(1) is not None
    assert fleet.api.clients == 1
