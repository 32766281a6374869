"""The connection to OBS: who is let in, what is known, what is asked, and what happens when OBS goes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta

import aiohttp
from aiohttp import web
import pytest

from custom_components.maestra.core.domain.errors import MaestraError
from custom_components.maestra.core.obs import client
from custom_components.maestra.core.obs.client import ObsSettings, prove
from custom_components.maestra.core.obs.connection import ObsConnection
from custom_components.maestra.core.obs.errors import (
    ObsBusy,
    ObsError,
    ObsIncompatible,
    ObsKicked,
    ObsNotConnected,
    ObsRefused,
    ObsRequestFailed,
    ObsSilent,
    ObsUnreachable,
)
from custom_components.maestra.core.obs.protocol import ObsEvent
from custom_components.maestra.core.obs.state import MAX_ITEMS, Output, OutputState
from custom_components.maestra.core.transport.reconnect import Backoff
from tests.kits.obs import PASSWORD, ObsDouble, obs_double
from tests.kits.process import HOST, free_port

pytestmark = pytest.mark.usefixtures("socket_enabled")
PATIENCE = 20.0
HASTY = {"halt_on_failure": False, "timeout": 1.0}
SOON = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=50))


class Desk:
    """A connection, and what it says."""

    def __init__(self, connection: ObsConnection) -> None:
        self.connection = connection
        self.state = connection.state
        self.said: list[tuple[bool, type[MaestraError] | None]] = []
        self.events: list[ObsEvent] = []
        self._moved = asyncio.Event()
        connection.on_connection(self._connection_changed)
        connection.on_change(self._moved.set)
        connection.on_event(self._happened)

    def _happened(self, event: ObsEvent) -> None:
        self.events.append(event)
        self._moved.set()

    def _connection_changed(self, connected: bool, why: MaestraError | None) -> None:
        self.said.append((connected, type(why) if why else None))
        self._moved.set()

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                self._moved.clear()
                await self._moved.wait()

    async def happened(self, kind: str) -> None:
        """Wait until OBS has told of something."""
        await self.until(lambda: kind in [event.type for event in self.events])

    async def connected(self) -> None:
        await self.until(lambda: self.connection.connected)


@asynccontextmanager
async def desk_of(
    port: int, password: str | None = PASSWORD, figures: float = 3_600
) -> AsyncGenerator[Desk]:
    async with aiohttp.ClientSession() as http:
        connection = ObsConnection(
            http,
            ObsSettings(host=HOST, port=port, password=password),
            backoff=SOON,
            figures_interval=figures,
        )
        desk = Desk(connection)
        running = asyncio.ensure_future(connection.run())
        try:
            yield desk
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def obs() -> AsyncGenerator[ObsDouble]:
    async with obs_double() as double:
        yield double


@pytest.fixture
async def desk(obs: ObsDouble) -> AsyncGenerator[Desk]:
    async with desk_of(obs.port) as desk:
        await desk.connected()
        yield desk


# Being let in.


async def test_everything_is_known_once_it_is_connected(desk: Desk) -> None:
    state = desk.state
    assert (state.version, state.collection) == ("32.2.2", "Maestra")
    assert state.scenes == ("Live", "Break", "End")
    assert (state.program, state.preview) == ("Live", None)
    assert state.transitions == ("Cut", "Fade")
    assert (state.transition, state.transition_duration) == ("Fade", 300)
    assert {name: (it.muted, it.volume) for name, it in state.inputs.items()} == {
        "Mic": (False, -6),
        "Music": (True, -20),
    }
    assert state.outputs == {
        Output.STREAM: OutputState.STOPPED,
        Output.RECORD: OutputState.STOPPED,
        Output.REPLAY_BUFFER: OutputState.STOPPED,
        Output.VIRTUAL_CAMERA: None,
    }
    assert {
        scene: [
            (number, item.source, item.is_visible) for number, item in items.items()
        ]
        for scene, items in state.items.items()
    } == {
        "Live": [(5, "Guests", True), (2, "Banner", False), (1, "Camera", True)],
        "Break": [],
        "End": [],
        "Guests": [(1, "Camera", True)],
    }
    figures = state.figures
    assert (figures.fps, figures.cpu, figures.memory) == (30, 2.7, 262.2)
    assert (figures.render_dropped, figures.output_dropped) == (1, 2)
    assert desk.said == [(True, None)]


async def test_without_a_password() -> None:
    async with obs_double(None) as double, desk_of(double.port, None) as desk:
        await desk.connected()


@pytest.mark.parametrize("password", ["wrong", None])
async def test_a_wrong_password_is_said(obs: ObsDouble, password: str | None) -> None:
    async with desk_of(obs.port, password) as desk:
        await desk.until(lambda: desk.said)
    assert desk.said[0] == (False, ObsRefused)


async def test_nobody_there() -> None:
    async with desk_of(free_port()) as desk:
        await desk.until(lambda: desk.said)
        with pytest.raises(ObsNotConnected):
            await desk.connection.call("GetStats")
    assert desk.said[0] == (False, ObsUnreachable)


async def test_another_kind_of_server() -> None:
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, HOST, port).start()
    async with desk_of(port) as desk:
        await desk.until(lambda: desk.said)
    await runner.cleanup()
    assert desk.said[0] == (False, ObsUnreachable)


HELLO = {"op": 0, "d": {"rpcVersion": 1}}
IDENTIFIED = {"op": 2, "d": {"negotiatedRpcVersion": 1}}
type Double = Callable[[web.WebSocketResponse], Awaitable[object]]


async def says_nothing_more(socket: web.WebSocketResponse) -> None:
    await socket.send_json(HELLO)
    assert socket._req and socket._req.transport
    socket._req.transport.abort()


async def is_too_long(socket: web.WebSocketResponse) -> None:
    await socket.send_str(" " * (client.MAX_MESSAGE_BYTES + 1))
    await socket.receive()


async def sends_bytes(socket: web.WebSocketResponse) -> None:
    await socket.send_bytes(b"\xff")
    await socket.receive()


async def answers_something_else(socket: web.WebSocketResponse) -> None:
    """Each request is answered as a batch, and each batch as a request."""
    await socket.send_json(HELLO)
    await socket.receive()
    await socket.send_json(IDENTIFIED)
    async for message in socket:
        asked = message.json()
        op = 7 if asked["op"] == 8 else 9
        await socket.send_json({"op": op, "d": {"requestId": asked["d"]["requestId"]}})


async def is_wild(socket: web.WebSocketResponse) -> None:
    await socket.send_str("[" * 100_000)
    await socket.send_str('{"op": 1e999, "d": {}}')
    await socket.send_str('{"op": 0, "d": {"rpcVersion": true, "authentication": 5}}')
    await socket.send_str('{"op": 2, "d": null}')
    await socket.close(code=3999, message=b"\xff")


def ends_with(code: int) -> Double:
    async def end(socket: web.WebSocketResponse) -> None:
        await socket.send_json(HELLO)
        await socket.close(code=code)

    return end


@pytest.mark.parametrize(
    "double",
    [
        says_nothing_more,
        is_too_long,
        sends_bytes,
        answers_something_else,
        is_wild,
        *map(ends_with, (1000, 1006, 1011, 3000, 4000, 4002, 4005, 4007, 4999)),
    ],
)
async def test_what_is_no_obs_is_unreachable(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it does, it is tried again, and nobody has to foresee it."""
    monkeypatch.setattr(client.ObsClient.call_batch, "__kwdefaults__", HASTY)
    monkeypatch.setattr(client.ObsClient.call, "__defaults__", (None, 1.0))

    async def answer(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("obswebsocket.json",))
        await socket.prepare(request)
        with suppress(ConnectionError):
            await double(socket)
        return socket

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, HOST, port).start()
    async with desk_of(port) as desk:
        await desk.until(lambda: desk.said)
        assert desk.said[0] == (False, ObsUnreachable)
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ObsUnreachable):
            await prove(http, ObsSettings(host=HOST, port=port, password=PASSWORD))
    await runner.cleanup()


