"""A microphone on an ESP32 that offers its sound as a stream, as the Arduino SDK does: over MQTT alone (docs/streams.md)."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Final, override

from scripts.demo.catalogue import STREAM, Json
from scripts.demo.client import Client, main

HEARTBEAT_S: Final = 10
ADVERTISE: Final = "maestra/stream/advertise"


class StageMicrophone(Client):
    """Advertises its stream, learns its id, and says that it lives; advertises again when nobody answers."""

    name = "stage_microphone"
    topics = (f"{ADVERTISE}/{STREAM['stream_type']}",)

    def __init__(self) -> None:
        """Begin without an id."""
        super().__init__()
        self._stream_id: str | None = None

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return (self._live(),)

    @override
    async def announce(self) -> None:
        """Offer the stream."""
        await self.publish(ADVERTISE, STREAM, qos=1)

    @override
    async def on_message(self, message: dict[str, Json]) -> None:
        """Learn the id. It is told after each sign of life too, for those who came later."""
        if message.get("name") == STREAM["name"]:
            self._stream_id = str(message.get("id"))

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            stream_id, self._stream_id = self._stream_id, None
            if stream_id is None:
                await self.announce()
            else:
                await self.publish(f"maestra/stream/heartbeat/{stream_id}", {})


if __name__ == "__main__":
    main(StageMicrophone())
