"""What clients bring anew is limited the same on every wire; what is known goes on."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain, newcomers
from custom_components.maestra.core.domain.errors import TooManyNew
from custom_components.maestra.core.domain.events import NewcomerRefused
from custom_components.maestra.core.domain.newcomers import Newcomer
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, Source
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.core.mqtt.gateway import MaestraGateway
from custom_components.maestra.core.osc.gateway import OscGateway
from custom_components.maestra.core.osc.settings import OscSettings
from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.websocket.admission import WebSocketSettings
from custom_components.maestra.core.websocket.gateway import WebSocketGateway
from tests.core.mqtt.test_gateway import MemoryTransport
from tests.core.nats.conftest import Hub, settings_of
from tests.kits.broker import Broker
from tests.kits.fleet import HOST, FleetKit
from tests.kits.nats import NatsServer
from tests.kits.osc import OscPeer
from tests.kits.process import soon
from tests.kits.qs import event, qs_on_broker
from tests.kits.websocket import WebSocketKit

THINGS: Final = 5
PARTS: Final = 20
CLIENT: Final = Source("client", "wire")

type Say = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Sends the state of an entity, whether it is known or not."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few newcomers in, and no more for long."""
    for name, value in {
        "THINGS_AT_ONCE": THINGS,
        "PARTS_AT_ONCE": PARTS,
        "THINGS_PER_MINUTE": 0.001,
        "PARTS_PER_MINUTE": 0.001,
    }.items():
        monkeypatch.setattr(newcomers, name, value)


@asynccontextmanager
async def rest(_: Path) -> AsyncGenerator[tuple[Domain, Say]]:
    async with FleetKit.running() as fleet:
        kind = fleet.domain.types["space"].id

        async def say(slug: str, state: dict[str, Any]) -> None:
            if entity := fleet.domain.entities.get(slug):
                path = f"/entities/{entity.id}/state"
                assert (await fleet.patch(path, {"state": state}))[0] == 200
                return
            body = {
                "name": slug,
                "slug": slug,
                "entity_type_id": kind,
                "state": state,
            }
            status, answer = await fleet.post("/entities", body)
            assert status == 201 or (status == 429 and "new entities" in str(answer))

        yield fleet.domain, say


@asynccontextmanager
async def websocket(_: Path) -> AsyncGenerator[tuple[Domain, Say]]:
    domain = Domain(Bus())
    settings = WebSocketSettings(host=HOST, port=0, access=Access())
    gateway = WebSocketGateway(domain, EventEncoder(), settings)
    await gateway.start()
    async with WebSocketKit(gateway.port) as client:

        async def say(slug: str, state: dict[str, Any]) -> None:
            subject = f"maestra.entity.state.update.{slug}"
            await client.say("publish", subject=subject, data=state)

        yield domain, say
    await gateway.stop()


@asynccontextmanager
async def osc(_: Path) -> AsyncGenerator[tuple[Domain, Say]]:
    domain = Domain(Bus())
    settings = OscSettings(host=HOST, port=0, name="Show", access=Access())
    gateway = OscGateway(domain, EventEncoder(), settings)
    await gateway.start()
    async with OscPeer(gateway.port) as peer:

        async def say(slug: str, state: dict[str, Any]) -> None:
            peer.send(f"/entity/update/{slug}", orjson.dumps(state).decode())

        yield domain, say
    await gateway.stop()


@asynccontextmanager
async def mqtt(_: Path) -> AsyncGenerator[tuple[Domain, Say]]:
    domain, transport = Domain(Bus()), MemoryTransport()
    stop = MaestraGateway("broker", transport, domain, EventEncoder()).start()

    async def say(slug: str, state: dict[str, Any]) -> None:
        transport.say(f"maestra/entity/state/update/{slug}", state)

    yield domain, say
    stop()


@asynccontextmanager
async def nats(folder: Path) -> AsyncGenerator[tuple[Domain, Say]]:
    async with NatsServer(folder) as server, server.peer() as peer:
        hub = Hub(settings_of(server))
        async with hub.running():

            async def say(slug: str, state: dict[str, Any]) -> None:
                await peer.publish(f"maestra.entity.state.update.{slug}", state)

            yield hub.domain, say


WIRES: Final = (rest, websocket, osc, mqtt, nats)


def refusals(domain: Domain) -> list[NewcomerRefused]:
    """Return a list that fills with who is refused from now on."""
    refused: list[NewcomerRefused] = []
    domain.bus.subscribe(NewcomerRefused, refused.append)
    return refused


@pytest.mark.parametrize("wire", WIRES)
async def test_new_entities_are_limited(wire: Any, tmp_path: Path) -> None:
    async with wire(tmp_path) as (domain, say):
        refused = refusals(domain)
        for number in range(THINGS + 3):
            await say(f"node-{number}", {"a": number})
        await soon(lambda: len(refused) == 3)
        assert len(domain.entities) == THINGS
        assert {event.kind for event in refused} == {Newcomer.ENTITY}
        assert refused[0].name == f"node-{THINGS}"
        assert refused[0].source.gateway is not None
        # Nobody who is known is kept waiting.
        await say("node-0", {"a": "still here"})
        await soon(lambda: domain.entities["node-0"].state["a"] == "still here")