async def test_it_is_tried_out(obs: ObsDouble) -> None:
    async with aiohttp.ClientSession() as http:
        settings = ObsSettings(host=HOST, port=obs.port, password=PASSWORD)
        assert await prove(http, settings) == "32.2.2"
        obs.is_busy = True
        assert await prove(http, settings) == ""
        with pytest.raises(ObsRefused):
            await prove(http, ObsSettings(host=HOST, port=obs.port, password="x"))
        with pytest.raises(ObsError):
            await prove(http, ObsSettings(host="[", port=obs.port))


# What is asked for.


async def test_requests(obs: ObsDouble, desk: Desk) -> None:
    call = desk.connection.call
    assert (await call("GetStats"))["activeFps"] == 29.997
    with pytest.raises(ObsRequestFailed, match="No source was found") as failed:
        await call("SetCurrentProgramScene", {"sceneName": "Nowhere"})
    assert failed.value.facts["status"] == 600
    obs.is_busy = True
    with pytest.raises(ObsBusy):
        await call("GetStats")


async def test_batches(desk: Desk) -> None:
    requests = [("GetStats", None), ("Nonsense", None), ("GetVersion", None)]
    answers = await desk.connection.call_batch(requests)
    assert [answer.status for answer in answers] == [100, 204, 100]
    answers = await desk.connection.call_batch(requests, halt_on_failure=True)
    assert [answer.status for answer in answers] == [100, 204]


