"""A client that is a device as well (docs/mqtt.md)."""

from typing import ClassVar, override
from urllib.parse import quote

from .catalogue import Json
from .client import Client


def board_topic(kind: str, hardware_id: str) -> str:
    """Return the topic of one board for one kind of message."""
    return f"maestra/{kind}/{quote(hardware_id, safe=':')}"


class Board(Client):
    """Says what it is (`introduction`), gives signs of life, reports measurements and events.

    `verb` is how it comes: it registers, or asks to be let in (discover).
    """

    hardware_id: ClassVar[str]
    verb: ClassVar[str] = "register"
    introduction: ClassVar[dict[str, Json]]

    @override
    async def announce(self) -> None:
        """Come, as at every boot."""
        await self.introduce()
        await super().announce()

    @override
    async def on_message(self, message: dict[str, Json]) -> None:
        """Come again when Maestra does not know the board any more."""
        if message.get("code") == "unknown_device":
            await self.introduce()

    async def introduce(self) -> None:
        """Say what the board is."""
        body = {"hardware_id": self.hardware_id, **self.introduction}
        await self.publish(f"maestra/device/{self.verb}", body, qos=1)

    async def heartbeat(self, **metadata: Json) -> None:
        """Give a sign of life."""
        await self._report("heartbeat", {"metadata": metadata})

    async def metrics(self, **values: tuple[float, str]) -> None:
        """Report measurements, each with its unit."""
        batch = [
            {"metric_name": name, "metric_value": value, "unit": unit}
            for name, (value, unit) in values.items()
        ]
        await self._report("metrics", batch)

    async def event(
        self, event_type: str, severity: str = "info", **data: Json
    ) -> None:
        """Report an event."""
        body = {"event_type": event_type, "severity": severity, "data": data}
        await self._report("events", body, qos=1)

    async def applied(self, version: int, error: str | None = None) -> None:
        """Acknowledge a configuration, or say why it is not taken over."""
        said: dict[str, Json] = {"version": version}
        if error is not None:
            said["error"] = error
        await self._report("applied", said, qos=1)

    async def _report(self, kind: str, body: Json, *, qos: int = 0) -> None:
        topic = board_topic(f"device/{kind}", self.hardware_id)
        await self.publish(topic, body, qos=qos)
