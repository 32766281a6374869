"""One domain behind every wire at once, and somebody who speaks on all of them: for what has to hold on each."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
import json
from pathlib import Path
from typing import Any, Final, override

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.f2.source import F2Source
from custom_components.maestra.core.fleet_api import FleetApi, FleetApiSettings
from custom_components.maestra.core.mdns.devices import describe
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.gateway import MaestraGateway
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.nats.client import NatsSettings
from custom_components.maestra.core.nats.connection import NatsConnection
from custom_components.maestra.core.nats.gateway import NatsGateway
from custom_components.maestra.core.osc.gateway import OscGateway
from custom_components.maestra.core.osc.settings import OscSettings
from custom_components.maestra.core.qs.registry import QsRegistry
from custom_components.maestra.core.qs.source import QsSource
from custom_components.maestra.core.qs.window import Window, WindowFile
from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.websocket.admission import WebSocketSettings
from custom_components.maestra.core.websocket.gateway import WebSocketGateway
from scripts.catalogue import STORE_CATALOGUE

from .broker import Broker
from .f2 import f2_settings
from .nats import NatsPeer, NatsServer
from .osc import OscPeer
from .process import HOST, PATIENCE
from .websocket import WebSocketKit

SETTLED: Final = "settled"


class TappedBus(Bus):
    """A bus that keeps everything that it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    @override
    def publish(self, event: object) -> None:
        self.told.append(event)
        super().publish(event)


class EveryWire:
    """The domain, and a client on each wire. What they say is given as it goes over the wire."""

    def __init__(self) -> None:
        self.bus = TappedBus()
        self.domain = Domain(self.bus)
        self.rows: list[tuple[str, tuple[Any, ...]]] = []
        """What the store would write: the table and the row."""
        self.heard: list[bytes] = []
        """What clients of MQTT and NATS were told."""
        self.registry: QsRegistry
        self.fleet: FleetApi
        self.nats_peer: NatsPeer
        """The client on NATS, which hears everything."""
        self._rounds = 0

    async def mqtt(self, topic: str, payload: bytes) -> None:
        """Publish on MQTT: of the dialects, too."""
        await self._mqtt.publish(topic, payload)

    async def nats(self, subject: str, payload: bytes) -> None:
        """Publish on NATS."""
        await self.nats_peer.publish(subject, payload)

    async def websocket(self, subject: str, payload: bytes) -> None:
        """Publish over the WebSocket."""
        head = json.dumps({"type": "publish", "subject": subject})[:-1]
        await self._websocket.send(f'{head},"data":{payload.decode()}}}')

    def osc(self, address: str, *arguments: Any) -> None:
        """Send an OSC message."""
        self._osc.send(address, *arguments)

    async def http(
        self, method: str, path: str | bytes, body: bytes = b"", *headers: bytes
    ) -> tuple[int, Any]:
        """Ask the Fleet API, with bytes as they are; returns the status, and the answer read as JSON."""
        target = path.encode() if isinstance(path, str) else path
        reader, writer = await asyncio.open_connection(HOST, self.fleet.port)
        lines = [
            method.encode() + b" " + target + b" HTTP/1.1",
            b"Host: localhost",
            b"Connection: close",
            b"Content-Length: %d" % len(body),
            *(headers or [b"Content-Type: application/json"]),
        ]
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await reader.read()
        finally:
            writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        return status, json.loads(content) if content.startswith(
            (b"{", b"[")
        ) else content

    def mdns(self, instance: str, /, **records: str) -> None:
        """Let a device be found on the network."""
        found = describe(instance, records, [HOST])
        assert found is not None
        self.domain.devices.discover(found)

    async def settled(self) -> None:
        """Wait until what was said on every wire before now is done."""
        self._rounds += 1
        state = json.dumps({"round": self._rounds}).encode()
        subject = "maestra.entity.state.update"
        await self.mqtt(f"maestra/entity/state/update/{SETTLED}-mqtt", state)
        await self.nats(f"{subject}.{SETTLED}-nats", state)
        await self.websocket(f"{subject}.{SETTLED}-websocket", state)
        self.osc(f"/entity/update/{SETTLED}-osc", state.decode())
        async with asyncio.timeout(PATIENCE):
            for wire in ("mqtt", "nats", "websocket", "osc"):
                while not self._is_settled(f"{SETTLED}-{wire}"):
                    await asyncio.sleep(0.005)

    def _is_settled(self, slug: str) -> bool:
        entity = self.domain.entities.get(slug)
        return entity is not None and entity.state.get("round") == self._rounds

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path) -> AsyncGenerator[EveryWire]:
        """Run all servers and gateways for as long as the block lasts."""
        wires, stack = cls(), AsyncExitStack()
        async with stack:
            await wires._start(stack, folder)
            yield wires
            wires.heard += [each.payload for each in wires._mqtt.collect()]
            wires.heard += [each.payload for each in wires.nats_peer.collect()]

    async def _start(self, stack: AsyncExitStack, folder: Path) -> None:
        domain, encoder, access = self.domain, EventEncoder(), Access()
        enter = stack.enter_async_context
        recorder = STORE_CATALOGUE.recorder(
            domain, lambda table, row: self.rows.append((table.name, tuple(row)))
        )
        stack.callback(recorder.start())
        broker = await enter(Broker(folder / "broker"))
        self.registry = QsRegistry(domain.bus, Window(WindowFile(folder / "window")))
        await self.registry.open()
        stack.push_async_callback(self.registry.close)
        transport = DirectTransport(BrokerSettings(HOST, broker.port, "every-wire"))
        for dialect in (
            MaestraGateway("mqtt", transport, domain, encoder, bridges=True),
            QsSource("qs", transport, domain, self.registry),
            F2Source("f2", transport, domain, f2_settings()),
        ):
            stack.callback(dialect.start())
        server = await enter(NatsServer(folder / "nats"))
        connection = NatsConnection(NatsSettings(host=HOST, port=server.port))
        stack.callback(NatsGateway("nats", connection, domain, encoder).start())
        for link in (transport, connection):
            is_up = asyncio.Event()
            link.on_connection(partial(_note, is_up))
            task = asyncio.create_task(link.run())
            stack.push_async_callback(_end, task)
            async with asyncio.timeout(PATIENCE):
                await is_up.wait()
        websocket = WebSocketGateway(
            domain, encoder, WebSocketSettings(host=HOST, port=0, access=access)
        )
        osc = OscGateway(
            domain,
            encoder,
            OscSettings(host=HOST, port=0, access=access, oscquery_port=0),
        )
        self.fleet = FleetApi(
            domain,
            encoder,
            FleetApiSettings(host=HOST, port=0, access=access),
            store=lambda: None,
            endpoints=lambda _: {},
            bus_connected=lambda: True,
        )
        for listener in (websocket, osc, self.fleet):
            await listener.start()
            stack.push_async_callback(listener.stop)
        self.oscquery_port = osc.oscquery_port
        self.websocket_port = websocket.port
        self._mqtt = await enter(broker.peer())
        self.nats_peer = await enter(server.peer())
        self._websocket = await enter(WebSocketKit(websocket.port))
        await self._websocket.receives("welcome")
        await self._websocket.subscribe(">")
        self._osc = await enter(OscPeer(osc.port))


def _note(is_up: asyncio.Event, connected: bool, _: object) -> None:
    if connected:
        is_up.set()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
