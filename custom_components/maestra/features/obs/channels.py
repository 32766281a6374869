"""OBS for clients of Phoenix channels: what it does, and the commands that they know (stream-production.md §3)."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.obs.connection import ObsConnection
from ...core.obs.state import Output
from ...core.phoenix.channels import Channel, Command, PhoenixParts, Query, Report
from ...core.phoenix.errors import NotAvailable
from ...core.phoenix.session import answered
from ...hub.hub import Hub
from .manager import ObsManager

_ASKED: Final[Mapping[str, str]] = {
    "start_streaming": "StartStream",
    "stop_streaming": "StopStream",
    "start_recording": "StartRecord",
    "stop_recording": "StopRecord",
}
"""Commands of dashboards, each with what OBS is asked for."""
_REPORTS: Final[Mapping[str, str]] = {
    "status": "obs:status",
    "scene/current": "obs:scenes",
    "scenes": "obs:scenes",
    "stream-status": "obs:stream_status",
    "record-status": "obs:record_status",
    "stats": "obs:stats",
    "version": "obs:version",
    "virtual-cam": "obs:virtual_cam",
    "outputs": "obs:outputs",
}
"""Paths below `/api/obs/`, each with the command that answers the same."""
_SWITCHES: Final[Mapping[str, str]] = {
    "streaming/start": "obs:start_streaming",
    "streaming/stop": "obs:stop_streaming",
    "recording/start": "obs:start_recording",
    "recording/stop": "obs:stop_recording",
}
MAX_SCENE: Final = 500


async def _reported(command: Command, _query: Query) -> JsonValue:
    return await answered(command("", {}))


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

    async def switch_to(query: Query) -> JsonValue:
        return await answered(
            set_scene("", {"scene_name": query.text("value", MAX_SCENE) or ""})
        )

    reports = [
        *(
            Report(path=f"/api/obs/{path}", handler=partial(_reported, overlay[name]))
            for path, name in _REPORTS.items()
        ),
        *(
            Report(
                path=f"/api/obs/{path}",
                handler=partial(_reported, dashboard[name]),
                method="POST",
            )
            for path, name in _SWITCHES.items()
        ),
        Report(path="/api/obs/scene/{value}", handler=switch_to, method="POST"),
    ]
    return PhoenixParts(
        reports=tuple(reports),
        channels=(
            Channel(
                fits=lambda topic: topic.startswith("dashboard:"), commands=dashboard
            ),
            Channel(fits=lambda topic: topic.startswith("overlay:"), commands=overlay),
        ),
    )
