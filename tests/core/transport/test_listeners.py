"""Who may use a listener, the same for each of them: addresses, connections, names, origins, and what headers hold."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
import logging
from pathlib import Path
import ssl
from typing import Any, Final

import pytest

from custom_components.maestra.core.bus import Bus, Counters
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.osc.gateway import OscGateway
from custom_components.maestra.core.osc.settings import OscSettings
from custom_components.maestra.core.transport import http_listener
from custom_components.maestra.core.transport.access import Access, networks
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.websocket.admission import WebSocketSettings
from custom_components.maestra.core.websocket.gateway import WebSocketGateway
from tests.kits.certificates import Authority
from tests.kits.fleet import FleetKit
from tests.kits.process import PATIENCE, free_port, soon

HOST: Final = "127.0.0.1"
OTHER: Final = "127.0.0.2"
"""Another client's address."""
HERE_ONLY: Final = Access(networks=networks([HOST]))

type Running = tuple[int, Counters]
"""The port of a listener, and what it counts."""


@asynccontextmanager
async def fleet_api(access: Access, **_: Any) -> AsyncGenerator[Running]:
    async with FleetKit.running(access=access) as kit:
        yield kit.api.port, kit.api.counters


@asynccontextmanager
async def websocket(access: Access, **options: Any) -> AsyncGenerator[Running]:
    settings = WebSocketSettings(host=HOST, port=0, access=access, **options)
    gateway = WebSocketGateway(Domain(Bus()), EventEncoder(), settings)
    await gateway.start()
    yield gateway.port, gateway.counters
    await gateway.stop()


@asynccontextmanager
async def osc(access: Access, **_: Any) -> AsyncGenerator[OscGateway]:
    settings = OscSettings(
        host=HOST,
        port=0,
        tcp_port=free_port(),
        oscquery_port=0,
        name="Show",
        access=access,
    )
    gateway = OscGateway(Domain(Bus()), EventEncoder(), settings)
    await gateway.start()
    yield gateway
    await gateway.stop()


@asynccontextmanager
async def oscquery(access: Access, **_: Any) -> AsyncGenerator[Running]:
    async with osc(access) as gateway:
        yield gateway.oscquery_port, gateway.counters


@asynccontextmanager
async def osc_tcp(access: Access, **_: Any) -> AsyncGenerator[Running]:
    async with osc(access) as gateway:
        yield gateway.tcp_port, gateway.counters


HTTP: Final = (fleet_api, websocket, oscquery)
ALL: Final = (*HTTP, osc_tcp)

