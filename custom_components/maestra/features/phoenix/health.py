"""Health and telemetry of the parts of a stream production, as its clients ask for it (stream-production.md §11, §12)."""

from collections.abc import Mapping
from time import monotonic
from typing import Final

from ...const import (
    LISTENER_PHOENIX,
    SUBENTRY_IRONMON,
    SUBENTRY_OBS_INSTANCE,
    SUBENTRY_RAINWAVE,
    SUBENTRY_REMOTE_SERVICE,
    SUBENTRY_TWITCH_CHANNEL,
)
from ...core.bus import Unsubscribe, call_each, enlist
from ...core.domain.clock import utcnow, wire_time
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.phoenix.channels import Channel, PhoenixParts, Push, Query, Report, encoded
from ...core.phoenix.errors import NotAvailable
from ...core.phoenix.frames import SERVER_VERSION
from ...core.phoenix.gateway import PhoenixGateway
from ...core.phoenix.session import answered
from ...core.production.stream_events import HEALTH_CHECK, read_event
from ...core.store.store import Store
from ...hub.hub import Hub
from ...hub.link import Link
from ...hub.listeners import ListenerLink

SERVICES: Final[Mapping[str, str]] = {
    "obs": SUBENTRY_OBS_INSTANCE,
    "twitch": SUBENTRY_TWITCH_CHANNEL,
    "ironmon": SUBENTRY_IRONMON,
    "rainwave": SUBENTRY_RAINWAVE,
    "processes": SUBENTRY_REMOTE_SERVICE,
}
"""What is looked at, by the kind of its link."""
DATABASE: Final = "database"
SERVICES_TOPIC: Final = "dashboard:services"
OVERLAYS_TOPIC: Final = "overlay:"


def health_of(services: Mapping[str, bool]) -> str:
    """Return how it is altogether: all well, at least half, or less."""
    well = sum(services.values())
    if well == len(services):
        return "healthy"
    return "degraded" if 2 * well >= len(services) else "unhealthy"


class _Health:
    """How the parts are; who has joined is told when they are not as they were."""

    def __init__(self, hub: Hub, parts: PhoenixParts) -> None:
        self._hub = hub
        self._sections = parts.telemetry
        self._began = monotonic()
        self._pushes: list[Push] = []

    # What there is.

    def links(self, kind: str) -> list[Link]:
        """Return those that are to be there; what its user has switched off is missed by nobody."""
        return [
            link
            for link in self._hub.links
            if link.kind == kind and getattr(link, "is_enabled", True)
        ]

    def services(self) -> dict[str, bool]:
        """Return of each part that is set up whether it is well."""
        found = {
            name: all(link.connected for link in links)
            for name, kind in SERVICES.items()
            if (links := self.links(kind))
        }
        if (store := self._hub.service(Store)) is not None:
            found[DATABASE] = store.is_connected
        return found

    def described(self) -> dict[str, JsonObject]:
        """Return the same with more words. Why one is away may name servers, and is not told."""
        return {
            name: {
                "connected": is_well,
                "status": "connected" if is_well else "disconnected",
            }
            for name, is_well in self.services().items()
        }

    def alive(self, _query: Query) -> JsonObject:
        return {"status": "ok", "timestamp": wire_time(utcnow())}

    def ready(self, _query: Query) -> JsonObject:
        # Without a database there is none to wait for.
        return {
            "ready": self.services().get(DATABASE, True),
            "timestamp": wire_time(utcnow()),
        }

    def health(self, _query: Query) -> JsonObject:
        return {
            "status": health_of(self.services()),
            "timestamp": wire_time(utcnow()),
            "services": {**self.described()},
            "system": {"version": SERVER_VERSION},
        }

    def all_services(self, _query: Query) -> JsonObject:
        return {"services": {**self.described()}}

    def one_service(self, query: Query) -> JsonObject:
        name = query.text("value") or ""
        if (found := self.described().get(name)) is None:
            raise NotAvailable(what="service of this name")
        return {"name": name, **found}

    def system(self) -> JsonObject:
        """Return how it goes with all of it."""
        return {
            "uptime": round(monotonic() - self._began),
            "version": SERVER_VERSION,
            "environment": "home_assistant",
            "status": health_of(self.services()),
        }

    def overlays(self) -> list[JsonValue]:
        """Return the overlays of other programs that are connected now."""
        link = self._hub.links.get(LISTENER_PHOENIX)
        gateway = link.gateway if isinstance(link, ListenerLink) else None
        if not isinstance(gateway, PhoenixGateway):
            return []
        return [
            {
                "name": topic,
                "connected": True,
                "lastSeen": wire_time(since),
                "channelState": "joined",
            }
            for topic, since in gateway.joined(OVERLAYS_TOPIC, "stream:overlays")
        ]

    async def telemetry(self) -> JsonObject:
        """Return what dashboards show of all parts."""
        sections = {
            name: await answered(section()) for name, section in self._sections.items()
        }
        return {
            "timestamp": wire_time(utcnow()),
            "services": {**self.described()},
            "system": self.system(),
            "overlays": self.overlays(),
            **sections,
        }

    # What is told.

    async def get_telemetry(self, _topic: str, _payload: JsonObject) -> JsonValue:
        """Answer, and tell the others on the topic, too."""
        told = await self.telemetry()
        call_each(self._pushes, "telemetry_update", encoded(told))
        return told

    def status(self, _topic: str, _payload: JsonObject) -> JsonValue:
        return self.system()

    def list_services(self, _topic: str, _payload: JsonObject) -> JsonValue:
        return {**self.described()}

    def join_telemetry(self, _topic: str, push: Push) -> Unsubscribe:
        """Tell telemetry whenever somebody asks for it."""
        return enlist(self._pushes, push)

    def join(self, _topic: str, push: Push) -> Unsubscribe:
        """Tell whenever a part comes or goes."""
        known = [self.services()]

        def changed(_link: Link) -> None:
            now = self.services()
            if now != known[0]:
                known[0] = now
                push("health_update", self._event(now))

        return self._hub.links.watch(changed)

    def _event(self, services: Mapping[str, bool]) -> JsonObject:
        well = sum(services.values())
        raw = {
            "type": HEALTH_CHECK,
            "service_name": "maestra",
            "health_status": health_of(services),
            "checks_passed": well,
            "checks_failed": len(services) - well,
            "uptime": round(monotonic() - self._began),
        }
        return read_event(raw, utcnow()).to_wire()


def health_parts(hub: Hub, parts: PhoenixParts) -> PhoenixParts:
    """Return the reports and topics, with the telemetry of all `parts`."""
    health = _Health(hub, parts)
    return PhoenixParts(
        channels=(
            Channel(
                fits=SERVICES_TOPIC.__eq__,
                commands={"get_telemetry": health.get_telemetry},
                joined=health.join_telemetry,
            ),
            Channel(
                fits=lambda topic: topic.startswith(("dashboard:", OVERLAYS_TOPIC)),
                commands={
                    "system:status": health.status,
                    "system:services": health.list_services,
                },
                joined=health.join,
            ),
        ),
        reports=(
            Report(path="/health", handler=health.alive, is_bare=True),
            Report(path="/ready", handler=health.ready, is_bare=True),
            Report(path="/api/health", handler=health.health, is_bare=True),
            Report(path="/api/services", handler=health.all_services),
            Report(path="/api/services/{value}", handler=health.one_service),
        ),
    )