async def test_many_at_once_get_their_own_answers(desk: Desk) -> None:
    calls = [
        desk.connection.call("GetInputMute", {"inputName": ("Mic", "Music")[n % 2]})
        for n in range(100)
    ]
    answers = await asyncio.gather(*calls)
    assert [answer["inputMuted"] for answer in answers] == [False, True] * 50


async def test_no_answer_in_time(
    monkeypatch: pytest.MonkeyPatch, obs: ObsDouble, desk: Desk
) -> None:
    obs.is_mute = True
    with pytest.raises(ObsSilent):
        await desk.connection._client.call("GetStats", timeout=0.05)


async def test_who_waits_is_told_when_obs_goes(obs: ObsDouble, desk: Desk) -> None:
    obs.is_mute = True
    waiting = [
        asyncio.ensure_future(desk.connection.call("GetStats")) for _ in range(3)
    ]
    while len([name for name, _ in obs.requests if name == "GetStats"]) < 4:
        await obs.asked("GetStats")
        await asyncio.sleep(0)
    await obs.kick(1001)
    for call in waiting:
        with pytest.raises(ObsNotConnected):
            await call


async def test_what_waits_is_bounded(
    monkeypatch: pytest.MonkeyPatch, obs: ObsDouble, desk: Desk
) -> None:
    monkeypatch.setattr(client, "MAX_PENDING", 0)
    with pytest.raises(ObsNotConnected):
        await desk.connection.call("GetStats")


# What happens in OBS.


async def test_events_come_in_order_and_the_state_follows(
    obs: ObsDouble, desk: Desk
) -> None:
    for number in range(50):
        obs.tell("CurrentProgramSceneChanged", sceneName=f"Scene {number}")
    await desk.until(lambda: desk.state.program == "Scene 49")
    told = [event.data["sceneName"] for event in desk.events]
    assert told == [f"Scene {number}" for number in range(50)]


async def test_studio_mode(obs: ObsDouble, desk: Desk) -> None:
    call = desk.connection.call
    await call("SetStudioModeEnabled", {"studioModeEnabled": True})
    await desk.until(lambda: desk.state.preview == "Live")
    await call("SetCurrentPreviewScene", {"sceneName": "Break"})
    await desk.until(lambda: desk.state.preview == "Break")
    await call("TriggerStudioModeTransition")
    await desk.until(lambda: desk.state.program == "Break")
    await call("SetStudioModeEnabled", {"studioModeEnabled": False})
    await desk.until(lambda: not desk.state.is_studio_mode)
    assert desk.state.preview is None


@pytest.mark.parametrize(
    ("words", "state", "is_on"),
    [
        ("STARTING", OutputState.STARTING, True),
        ("STARTED", OutputState.STARTED, True),
        ("RECONNECTING", OutputState.RECONNECTING, True),
        ("RECONNECTED", OutputState.STARTED, True),
        ("PAUSED", OutputState.PAUSED, True),
        ("RESUMED", OutputState.STARTED, True),
        ("STOPPING", OutputState.STOPPING, False),
    ],
)
async def test_outputs_are_what_their_state_says(
    obs: ObsDouble, desk: Desk, words: str, state: OutputState, is_on: bool
) -> None:
    """`outputActive` is false in half of them."""
    obs.output("Stream", words)
    await desk.until(lambda: desk.state.outputs[Output.STREAM] is state)
    assert desk.state.is_on(Output.STREAM) is is_on
    assert desk.state.is_on(Output.VIRTUAL_CAMERA) is None


async def test_sound(obs: ObsDouble, desk: Desk) -> None:
    call = desk.connection.call
    await call("SetInputMute", {"inputName": "Mic", "inputMuted": True})
    await call("SetInputVolume", {"inputName": "Mic", "inputVolumeDb": -200.0})
    mic = desk.state.inputs["Mic"]
    await desk.until(lambda: (mic.muted, mic.volume) == (True, -100))


async def test_another_collection_is_read_anew(obs: ObsDouble, desk: Desk) -> None:
    """OBS is busy meanwhile, with everything."""
    obs.is_busy = True
    obs.scenes, obs.program = ["A", "B"], "B"
    obs.inputs = {"Desk": {"muted": False, "db": 0.0}}
    obs.tell("CurrentSceneCollectionChanged", sceneCollectionName="Other")
    while not desk.connection.counters["busy"]:
        await asyncio.sleep(0.01)
    assert len(desk.state.scenes) == 3
    obs.is_busy = False
    await desk.until(lambda: "Desk" in desk.state.inputs)
    assert list(desk.state.scenes) == ["A", "B"]
    assert list(desk.state.inputs) == ["Desk"]
    assert desk.connection.connected
    assert desk.said == [(True, None)]