@pytest.mark.parametrize("wire", WIRES)
async def test_new_variables_are_limited_and_their_values_are_not(
    wire: Any, tmp_path: Path
) -> None:
    async with wire(tmp_path) as (domain, say):
        refused = refusals(domain)
        state = {f"key_{number}": number for number in range(2 * PARTS)}
        await say("node", state)
        await soon(lambda: domain.entities.get("node") is not None and bool(refused))
        entity = domain.entities["node"]
        assert entity.state == state
        assert len(entity.variables) == PARTS
        assert {event.kind for event in refused} == {Newcomer.VARIABLE}
        await say("node", {"another": 1})
        await soon(lambda: "another" in domain.entities["node"].state)
        assert len(entity.variables) == PARTS


async def test_what_was_left_out_comes_with_a_later_change() -> None:
    domain, now = Domain(Bus()), [0.0]
    domain.entities._newcomers = newcomers.Newcomers(domain.bus, lambda: now[0])
    state: Any = {f"key_{number}": number for number in range(2 * PARTS)}
    domain.entities.report("node", state, source=CLIENT)
    now[0] += 1e9
    domain.entities.report("node", {"key_0": 7}, source=CLIENT)
    assert set(domain.entities["node"].variables) == set(state)


@pytest.mark.parametrize(
    "bring",
    [
        lambda domain, name: domain.devices.register(
            {"name": name, "device_type": "esp32", "hardware_id": name}, source=CLIENT
        ),
        lambda domain, name: domain.streams.advertise(
            {
                "name": name,
                "publisher_id": "td",
                "stream_type": "video",
                "protocol": "srt",
                "address": "192.0.2.1",
                "port": 9000,
            },
            source=CLIENT,
        ),
        lambda domain, name: domain.entities.create(
            name=name, entity_type="device", source=CLIENT
        ),
        lambda domain, name: domain.entities.report(name, {"a": 1}, source=CLIENT),
    ],
    ids=["device", "stream", "entity", "state"],
)
def test_every_thing_counts(bring: Callable[[Domain, str], object]) -> None:
    domain = Domain(Bus())
    for number in range(THINGS):
        bring(domain, f"thing-{number}")
    with pytest.raises(TooManyNew):
        bring(domain, "one-more")


def _metric(domain: Domain, name: str) -> None:
    report = {"metric_name": name, "metric_value": 1}
    domain.devices.report_metric("board", report, source=CLIENT)


def _variable(domain: Domain, name: str) -> None:
    variable = Variable(name=name, type=VariableType.NUMBER, direction=Direction.INPUT)
    domain.entities.define_variable("lamp", variable, source=CLIENT)


def _variables(domain: Domain, name: str) -> None:
    known = [*domain.entities["lamp"].variables.values()]
    new = Variable(name=name, type=VariableType.NUMBER, direction=Direction.INPUT)
    domain.entities.set_variables("lamp", [*known, new], source=CLIENT)


@pytest.mark.parametrize("bring", [_metric, _variable, _variables])
def test_every_part_counts(bring: Callable[[Domain, str], None]) -> None:
    domain = Domain(Bus())
    domain.devices.register(
        {"name": "Board", "device_type": "esp32", "hardware_id": "board"}
    )
    domain.entities.create(
        name="Lamp", entity_type="device", slug="lamp", with_defaults=False
    )
    for number in range(PARTS):
        bring(domain, f"part-{number}")
    before = domain.entities["lamp"].infers
    with pytest.raises(TooManyNew):
        bring(domain, "one-more")
    assert domain.entities["lamp"].infers is before
    # What is known may be said again.
    bring(domain, "part-0")


def test_a_batch_is_refused_as_a_whole() -> None:
    domain = Domain(Bus())
    device = domain.devices.register(
        {"name": "Board", "device_type": "esp32", "hardware_id": "board"}
    )
    reports: Any = [
        ("board", {"metric_name": f"m{number}", "metric_value": 1})
        for number in range(PARTS + 1)
    ]
    with pytest.raises(TooManyNew):
        domain.devices.report_metrics(reports, source=CLIENT)
    assert device.metrics == {}


def test_each_gateway_has_its_own_and_users_have_no_limit() -> None:
    domain = Domain(Bus())
    for gateway in ("websocket", "broker"):
        for number in range(THINGS):
            source = Source(None, gateway)
            domain.entities.report(f"{gateway}-{number}", {}, source=source)
    for number in range(3 * THINGS):
        domain.entities.create(
            name=f"mine {number}", entity_type="device", source=HOME_ASSISTANT
        )
    assert len(domain.entities) == 5 * THINGS


async def test_of_qs_all_is_taken_and_little_is_shown(
    broker: Broker, tmp_path: Path
) -> None:
    async with qs_on_broker(broker, tmp_path) as qs:
        refused = refusals(qs.domain)
        for number in range(THINGS + 3):
            device_id = f"esp32-{number}"
            await qs.sends(event(f"a-{number}", device_id), device_id=device_id)
            await qs.acks(f"a-{number}", device_id=device_id)
        assert len(qs.heard) == THINGS + 3
        assert len(qs.registry.nodes) == THINGS
        assert {each.kind for each in refused} == {Newcomer.DEVICE}
        for number in range(PARTS + 3):
            kind = f"kind-{number}"
            await qs.sends(
                event(f"b-{number}", "esp32-0", event_type=kind), device_id="esp32-0"
            )
            await qs.acks(f"b-{number}", device_id="esp32-0")
        parts = sum(len(node.latest) for node in qs.registry.nodes)
        assert parts == PARTS
        assert {each.kind for each in refused} == {Newcomer.DEVICE, Newcomer.METRIC}
