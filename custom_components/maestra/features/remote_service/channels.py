"""Processes for clients of Phoenix channels: the topic `dashboard:services` (stream-production.md §3)."""

from typing import Final

from ...core.bus import Unsubscribe, call_each, enlist
from ...core.domain.clock import utcnow, wire_time
from ...core.domain.errors import InvalidField, MaestraError, NotFound
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.phoenix.channels import Channel, Command, PhoenixParts, Push, encoded
from ...core.remote_service.connection import ProcessAction
from ...core.remote_service.processes import Process
from ...hub.hub import Hub
from .link import RemoteServiceLink

TOPIC: Final = "dashboard:services"
_BEGINS: Final = {
    ProcessAction.START: "service_starting",
    ProcessAction.STOP: "service_stopping",
    ProcessAction.RESTART: "service_restarting",
}


class UnknownProcess(NotFound):
    """No process manager has a process of this name."""

    code = "unknown_process"
    message = "There is no service {service}"


def process_parts(hub: Hub) -> PhoenixParts:
    """Return what clients find of the processes of all managers, by their ids or names."""
    pushes: list[Push] = []

    def find(payload: JsonObject) -> tuple[RemoteServiceLink, Process]:
        wanted = payload.get("service")
        if not isinstance(wanted, str) or not wanted:
            raise InvalidField(field="service", reason="must be text")
        for link in hub.links.of(RemoteServiceLink):
            for process in link.gateway.processes.values():
                if wanted in (process.id, process.name):
                    return link, process
        raise UnknownProcess(service=wanted)

    def tell(event: str, **told: JsonValue) -> None:
        payload: JsonObject = {**told, "timestamp": wire_time(utcnow())}
        call_each(pushes, event, encoded(payload))

    def ask(action: ProcessAction) -> Command:
        async def asked(_topic: str, payload: JsonObject) -> JsonValue:
            link, process = find(payload)
            tell(_BEGINS[action], service=process.id)
            result: JsonObject = {"service": process.id, "action": action}
            try:
                await link.gateway.ask(process, action)
            except MaestraError as error:
                tell("command_result", **result, success=False, error=str(error))
                raise
            tell("command_result", **result, success=True)
            return {**result, "success": True}

        return asked

    def status(_topic: str, payload: JsonObject) -> JsonValue:
        link, process = find(payload)
        return {
            "service": process.id,
            "name": process.name,
            "status": process.state,
            "connected": link.connected,
        }

    def joined(_topic: str, push: Push) -> Unsubscribe:
        return enlist(pushes, push)

    return PhoenixParts(
        channels=(
            Channel(
                fits=TOPIC.__eq__,
                commands={
                    **{str(action): ask(action) for action in ProcessAction},
                    "get_status": status,
                },
                joined=joined,
            ),
        )
    )