async def test_of_sources_without_end_some_are_known(
    obs: ObsDouble, desk: Desk
) -> None:
    """Nor is such an OBS asked for what is in each of its groups."""
    names = [f"Group {number}" for number in range(3 * MAX_ITEMS)]
    obs.groups = set(names)
    obs.items["Break"] = [
        {"sceneItemId": number, "sourceName": name, "sceneItemEnabled": True}
        for number, name in enumerate(names)
    ]
    before = len(obs.requests)
    obs.tell("SceneItemCreated", sceneName="Break")
    await desk.until(lambda: len(desk.state.items.get("Break", {})) > 100)
    assert sum(map(len, desk.state.items.values())) <= MAX_ITEMS
    assert len(obs.requests) - before < 50


async def test_figures_are_looked_at(obs: ObsDouble) -> None:
    async with desk_of(obs.port, figures=0.02) as desk:
        await desk.connected()
        obs.outputs["Stream"] = True
        obs.stream_ms, obs.stream_bytes = 1_000, 100_000
        await desk.until(lambda: desk.state.figures.stream_seconds == 1)
        assert desk.state.figures.bitrate is None
        obs.stream_ms, obs.stream_bytes = 3_000, 1_100_000
        await desk.until(lambda: desk.state.figures.bitrate == 4_000)
        assert desk.state.outputs[Output.STREAM] is OutputState.STARTED
        obs.stream_ms, obs.stream_bytes = 10, 10
        await desk.until(lambda: desk.state.figures.stream_seconds == 0.01)
        assert desk.state.figures.bitrate is None


async def test_a_stream_that_never_comes_up_is_not_on_for_ever(obs: ObsDouble) -> None:
    async with desk_of(obs.port, figures=0.02) as desk:
        await desk.connected()
        obs.output("Stream", "STARTING")
        await desk.until(
            lambda: desk.state.outputs[Output.STREAM] is OutputState.STARTING
        )
        await desk.until(
            lambda: desk.state.outputs[Output.STREAM] is OutputState.STOPPED
        )


async def test_what_makes_no_sense_is_counted(obs: ObsDouble, desk: Desk) -> None:
    for socket in obs._sockets:
        await socket.send_str("{")
        await socket.send_str('{"op": 99, "d": {}}')
    obs.tell("CurrentProgramSceneChanged", sceneName=5)
    obs.tell("SceneListChanged", scenes="all")
    obs.tell("StreamStateChanged", outputState="OBS_WEBSOCKET_OUTPUT_ODD")
    obs.tell("CurrentProgramSceneChanged", sceneName="End")
    await desk.until(lambda: desk.state.program == "End")
    assert desk.connection.counters["malformed"] == 2
    assert desk.state.outputs[Output.STREAM] is OutputState.STOPPED


# OBS goes, and comes.


async def test_it_comes_back_with_everything() -> None:
    port = free_port()
    async with AsyncExitStack() as stack:
        async with ObsDouble(port).running():
            desk = await stack.enter_async_context(desk_of(port))
            await desk.connected()
        await desk.until(lambda: not desk.connection.connected)
        double = ObsDouble(port)
        double.program, double.scenes = "Encore", ["Encore"]
        async with double.running():
            await desk.connected()
            assert (desk.state.program, desk.state.scenes) == ("Encore", ("Encore",))
            double.tell("CurrentProgramSceneChanged", sceneName="x")
            await desk.until(lambda: desk.state.program == "x")
    assert desk.said[:3] == [(True, None), (False, ObsUnreachable), (True, None)]


async def test_obs_that_hangs_is_noticed(
    monkeypatch: pytest.MonkeyPatch, obs: ObsDouble
) -> None:
    monkeypatch.setattr(client.ObsClient.call_batch, "__kwdefaults__", HASTY)
    async with desk_of(obs.port, figures=0.02) as desk:
        await desk.connected()
        obs.is_mute = True
        await desk.until(lambda: (False, ObsUnreachable) in desk.said)
        obs.is_mute = False
        await desk.connected()


async def test_who_is_kicked_stays_out_until_asked(obs: ObsDouble, desk: Desk) -> None:
    await obs.kick(4011)
    await desk.until(lambda: not desk.connection.connected)
    assert desk.said[-1] == (False, ObsKicked)
    # Long enough for many attempts.
    await asyncio.sleep(20 * SOON.most.total_seconds())
    assert obs.clients == 0
    desk.connection.ask_again()
    await desk.connected()


async def test_another_protocol_is_said(obs: ObsDouble, desk: Desk) -> None:
    await obs.kick(4010)
    await desk.until(lambda: (False, ObsIncompatible) in desk.said)
