"""Our addresses as OSCQuery describes them."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.core.osc.gateway import OscGateway
from custom_components.maestra.core.osc.settings import OscSettings
from custom_components.maestra.core.transport.access import Access
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from tests.kits.osc import HOST, OscPeer

HEAD = "/entity/update/head"


@pytest.fixture
def domain(domain: Domain) -> Domain:
    """A domain with a variable of each type."""
    domain.entities.create(
        name="Head", entity_type="device", slug="head", with_defaults=False
    )
    described: list[tuple[str, VariableType, Any]] = [
        ("level", VariableType.NUMBER, {"min": 0, "max": 255}),
        ("zoom", VariableType.RANGE, {}),
        ("on", VariableType.BOOLEAN, {}),
        ("color", VariableType.COLOR, {}),
        ("pos", VariableType.VECTOR3, {"min": -1}),
        ("mode", VariableType.ENUM, {"options": ["a", "b"]}),
        ("list", VariableType.ARRAY, {}),
        ("facts", VariableType.OBJECT, {}),
        ("name of it", VariableType.STRING, {}),
    ]
    domain.entities.set_variables(
        "head",
        [
            Variable(
                name=name,
                type=kind,
                direction=Direction.INPUT,
                config=config,
                description=f"The {name}",
            )
            for name, kind, config in described
        ]
        + [Variable(name="temp", type=VariableType.NUMBER, direction=Direction.OUTPUT)],
    )
    return domain


@asynccontextmanager
async def described(domain: Domain, **access: Any) -> AsyncIterator[OscGateway]:
    settings = OscSettings(
        host=HOST, port=0, oscquery_port=0, name="Show", access=Access(**access)
    )
    gateway = OscGateway(domain, EventEncoder(), settings)
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()
    assert gateway.oscquery_port == 0


@pytest.fixture
async def gateway(domain: Domain) -> AsyncGenerator[OscGateway]:
    async with described(domain) as gateway:
        yield gateway


async def ask(
    gateway: OscGateway, path: str, **headers: str
) -> tuple[int, dict[str, Any]]:
    """Return status and body."""
    url = f"http://{HOST}:{gateway.oscquery_port}{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers) as response,
    ):
        text = await response.read()
        return response.status, (await response.json() if text else {})


async def test_who_we_are(gateway: OscGateway) -> None:
    status, body = await ask(gateway, "/?HOST_INFO")
    assert status == 200
    assert (body["NAME"], body["OSC_PORT"]) == ("Show", gateway.port)
    assert body["OSC_TRANSPORT"] == "UDP"
    assert body["EXTENSIONS"]["VALUE"] is True


async def test_the_tree(domain: Domain, gateway: OscGateway) -> None:
    _, tree = await ask(gateway, "/")
    assert tree["FULL_PATH"] == "/"
    entities = tree["CONTENTS"]["entity"]["CONTENTS"]["update"]["CONTENTS"]
    assert set(entities) == {"wash-1", "head"}
    for path, below in (
        ("/entity", tree["CONTENTS"]["entity"]),
        ("/entity/update", tree["CONTENTS"]["entity"]["CONTENTS"]["update"]),
        (HEAD, entities["head"]),
        (f"{HEAD}/level", entities["head"]["CONTENTS"]["level"]),
    ):
        assert await ask(gateway, path) == (200, below)


async def test_each_kind_of_variable(domain: Domain, gateway: OscGateway) -> None:
    domain.entities.update(
        "head",
        {
            "level": 7,
            "color": "#ff8800",
            "pos": {"x": 0.5},
            "list": [1, "x", True],
            "on": True,
        },
    )
    _, head = await ask(gateway, HEAD)
    nodes = head["CONTENTS"]
    assert head["DESCRIPTION"] == "Head"
    assert nodes["level"] == {
        "FULL_PATH": f"{HEAD}/level",
        "ACCESS": 3,
        "TYPE": "f",
        "VALUE": [7],
        "RANGE": [{"MIN": 0, "MAX": 255}],
        "DESCRIPTION": "The level",
    }
    assert nodes["zoom"]["RANGE"] == [{"MIN": 0, "MAX": 100}]
    assert (nodes["on"]["TYPE"], nodes["on"]["VALUE"]) == ("T", [True])
    assert (nodes["color"]["TYPE"], nodes["color"]["VALUE"]) == ("r", ["#FF8800FF"])
    assert nodes["pos"]["CONTENTS"]["x"] == {
        "FULL_PATH": f"{HEAD}/pos/x",
        "ACCESS": 3,
        "TYPE": "f",
        "VALUE": [0.5],
        "RANGE": [{"MIN": -1}],
    }
    assert nodes["mode"]["RANGE"] == [{"VALS": ["a", "b"]}]
    assert (nodes["list"]["TYPE"], nodes["list"]["VALUE"]) == ("fsT", [1, "x", True])
    assert "TYPE" not in nodes["facts"]
    assert nodes["temp"]["ACCESS"] == 1
    # No OSC client can send there.
    assert "name of it" not in nodes


async def test_what_is_described_can_be_sent(
    domain: Domain, gateway: OscGateway
) -> None:
    async with OscPeer(gateway.port) as peer:
        peer.send(f"{HEAD}/pos/x", 0.25)
        peer.send("/maestra/query/entity/head")
        await peer.receives("/entity/state/device/head")
    status, body = await ask(gateway, f"{HEAD}/pos/x?VALUE")
    assert (status, body) == (200, {"VALUE": [0.25]})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/entity/set", 404),
        ("/entity/update/nobody", 404),
        (f"{HEAD}/nothing", 404),
        (f"{HEAD}/level/deeper", 404),
        (f"{HEAD}?VALUE", 204),
        (f"{HEAD}?NONSENSE", 400),
        (f"{HEAD}/level?TYPE&ACCESS", 200),
    ],
)
async def test_answers(gateway: OscGateway, path: str, status: int) -> None:
    assert (await ask(gateway, path))[0] == status


async def test_an_entity_has_one_address(domain: Domain, gateway: OscGateway) -> None:
    path = f"/entity/update/{domain.entities['head'].id}"
    assert (await ask(gateway, path))[0] == 404


async def test_who_may_ask(domain: Domain) -> None:
    async with described(domain, token="secret") as gateway:
        assert (await ask(gateway, "/"))[0] == 401
        assert (await ask(gateway, "/?token=wrong"))[0] == 401
        assert (await ask(gateway, f"{HEAD}/level?token=secret"))[0] == 200
        assert (await ask(gateway, "/", Authorization="Bearer secret"))[0] == 200
    async with described(domain) as gateway:
        assert (await ask(gateway, "/", Origin="http://evil.example"))[0] == 403
    async with described(domain, rate=0.001, burst=1) as gateway:
        assert (await ask(gateway, "/"))[0] == 200
        assert (await ask(gateway, "/"))[0] == 429
