"""A server that speaks obs-websocket 5 as OBS does: authentication, batches, events, close codes, and a show to switch."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
import json
from secrets import token_urlsafe
from typing import Any

from aiohttp import WSMsgType, web
import msgpack

HOST = "127.0.0.1"
PASSWORD = "open sesame"
MSGPACK = "obswebsocket.msgpack"
_READ: Mapping[Any, Callable[[Any], Any]] = {
    WSMsgType.TEXT: json.loads,
    WSMsgType.BINARY: msgpack.unpackb,
}
PATIENCE = 20.0
JPEG = b"\xff\xd8picture\xff\xd9"
NO_SUCH = (600, "No source was found by the name.")


class ObsDouble:
    """OBS with scenes, inputs and outputs, which answers what it is asked for and tells what happens."""

    def __init__(self, port: int, password: str | None = PASSWORD) -> None:
        """Listen to nothing yet."""
        self.port = port
        self.password = password
        self.is_busy = False
        """Whether everything is answered with 207."""
        self.is_mute = False
        """Whether nothing is answered at all."""
        self.scenes = ["Live", "Break", "End"]
        self.program = "Live"
        self.preview: str | None = None
        self.transition, self.duration = "Fade", 300
        self.outputs = dict.fromkeys(("Stream", "Record", "ReplayBuffer"), False)
        self.is_paused = False
        self.stream_bytes = 0
        self.stream_ms = 0
        self.inputs: dict[str, dict[str, Any]] = {
            "Mic": {"muted": False, "db": -6.0},
            "Music": {"muted": True, "db": -20.0},
        }
        self.items: dict[str, list[dict[str, Any]]] = {
            "Live": [_item(1, "Camera"), _item(2, "Banner", False), _item(5, "Guests")],
            "Guests": [_item(1, "Camera")],
        }
        """What is in scenes and groups, from the back."""
        self.groups = {"Guests"}
        self.picture = f"data:image/jpg;base64,{b64encode(JPEG).decode()}"
        self.pages: dict[str, str] = {}
        """The addresses of browser sources, by name."""
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._sockets: set[web.WebSocketResponse] = set()
        self._seen = asyncio.Event()
        self._sending: list[asyncio.Future[None]] = []
        self._handlers: Mapping[str, Callable[[dict[str, Any]], Any]] = {
            "GetVersion": lambda data: {
                "obsVersion": "32.2.2",
                "obsWebSocketVersion": "5.7.4",
                "rpcVersion": 1,
            },
            "GetSceneCollectionList": lambda data: {
                "currentSceneCollectionName": "Maestra",
                "sceneCollections": ["Maestra"],
            },
            "GetSceneList": lambda data: self._scene_list(),
            "GetStudioModeEnabled": lambda data: {
                "studioModeEnabled": self.preview is not None
            },
            "SetStudioModeEnabled": self._set_studio_mode,
            "GetSceneTransitionList": lambda data: {
                "currentSceneTransitionName": self.transition,
                "transitions": [
                    {"transitionName": name, "transitionFixed": name == "Cut"}
                    for name in ("Cut", "Fade")
                ],
            },
            "GetCurrentSceneTransition": lambda data: {
                "transitionName": self.transition,
                "transitionDuration": None
                if self.transition == "Cut"
                else self.duration,
            },
            "SetCurrentSceneTransition": self._set_transition,
            "SetCurrentSceneTransitionDuration": self._set_duration,
            "TriggerStudioModeTransition": self._transit,
            "GetInputList": self._input_list,
            "GetInputSettings": lambda data: {
                "inputSettings": {"url": self.pages[data["inputName"]]}
            },
            "GetInputMute": lambda data: {"inputMuted": self._input(data)["muted"]},
            "GetInputVolume": lambda data: {
                "inputVolumeDb": self._input(data)["db"],
                "inputVolumeMul": 0.5,
            },
            "SetInputMute": self._set_mute,
            "SetInputVolume": self._set_volume,
            "GetStreamStatus": lambda data: {
                "outputActive": self.outputs["Stream"],
                "outputReconnecting": False,
                "outputBytes": self.stream_bytes,
                "outputDuration": self.stream_ms,
                "outputCongestion": 0.1,
                "outputSkippedFrames": 4,
            },
            "GetRecordStatus": lambda data: {
                "outputActive": self.outputs["Record"],
                "outputPaused": self.is_paused,
                "outputDuration": 61_500,
                "outputBytes": 1,
            },
            "GetReplayBufferStatus": lambda data: {
                "outputActive": self.outputs["ReplayBuffer"]
            },
            "GetStats": lambda data: {
                "activeFps": 29.997,
                "cpuUsage": 2.71828,
                "memoryUsage": 262.25,
                "availableDiskSpace": 90_000.4,
                "renderSkippedFrames": 1,
                "outputSkippedFrames": 2,
            },
            "SetCurrentProgramScene": self._set_program,
            "SetCurrentPreviewScene": self._set_preview,
            "PauseRecord": lambda data: self._pause(True),
            "ResumeRecord": lambda data: self._pause(False),
            "SaveReplayBuffer": lambda data: self.tell(
                "ReplayBufferSaved", savedReplayPath="/replays/replay.mkv"
            ),
            "PressInputPropertiesButton": lambda data: None,
            "TriggerHotkeyByName": lambda data: None,
            "GetSceneItemList": lambda data: self._item_list(self._scene(data)),
            "GetGroupSceneItemList": lambda data: self._item_list(data["sceneName"]),
            "GetSceneItemId": lambda data: {
                "sceneItemId": self._named_item(data)["sceneItemId"]
            },
            "SetSceneItemEnabled": self._set_item,
            "GetSourceScreenshot": lambda data: {"imageData": self.picture},
            **{
                f"{verb}{name}": self._switching(name, is_on)
                for name in self.outputs
                for verb, is_on in (("Start", True), ("Stop", False))
            },
        }

    # What a test does.

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen; at the end OBS is closed."""
        app = web.Application()
        app.router.add_get("/", self._serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, self.port).start()
        try:
            yield
        finally:
            await self.kick(1001)
            await runner.cleanup()

    async def kick(self, code: int) -> None:
        """End all connections with a code."""
        for socket in list(self._sockets):
            await socket.close(code=code)

    def tell(self, kind: str, /, **data: Any) -> None:
        """Let something happen."""
        told = {"eventType": kind, "eventIntent": 1, "eventData": data}
        for socket in self._sockets:
            sending = _send(socket, {"op": 5, "d": told})
            self._sending.append(asyncio.ensure_future(sending))

    def output(self, name: str, state: str) -> None:
        """Let an output be in a state."""
        self.tell(
            f"{name}StateChanged",
            outputActive=state == "STARTED",
            outputState=f"OBS_WEBSOCKET_OUTPUT_{state}",
        )

    async def asked(self, name: str) -> dict[str, Any]:
        """Wait until it is asked for something; returns with what data."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for request, data in self.requests:
                    if request == name:
                        return data
                self._seen.clear()
                await self._seen.wait()

    @property
    def clients(self) -> int:
        """How many have been let in."""
        return len(self._sockets)

    # The protocol.

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("obswebsocket.json", MSGPACK))
        await socket.prepare(request)
        challenge, salt = token_urlsafe(24), token_urlsafe(24)
        hello: dict[str, Any] = {"obsWebSocketVersion": "5.7.4", "rpcVersion": 1}
        if self.password is not None:
            hello["authentication"] = {"challenge": challenge, "salt": salt}
        await _send(socket, {"op": 0, "d": hello})
        try:
            async for message in socket:
                if message.type in _READ:
                    read = _READ[message.type](message.data)
                    await self._take(socket, read, challenge, salt)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _take(
        self, socket: web.WebSocketResponse, message: Any, challenge: str, salt: str
    ) -> None:
        data = message["d"]
        match message["op"]:
            case 1:
                if self.password is not None:
                    secret = _hash(self.password + salt)
                    if data.get("authentication") != _hash(secret + challenge):
                        await socket.close(code=4009, message=b"Authentication failed.")
                        return
                await _send(socket, {"op": 2, "d": {"negotiatedRpcVersion": 1}})
                self._sockets.add(socket)
            case _ if socket not in self._sockets:
                await socket.close(code=4007)
            case 6:
                answer = self._answer(data)
                if not self.is_mute:
                    await _send(socket, {"op": 7, "d": answer})
            case 8:
                answers = []
                for each in data["requests"]:
                    answers.append(self._answer(each))
                    halts = data.get("haltOnFailure")
                    if halts and not answers[-1]["requestStatus"]["result"]:
                        break
                results = {"requestId": data["requestId"], "results": answers}
                if not self.is_mute:
                    await _send(socket, {"op": 9, "d": results})

    def _answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, data = asked["requestType"], asked.get("requestData") or {}
        self.requests.append((name, data))
        self._seen.set()
        code, comment, found = 100, "", None
        handler = self._handlers.get(name)
        if self.is_busy:
            code, comment = 207, "The server is not ready to handle the request."
        elif handler is None:
            is_camera = "VirtualCam" in name
            code = 604 if is_camera else 204
            comment = "VirtualCam is not available." if is_camera else ""
        else:
            try:
                found = handler(data)
            except LookupError:
                code, comment = NO_SUCH
        return {
            "requestType": name,
            "requestId": asked.get("requestId"),
            "requestStatus": {
                "result": code == 100,
                "code": code,
                **({"comment": comment} if comment else {}),
            },
            **({"responseData": found} if found else {}),
        }

    # What it does.

    def _scene_list(self) -> dict[str, Any]:
        return {
            "currentProgramSceneName": self.program,
            "currentPreviewSceneName": self.preview,
            "scenes": [
                {"sceneName": name, "sceneIndex": index}
                for index, name in enumerate(reversed(self.scenes))
            ],
        }

    def _input_list(self, data: dict[str, Any]) -> dict[str, Any]:
        found = [
            {"inputName": name, "inputKind": kind}
            for kind, names in (
                ("ffmpeg_source", (*self.inputs, "Title")),
                ("browser_source", self.pages),
            )
            for name in names
            if data.get("inputKind") in (None, kind)
        ]
        return {"inputs": found}

    def _input(self, data: dict[str, Any]) -> dict[str, Any]:
        return self.inputs[data["inputName"]]

    def _scene(self, data: dict[str, Any]) -> str:
        return (
            self.scenes[self.scenes.index(data["sceneName"])]
            if data["sceneName"] in self.scenes
            else _missing()
        )

    def _item_list(self, scene: str) -> dict[str, Any]:
        return {
            "sceneItems": [
                {**item, "isGroup": item["sourceName"] in self.groups or None}
                for item in self.items.get(scene, [])
            ]
        }

    def _named_item(self, data: dict[str, Any]) -> dict[str, Any]:
        for item in self.items.get(data["sceneName"], []):
            if item["sourceName"] == data["sourceName"]:
                return item
        raise LookupError

    def _set_item(self, data: dict[str, Any]) -> None:
        for item in self.items[data["sceneName"]]:
            if item["sceneItemId"] == data["sceneItemId"]:
                item["sceneItemEnabled"] = data["sceneItemEnabled"]
                self.tell("SceneItemEnableStateChanged", **data)

    def _set_program(self, data: dict[str, Any]) -> None:
        self.program = self._scene(data)
        self.tell("CurrentProgramSceneChanged", sceneName=self.program)

    def _set_preview(self, data: dict[str, Any]) -> None:
        self.preview = self._scene(data)
        self.tell("CurrentPreviewSceneChanged", sceneName=self.preview)

    def _set_studio_mode(self, data: dict[str, Any]) -> None:
        is_on = data["studioModeEnabled"]
        self.preview = self.program if is_on else None
        # OBS tells nothing of the scene that is prepared.
        self.tell("StudioModeStateChanged", studioModeEnabled=is_on)

    def _transit(self, _data: dict[str, Any]) -> None:
        self.program, self.preview = self.preview or _missing(), self.program
        self.tell("CurrentProgramSceneChanged", sceneName=self.program)
        self.tell("CurrentPreviewSceneChanged", sceneName=self.preview)

    def _set_transition(self, data: dict[str, Any]) -> None:
        self.transition = data["transitionName"]
        self.tell("CurrentSceneTransitionChanged", transitionName=self.transition)

    def _set_duration(self, data: dict[str, Any]) -> None:
        self.duration = data["transitionDuration"]
        self.tell(
            "CurrentSceneTransitionDurationChanged", transitionDuration=self.duration
        )

    def _set_mute(self, data: dict[str, Any]) -> None:
        found = self._input(data)
        found["muted"] = data["inputMuted"]
        self.tell(
            "InputMuteStateChanged",
            inputName=data["inputName"],
            inputMuted=found["muted"],
        )

    def _set_volume(self, data: dict[str, Any]) -> None:
        found = self._input(data)
        found["db"] = data["inputVolumeDb"]
        self.tell(
            "InputVolumeChanged",
            inputName=data["inputName"],
            inputVolumeDb=found["db"],
            inputVolumeMul=0.1,
        )

    def _switching(self, name: str, is_on: bool) -> Callable[[dict[str, Any]], None]:
        def switch(_data: dict[str, Any]) -> None:
            self.outputs[name] = is_on
            for state in ("STARTING", "STARTED") if is_on else ("STOPPING", "STOPPED"):
                self.output(name, state)

        return switch

    def _pause(self, is_paused: bool) -> None:
        self.is_paused = is_paused
        self.output("Record", "PAUSED" if is_paused else "RESUMED")


async def _send(socket: web.WebSocketResponse, message: Any) -> None:
    if socket.ws_protocol == MSGPACK:
        await socket.send_bytes(msgpack.packb(message))
    else:
        await socket.send_str(json.dumps(message))


def _item(number: int, source: str, is_visible: bool = True) -> dict[str, Any]:
    return {
        "sceneItemId": number,
        "sourceName": source,
        "sceneItemEnabled": is_visible,
    }


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _missing() -> str:
    raise LookupError
