"""Looking into a stream over server-sent events (maestra.md §1.8)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
import math
import socket
import struct
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import aiohttp
import orjson
import pytest

from custom_components.maestra.core.domain.events import Relayed, SessionEnded
from custom_components.maestra.core.fleet_api import preview
from custom_components.maestra.core.fleet_api.preview import DECODERS

from ...kits.fleet import FleetKit
from ...kits.process import PATIENCE
from .test_streams import MULTICAST, advertised

type Event = tuple[str, Any]


class Watcher:
    """A browser's EventSource."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> Event:
        """Return the next event and its data."""
        async with asyncio.timeout(PATIENCE):
            event = await self.response.content.readline()
            data = await self.response.content.readline()
            assert await self.response.content.readline() == b"\n"
        return (
            event.removeprefix(b"event: ").decode().strip(),
            orjson.loads(data.removeprefix(b"data: ")),
        )

    async def ended(self) -> bool:
        """Wait until the server has nothing more to say."""
        async with asyncio.timeout(PATIENCE):
            return await self.response.content.read() == b""


@asynccontextmanager
async def watching(fleet: FleetKit, stream: dict[str, Any]) -> AsyncIterator[Watcher]:
    """Open a preview."""
    url = f"{fleet.url}/streams/{stream['id']}/preview"
    page = {"Origin": fleet.url}
    async with fleet.session.get(url, headers=page) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        assert response.headers["Access-Control-Allow-Origin"] == fleet.url
        yield Watcher(response)


def send(info: dict[str, Any], *datagrams: bytes) -> None:
    """Send as a publisher to where the preview listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as publisher:
        for data in datagrams:
            publisher.sendto(data, ("127.0.0.1", info["local_port"]))


@pytest.fixture
def hurry() -> Any:
    """Let what takes seconds take moments."""
    with patch.multiple(
        preview,
        POLL_INTERVAL=0.02,
        SILENCE=0.05,
        SILENCE_WITHOUT_DATA=0.05,
        BEAT_INTERVAL=0.02,
    ):
        yield


async def test_shows_what_a_publisher_sends(fleet: FleetKit) -> None:
    relayed: list[Relayed] = []
    ended: list[SessionEnded] = []
    fleet.domain.bus.subscribe(Relayed, relayed.append)
    fleet.domain.bus.subscribe(SessionEnded, ended.append)
    stream = await advertised(fleet, stream_type="data")
    async with watching(fleet, stream) as watcher:
        event, info = await watcher.next()
        assert event == "info"
        (session,) = fleet.domain.streams.sessions
        assert info.pop("local_address") == "127.0.0.1"
        assert info == {
            "status": "connected",
            "name": stream["name"],
            "stream_type": "data",
            "protocol": stream["protocol"],
            "publisher_id": stream["publisher_id"],
            "publisher_address": stream["address"],
            "publisher_port": stream["port"],
            "local_port": session.consumer_port,
            "stream_id": stream["id"],
            "session_id": session.id,
        }
        send(info, b'{"a":1}', b"[1]", b"\xff\x00")
        for shown in (
            {"a": 1, "_seq": 0},
            {"payload": [1], "_seq": 1},
            {"type": "raw", "size": 2, "hex": "ff00", "_seq": 2},
        ):
            assert await watcher.next() == ("preview", shown)
    await fleet.until(lambda: not fleet.domain.streams.sessions)
    place = {"address": "127.0.0.1", "port": info["local_port"]}
    told = f"maestra.stream.{stream['id']}"
    assert [
        (one.subject, body.get("data", body["payload"]))
        for one in relayed
        if isinstance(body := one.data, dict)
    ] == [
        (f"maestra.{subject}.{told}.{verb}", place)
        for verb in ("subscribe", "unsubscribe")
        for subject in ("to_mqtt", "mqtt")
    ]
    assert ended[0].session.bytes_transferred == 12
    assert not fleet.api.previews


async def test_listens_where_firewalls_let_in(fleet: FleetKit) -> None:
    first, second = free_port(), free_port()
    stream = await advertised(fleet, stream_type="data")
    with patch.object(preview, "PORTS", (first, second, 0)):
        async with (
            watching(fleet, stream) as one,
            watching(fleet, stream) as two,
            watching(fleet, stream) as three,
        ):
            ports = [
                (await watcher.next())[1]["local_port"] for watcher in (one, two, three)
            ]
    assert ports[:2] == [first, second]
    assert ports[2] not in {0, first, second}


def free_port() -> int:
    """Return a UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.usefixtures("hurry")
