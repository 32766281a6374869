"""OBS for clients of Phoenix channels: what it does, and the commands that they know (stream-production.md §3)."""

from collections.abc import Mapping
from typing import Final

from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.obs.connection import ObsConnection
from ...core.obs.state import Output
from ...core.phoenix.channels import Channel, Command, PhoenixParts
from ...core.phoenix.errors import NotAvailable
from ...hub.hub import Hub
from .manager import ObsManager

_ASKED: Final[Mapping[str, str]] = {
    "start_streaming": "StartStream",
    "stop_streaming": "StopStream",
    "start_recording": "StartRecord",
    "stop_recording": "StopRecord",
}
"""Commands of dashboards, each with what OBS is asked for."""


def obs_parts(hub: Hub) -> PhoenixParts:
    """Return what clients find of the first OBS: their topics name none."""

    def obs() -> ObsConnection:
        link = next(iter(hub.manager(ObsManager)), None)
        if link is None:
            raise NotAvailable(what="OBS")
        return link.gateway

    def ask(name: str) -> Command:
        async def asked(_topic: str, _payload: JsonObject) -> JsonValue:
            await obs().call(name)
            return {"success": True}

        return asked

    async def set_scene(_topic: str, payload: JsonObject) -> JsonValue:
        scene = payload.get("scene_name")
        if not isinstance(scene, str) or not scene:
            raise InvalidField(field="scene_name", reason="must be text")
        await obs().call("SetCurrentProgramScene", {"sceneName": scene})
        return {"success": True}

    def status(_topic: str, _payload: JsonObject) -> JsonValue:
        found = obs()
        state = found.state
        return {
            "connected": found.connected,
            "version": state.version,
            "current_scene": state.program,
            "streaming": state.is_on(Output.STREAM),
            "recording": state.is_on(Output.RECORD),
        }

    def scenes(_topic: str, _payload: JsonObject) -> JsonValue:
        state = obs().state
        return {
            "current_scene": state.program,
            "preview_scene": state.preview,
            "scenes": [*state.scenes],
        }

    def output(which: Output) -> Command:
        def told(_topic: str, _payload: JsonObject) -> JsonValue:
            state = obs().state
            figures: dict[Output, JsonObject] = {
                Output.STREAM: {
                    "duration": state.figures.stream_seconds,
                    "bitrate": state.figures.bitrate,
                    "dropped_frames": state.figures.network_dropped,
                },
                Output.RECORD: {"duration": state.figures.record_seconds},
            }
            return {
                "active": state.is_on(which),
                "state": state.outputs[which],
                **figures.get(which, {}),
            }

        return told

    def stats(_topic: str, _payload: JsonObject) -> JsonValue:
        figures = obs().state.figures
        return {
            "fps": figures.fps,
            "cpu_usage": figures.cpu,
            "memory_usage": figures.memory,
            "available_disk_space": figures.disk_free,
            "render_skipped_frames": figures.render_dropped,
            "output_skipped_frames": figures.output_dropped,
        }

    def outputs(_topic: str, _payload: JsonObject) -> JsonValue:
        found = obs().state.outputs
        return {"outputs": {str(output): found[output] for output in found}}

    dashboard: dict[str, Command] = {
        "obs:get_status": status,
        "obs:set_current_scene": set_scene,
        **{f"obs:{name}": ask(request) for name, request in _ASKED.items()},
    }
    overlay: dict[str, Command] = {
        "obs:status": status,
        "obs:scenes": scenes,
        "obs:stream_status": output(Output.STREAM),
        "obs:record_status": output(Output.RECORD),
        "obs:virtual_cam": output(Output.VIRTUAL_CAMERA),
        "obs:stats": stats,
        "obs:version": lambda topic, payload: {"obs_version": obs().state.version},
        "obs:outputs": outputs,
    }
    return PhoenixParts(
        channels=(
            Channel(
                fits=lambda topic: topic.startswith("dashboard:"), commands=dashboard
            ),
            Channel(fits=lambda topic: topic.startswith("overlay:"), commands=overlay),
        )
    )
