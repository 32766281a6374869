"""The listener for audio: who may send, what is heard, and what listeners are told."""

from array import array
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
import socket
from typing import Any

import aiohttp
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.transcript import Transcribed
from custom_components.maestra.core.transcription.audio import AudioFrame, SinkStatus
from custom_components.maestra.core.transcription.gateway import (
    AudioGateway,
    AudioSettings,
)
from custom_components.maestra.core.transcription.transcriber import (
    Transcriber,
    TranscriptionSettings,
)
from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.errors import ListenFailed
from tests.kits.audio import message, pieces, room, voice
from tests.kits.process import soon
from tests.kits.websocket import HOST, WebSocketKit

from .test_text import transcript

SECRET = "a token"


class Stage:
    """A listener with a transcription behind it."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        self.transcriber = Transcriber("t", TranscriptionSettings(), self.domain.bus)
        self.gateway: AudioGateway
        self._stack = AsyncExitStack()

    def take(self, frame: AudioFrame) -> None:
        """Let the transcription hear it."""
        self.transcriber.take(frame)

    def ended(self, key: tuple[str, str]) -> None:
        """Tell the transcription."""
        self.transcriber.ended(key)

    def status(self) -> SinkStatus:
        """Return how it goes with the transcription."""
        return self.transcriber.status

    async def start(self, access: Access | None = None, **changes: Any) -> None:
        """Let the gateway listen."""
        settings = AudioSettings(host=HOST, port=0, access=access or Access())
        self.gateway = AudioGateway(self.domain, self, replace(settings, **changes))
        await self.gateway.start()
        self._stack.push_async_callback(self.gateway.stop)

    async def client(self, path: str = "/", **options: Any) -> WebSocketKit:
        """Connect somebody."""
        client = WebSocketKit(self.gateway.port, path, **options)
        return await self._stack.enter_async_context(client)

    async def stop(self) -> None:
        """Let everybody go."""
        await self._stack.aclose()


@pytest.fixture
async def stage(socket_enabled: None) -> AsyncGenerator[Stage]:
    """A stage whose listener is not started."""
    stage = Stage()
    yield stage
    await stage.stop()


async def test_health_and_status_are_told(stage: Stage) -> None:
    await stage.start()
    async with aiohttp.ClientSession(f"http://{HOST}:{stage.gateway.port}") as http:
        async with http.get("/health") as response:
            assert (await response.json())["status"] == "ok"
        async with http.get("/status") as response:
            assert (await response.json())["queueSize"] == 0


async def test_health_is_told_on_a_port_of_its_own(stage: Stage) -> None:
    """Where managers of processes look for it; nothing else is there, and who may not come in is told nothing."""
    await stage.start(Access(token="a secret"), health_port=0)
    url = f"http://{HOST}:{stage.gateway.health_port}"
    token = {"Authorization": "Bearer a secret"}
    async with aiohttp.ClientSession(url) as http:
        for path, headers, status in (
            ("/health", token, 200),
            ("/status", token, 200),
            ("/events", token, 404),
            ("/", token, 404),
            ("/health", {}, 401),
        ):
            async with http.get(path, headers=headers) as response:
                assert response.status == status, path
    await stage.stop()
    assert stage.gateway.health_port == 0


async def test_a_port_for_health_that_is_taken_leaves_nothing_open(
    stage: Stage,
) -> None:
    other = socket.create_server((HOST, 0))
    with other, pytest.raises(ListenFailed):
        await stage.start(health_port=other.getsockname()[1])
    assert stage.gateway.port == 0


async def test_a_source_is_told_the_state_and_heard(stage: Stage) -> None:
    await stage.start()
    obs = await stage.client()
    assert await obs.receives("status") == {
        "type": "status",
        "connected": True,
        "receiving": True,
        "bufferSize": 0,
        "transcribing": False,
        "droppedEvents": 0,
        "queueSize": 0,
    }
    stereo = array(
        "h",
        [
            each
            for one in array("h", room(0.5) + voice(1) + room(1))
            for each in (one, one)
        ],
    )
    for piece in pieces(stereo.tobytes()):
        await obs.send_bytes(message(piece, channels=2))
    spoken = await stage.transcriber.queue.get()
    assert spoken.source == "mic"
    assert spoken.duration == pytest.approx(1.5, abs=0.2)
    await soon(lambda: stage.gateway.counters["messages_in"] == 50)


async def test_json_is_heard_too_and_stop_ends_a_sentence(stage: Stage) -> None:
    await stage.start()
    obs = await stage.client()
    await obs.say("start")
    for piece in pieces(room(0.5) + voice(1)):
        await obs.say(
            "audio_data",
            timestamp=1,
            format={"sampleRate": 16_000, "channels": 1, "bitDepth": 16},
            sourceId="mic",
            sourceName="",
            data=piece.hex(),
        )
    await obs.say("heartbeat")
    await obs.say("stop")
    assert (await stage.transcriber.queue.get()).source == "mic"


async def test_who_goes_has_finished_the_sentence(stage: Stage) -> None:
    await stage.start()
    async with WebSocketKit(stage.gateway.port) as obs:
        for piece in pieces(room(0.5) + voice(1)):
            await obs.send_bytes(message(piece))
    assert (await stage.transcriber.queue.get()).source == "mic"
    await soon(lambda: stage.gateway.clients == 0)


async def test_two_connections_may_call_their_sources_the_same(stage: Stage) -> None:
    await stage.start()
    one, other = await stage.client(), await stage.client()
    for piece in pieces(room(0.5) + voice(1) + room(1)):
        await one.send_bytes(message(piece))
        await other.send_bytes(message(bytes(len(piece))))
    spoken = await stage.transcriber.queue.get()
    assert (spoken.source, len(stage.transcriber.queue)) == ("mic", 0)
    assert spoken.duration == pytest.approx(1.5, abs=0.2)


async def test_listeners_are_told_of_audio_and_words(stage: Stage) -> None:
    await stage.start()
    listener, obs = await stage.client("/events"), await stage.client("/any/path")
    await obs.receives("status")
    await obs.send_bytes(message(bytes(320)))
    assert await listener.receives("audio:chunk") == {
        "type": "audio:chunk",
        "timestamp": 1_700_000_000_000_000,
        "source_id": "mic",
        "source_name": "Microphone",
        "size": 320,
    }
    stage.domain.bus.publish(Transcribed(transcript("Hello.", 0.25)))
    assert await listener.receives("audio:transcription") == {
        "type": "audio:transcription",
        "timestamp": 1_796_068_800_250_000,
        "duration": 2,
        "text": "Hello.",
    }


@pytest.mark.parametrize(
    ("access", "headers", "status", "counter"),
    [
        (Access(), {"Origin": "http://elsewhere"}, 403, "wrong_origin"),
        (Access(), {"Host": "evil.example"}, 421, "wrong_host"),
        (Access(max_clients=0), {}, 503, "too_many_clients"),
        (Access(rate=1, burst=0), {}, 429, "rate_limited"),
        (Access(token=SECRET), {}, 401, "wrong_token"),
        (Access(token=SECRET), {"Authorization": "Bearer x"}, 401, "wrong_token"),
    ],
)
async def test_who_may_not_come_in_is_told_so(
    stage: Stage, access: Access, headers: Any, status: int, counter: str
) -> None:
    await stage.start(access)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await session.ws_connect(
                f"http://{HOST}:{stage.gateway.port}/", headers=headers
            )
    assert error.value.status == status
    assert stage.gateway.counters[f"refused_{counter}"] == 1
    assert stage.gateway.clients == 0


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Authorization": f"Bearer {SECRET}"}),
        ("/?token=a%20token", {}),
        ("/events?token=a%20token", {"Origin": "http://page"}),
    ],
)
async def test_who_has_the_token_comes_in(
    stage: Stage, path: str, headers: Any
) -> None:
    await stage.start(Access(token=SECRET, origins=("http://page",)))
    await stage.client(path, headers=headers)
    await soon(lambda: stage.gateway.clients == 1)


async def test_what_is_no_websocket_is_told_so(stage: Stage) -> None:
    await stage.start()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{HOST}:{stage.gateway.port}/") as answer,
    ):
        assert answer.status == 426


async def test_what_cannot_be_read_is_counted_and_goes_on(stage: Stage) -> None:
    await stage.start()
    obs = await stage.client()
    await obs.receives("status")
    for wrong in (b"", bytes(27), message(b"", sample_rate=200_000)):
        await obs.send_bytes(wrong)
    await obs.send("no JSON")
    for piece in pieces(room(0.5) + voice(1) + room(1)):
        await obs.send_bytes(message(piece))
    await stage.transcriber.queue.get()
    assert stage.gateway.counters["malformed"] == 4


async def test_who_never_makes_sense_is_sent_away(stage: Stage) -> None:
    await stage.start()
    obs = await stage.client()
    for _ in range(250):
        await obs.send("{")
    assert (await obs.closed()).code == 1008


async def test_a_connection_has_so_many_sources(stage: Stage) -> None:
    await stage.start()
    obs = await stage.client()
    for number in range(20):
        await obs.send_bytes(message(bytes(320), str(number)))
    await soon(lambda: stage.gateway.counters["malformed"] == 4)


async def test_a_message_that_is_too_large_ends_the_connection(stage: Stage) -> None:
    await stage.start()
    obs = await stage.client()
    with suppress(ConnectionError):
        await obs.send_bytes(bytes(9 * 1024 * 1024))
    await soon(lambda: stage.gateway.clients == 0)


async def test_clients_are_told_when_it_stops(stage: Stage) -> None:
    await stage.start()
    clients = [await stage.client(), await stage.client("/events")]
    await stage.gateway.stop()
    assert [(await client.closed()).code for client in clients] == [1001, 1001]
    assert stage.gateway.port == 0


async def test_a_port_that_is_taken_is_told(stage: Stage) -> None:
    await stage.start()
    settings = AudioSettings(host=HOST, port=stage.gateway.port, access=Access())
    with pytest.raises(ListenFailed):
        await AudioGateway(stage.domain, stage, settings).start()