# What each listener answers to a good request.
ASKED: Final[dict[Any, str]] = {
    fleet_api: "GET /health HTTP/1.1\r\n",
    websocket: (
        "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    ),
    oscquery: "GET /?HOST_INFO HTTP/1.1\r\n",
}
WELCOME: Final[dict[Any, bytes]] = {
    fleet_api: b"200 ",
    websocket: b"101 ",
    oscquery: b"200 ",
}


class Client:
    """A connection from an address of one's choice."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def connect(
        self, port: int, address: str = HOST
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(
            HOST, port, local_addr=(address, 0)
        )
        self._stack.callback(writer.close)
        return reader, writer

    async def close(self) -> None:
        await self._stack.aclose()


@pytest.fixture
async def client() -> AsyncGenerator[Client]:
    """Something that connects."""
    client = Client()
    yield client
    await client.close()


async def ends(reader: asyncio.StreamReader) -> bytes:
    """Wait until a connection is closed from the other side, and return what was said before."""
    said = b""
    async with asyncio.timeout(PATIENCE):
        try:
            while more := await reader.read(65_536):
                said += more
        except ConnectionError:
            pass
    return said


async def asks(
    client: Client, listener: Any, port: int, address: str = HOST, **headers: str
) -> bytes:
    """Send a request that is good but for these headers; returns the status line's rest, empty for a closed door."""
    reader, writer = await client.connect(port, address)
    headers = {"Host": f"{HOST}:{port}", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"{ASKED[listener]}{lines}\r\n".encode("latin-1"))
    async with asyncio.timeout(PATIENCE):
        try:
            return (await reader.readline()).removeprefix(b"HTTP/1.1 ")
        except ConnectionError:
            return b""


# Addresses.


@pytest.mark.parametrize("listener", ALL)
async def test_who_is_denied_is_cut_off_and_shuts_nobody_out(
    listener: Any, client: Client
) -> None:
    async with listener(HERE_ONLY) as (port, counters):
        # More than anybody may have, of which none says a word.
        strangers = [await client.connect(port, OTHER) for _ in range(450)]
        for reader, _ in strangers:
            assert await ends(reader) == b""
        assert counters["refused_not_allowed"] == len(strangers)
        if listener in HTTP:
            assert (await asks(client, listener, port)).startswith(WELCOME[listener])


@pytest.mark.parametrize("listener", ALL)
async def test_one_address_has_not_all_the_places(
    listener: Any, client: Client
) -> None:
    async with listener(Access(max_clients=10, max_of_one=3)) as (port, counters):
        held = [await client.connect(port, OTHER) for _ in range(3)]
        more = [await client.connect(port, OTHER) for _ in range(5)]
        for reader, _ in more:
            assert await ends(reader) == b""
        assert counters["refused_too_many_connections"] == 5
        if listener in HTTP:
            assert (await asks(client, listener, port)).startswith(WELCOME[listener])
        # A place is free again once one has left.
        held[0][1].close()
        await held[0][1].wait_closed()
        if listener in HTTP:
            async with asyncio.timeout(PATIENCE):
                while not (await asks(client, listener, port, OTHER)):
                    pass


@pytest.mark.parametrize("listener", HTTP)
@pytest.mark.parametrize("said", [b"", b"GET /he", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_who_does_not_finish_a_request_is_cut_off(
    listener: Any, said: bytes, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_listener, "PATIENCE", 0.05)
    async with listener(Access()) as (port, counters):
        reader, writer = await client.connect(port)
        writer.write(said)
        assert await ends(reader) == b""
        assert counters["refused_too_slow"] == 1


def test_slow_is_a_matter_of_seconds() -> None:
    assert http_listener.PATIENCE <= 10
    assert http_listener.KEEPALIVE_TIMEOUT <= 30


async def test_tls_is_begun_with_who_may_come_only(
    tmp_path: Path, client: Client
) -> None:
    authority = Authority()
    identity = authority.issue("localhost", HOST)
    for name, text in {
        "cert": identity.certificate,
        "key": identity.private_key,
    }.items():
        (tmp_path / name).write_text(text)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    trusting = ssl.create_default_context(cadata=authority.certificate)
    trusting.verify_flags &= ~ssl.VERIFY_X509_STRICT
    access = Access(networks=networks([HOST]), max_clients=2, max_of_one=2)
    async with websocket(access, ssl_context=server) as (port, counters):
        strangers = [await client.connect(port, OTHER) for _ in range(20)]
        for reader, _ in strangers:
            assert await ends(reader) == b""
        # Who is let in and says nothing has a place all the same.
        silent = [await client.connect(port) for _ in range(2)]
        reader, _ = await client.connect(port)
        assert await ends(reader) == b""
        assert counters["refused_too_many_connections"] == 1
        silent[0][1].close()
        # Who speaks no TLS is no error of ours.
        silent[1][1].write(b"GET / HTTP/1.1\r\n\r\n")
        await ends(silent[1][0])

        async def welcome() -> bytes:
            reader, writer = await asyncio.open_connection(
                HOST, port, ssl=trusting, server_hostname=HOST
            )
            lines = f"Host: {HOST}:{port}\r\n\r\n"
            writer.write(f"{ASKED[websocket]}{lines}".encode())
            answer = await reader.readline()
            writer.close()
            return answer

        async with asyncio.timeout(PATIENCE):
            assert b"101 " in await welcome()


# Names.


@pytest.mark.parametrize("listener", HTTP)
@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1:{port}", True),
        ("10.0.0.2", True),
        ("[::1]:{port}", True),
        ("LOCALHOST", True),
        ("stage:8080", True),
        ("maestra-server.local.", True),
        ("Show.Example:8080", True),
        ("evil.example", False),
        ("evil.example:{port}", False),
        ("127.0.0.1.evil.example", False),
        ("show.example.evil.example", False),
        ("show.example@evil.example", False),
        ("[", False),
        ("[::1", False),
        ("", False),
        ("a b", False),
        ("127.0.0.1:x", False),
        ("\xff\xfe", False),
    ],
)
async def test_we_answer_to_our_own_names(
    listener: Any, host: str, is_ours: bool, client: Client
) -> None:
    async with listener(Access(hosts=("show.example",))) as (port, counters):
        answer = await asks(client, listener, port, Host=host.format(port=port))
        if is_ours:
            assert answer.startswith(WELCOME[listener])
            assert counters["refused"] == 0
        else:
            assert answer.startswith(b"421 ")
            assert counters["refused_wrong_host"] == 1


@pytest.mark.parametrize("listener", HTTP)
async def test_any_name_can_be_allowed(listener: Any, client: Client) -> None:
    async with listener(Access(hosts=("*",))) as (port, _):
        answer = await asks(client, listener, port, Host="evil.example")
        assert answer.startswith(WELCOME[listener])


# Headers are data.

NASTY: Final = (
    "http://[",
    "http://[::1",
    "//",
    "null",
    "file://",
    "\xff\xfe",
    "http://\xff",
    "%",
    ";=,\"'",
    "0" * 4_000,
    "-1",
    "*/*;q=x",
    "Bearer",
    "Bearer \xff",
    "=?utf-8?q?x?=",
)
HEADERS: Final = (
    "Origin",
    "Authorization",
    "X-Maestra-Token",
    "X-Maestra-Claim",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Accept",
    "Accept-Encoding",
    "Content-Type",
    "Cookie",
    "Forwarded",
    "X-Forwarded-For",
    "If-Modified-Since",
    "Range",
    "User-Agent",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
)


@pytest.mark.parametrize("listener", HTTP)
@pytest.mark.parametrize("origins", [(), ("*",)])
async def test_no_header_breaks_a_listener(
    listener: Any,
    origins: tuple[str, ...],
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    access = Access(origins=origins, rate=0, max_clients=1_000, max_of_one=1_000)
    async with listener(access) as (port, _):
        for header in HEADERS:
            for value in NASTY:
                answer = await asks(client, listener, port, **{header: value})
                assert answer[:1] in (b"1", b"2", b"4"), (header, value, answer)
    assert not [it for it in caplog.records if it.levelno >= logging.ERROR]


@pytest.mark.parametrize("listener", HTTP)
@pytest.mark.parametrize(
    ("origins", "origin", "is_welcome"),
    [
        ((), "null", False),
        (("null",), "null", True),
        ((), "file://", False),
        (("file:",), "file://", True),
        (("file:",), "null", False),
        (("null",), "http://evil.example", False),
        ((), "http://[", False),
        (("*",), "http://\xff", False),
        ((), "http://127.0.0.1:{port}", True),
        ((), "http://127.0.0.1", False),
    ],
)
async def test_pages_without_an_address_are_allowed_by_name(
    listener: Any,
    origins: tuple[str, ...],
    origin: str,
    is_welcome: bool,
    client: Client,
) -> None:
    async with listener(Access(origins=origins)) as (port, counters):
        await asks(client, listener, port, Origin=origin.format(port=port))
        # A WebSocket is told after its handshake.
        await soon(
            lambda: (
                counters["refused"] == (not is_welcome)
                or (listener is websocket and is_welcome)
            )
        )
        assert counters["refused"] == (not is_welcome)