async def test_is_heard_of_while_nothing_comes(fleet: FleetKit) -> None:
    stream = await advertised(fleet, stream_type="audio")
    async with watching(fleet, stream) as watcher:
        await watcher.next()
        for _ in range(2):
            event, beat = await watcher.next()
            assert (event, beat["seq"]) == ("heartbeat", 0)
            assert datetime.fromisoformat(beat["time"]).tzinfo is None


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("fields", [{"stream_type": "ndi"}, MULTICAST])
async def test_tells_the_way_to_what_it_can_not_show(
    fleet: FleetKit, fields: dict[str, Any]
) -> None:
    stream = await advertised(fleet, **fields)
    async with watching(fleet, stream) as watcher:
        event, info = await watcher.next()
        assert event == "info"
        assert info.items() >= {"status": "connection_info", "port": 9000}.items()
        assert (await watcher.next())[0] == "heartbeat"
    assert not fleet.domain.streams.sessions


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (
            lambda fleet: [
                fleet.domain.streams.withdraw(one.id) for one in fleet.domain.streams
            ],
            "The stream has ended",
        ),
        (
            lambda fleet: [
                fleet.domain.streams.stop_session(one.id)
                for one in fleet.domain.streams.sessions
            ],
            "The session has ended",
        ),
    ],
)
async def test_ends_with_the_stream(
    fleet: FleetKit, end: Callable[[FleetKit], object], reason: str
) -> None:
    stream = await advertised(fleet, stream_type="osc")
    async with watching(fleet, stream) as watcher:
        await watcher.next()
        end(fleet)
        event = await watcher.next()
        while event[0] == "heartbeat":
            event = await watcher.next()
        assert event == ("error", {"message": reason, "stream_id": stream["id"]})
        assert await watcher.ended()
    assert not fleet.domain.streams.sessions


async def test_ends_with_the_listener(fleet: FleetKit) -> None:
    stream = await advertised(fleet, stream_type="osc")
    async with watching(fleet, stream) as watcher:
        await watcher.next()
        await fleet.api.stop()
        assert await watcher.ended()
    assert not fleet.domain.streams.sessions


async def test_so_many_and_no_more(fleet: FleetKit) -> None:
    stream = await advertised(fleet, stream_type="midi")
    url = f"/streams/{stream['id']}/preview"
    async with asyncio.TaskGroup() as tasks:
        release = asyncio.Event()

        async def watch() -> None:
            async with watching(fleet, stream) as watcher:
                await watcher.next()
                await release.wait()

        for _ in range(preview.MAX_PREVIEWS):
            tasks.create_task(watch())
        await fleet.until(
            lambda: len(fleet.domain.streams.sessions) == preview.MAX_PREVIEWS
        )
        assert (await fleet.get(url))[0] == 503
        release.set()
    await fleet.until(lambda: not fleet.api.previews)


async def test_shows_nothing_of_strangers() -> None:
    async with preview.preview_socket(
        "127.0.0.1", lambda address: address == "10.0.0.1"
    ) as found:
        send({"local_port": found.port}, b"x")
        async with asyncio.timeout(PATIENCE):
            while not found.dropped:
                await asyncio.sleep(0.01)
        assert await found.take(0.01) == []


async def test_a_publisher_without_a_known_address_may_send_all_the_same(
    fleet: FleetKit,
) -> None:
    stream = await advertised(fleet, stream_type="data", address="radio.invalid")
    with patch("socket.getaddrinfo", side_effect=socket.gaierror):
        async with watching(fleet, stream) as watcher:
            _, info = await watcher.next()
            assert info["local_address"] == "127.0.0.1"
            send(info, b"1")
            assert (await watcher.next())[1]["payload"] == 1


async def test_needs_a_stream(fleet: FleetKit) -> None:
    assert await fleet.get(f"/streams/{uuid4()}/preview") == (
        404,
        {"detail": "Stream not found or expired"},
    )


def test_decodes_the_spectrum_of_a_radio() -> None:
    head = struct.pack("<IIdddI", 0x53445246, 7, 98.5e6, 2.4e6, 0.0, 3)
    frame = head + struct.pack("<3f", -1.0, -2.5, -3.0)
    assert DECODERS["sensor"](frame) == {
        "type": "sensor",
        "seq": 7,
        "center_freq": 98.5e6,
        "sample_rate": 2.4e6,
        "fft_size": 3,
        "power_db": [-1.0, -2.5, -3.0],
    }
    wide = struct.pack("<IIdddI", 0x53445246, 7, 0, 0, 0, 4096) + struct.pack(
        "<4096f", *range(4096)
    )
    shown = DECODERS["sensor"](wide)
    values = shown["power_db"]
    assert isinstance(values, list)
    assert len(values) == shown["fft_size"] == 1024
    assert values[-1] == 4095.0
    assert DECODERS["sensor"](frame[:-1])["type"] == "raw"
    assert DECODERS["sensor"](b'{"t":1}') == {"t": 1}


def test_measures_audio() -> None:
    tone = [round(32767 * math.sin(n / 10)) for n in range(1000)]
    shown: Any = DECODERS["audio"](struct.pack("<1000h", *tone))
    assert (shown["type"], shown["samples"]) == ("audio", 1000)
    assert shown["peak_db"] == pytest.approx(0, abs=0.1)
    assert shown["rms_db"] == pytest.approx(-3, abs=0.2)
    assert shown["peak_level"] == pytest.approx(1, abs=0.001)
    assert shown["rms_level"] == pytest.approx(0.707, abs=0.01)
    silence = DECODERS["audio"](bytes(8))
    assert silence["rms_db"] == silence["peak_db"] == -96.0
    assert silence["rms_level"] == silence["peak_level"] == 0
    assert DECODERS["audio"](b"x")["type"] == "raw"
