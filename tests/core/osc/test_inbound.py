"""What an OSC message says to us."""

import tracemalloc
from typing import Any

import orjson
import pytest

from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.events import (
    OscReceived,
    Relayed,
    StateChanged,
)
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.osc.codec import OscMessage
from custom_components.maestra.core.osc.inbound import (
    Inbound,
    address_map,
    read_commands,
)
from custom_components.maestra.core.osc.settings import OscMap
from custom_components.maestra.core.transport.commands import Malformed, StateCommand
from tests.core.domain.conftest import Heard

PEER = "10.0.0.5:9000"
MAPS: list[dict[str, Any]] = [
    {"osc_address": "/1/fader1", "entity_slug": "wash-1", "state_key": "brightness"},
    {"osc_address": "/1/xy", "entity_slug": "head", "state_keys": ["pan", "tilt"]},
    {
        "osc_address": "/1/all",
        "entity_slug": "wash-1",
        "state_key": "scene",
        "operation": "set",
    },
    {"osc_address": "/1/fader1", "entity_slug": "wash-2", "state_key": "brightness"},
]


def commands(address: str, *arguments: Any) -> list[Any]:
    """Return what a message changes: slug, state, source, and whether it replaces."""
    found = read_commands(
        OscMessage(address, arguments), address_map(map(OscMap.from_wire, MAPS))
    )
    assert not isinstance(found, Malformed)
    return [(each.slug, each.state, each.source, each.replace) for each in found]


@pytest.mark.parametrize(
    ("address", "arguments", "state"),
    [
        ("/entity/update/wash-1/brightness", (0.5,), {"brightness": 0.5}),
        ("/entity/update/wash-1/pos", (1, 2, 3), {"pos": [1, 2, 3]}),
        ("/entity/update/wash-1/go", (), {"go": []}),
        ("/entity/update/wash-1/a/b/c", (True,), {"a": {"b": {"c": True}}}),
        ("/entity/update/wash-1/text", ('{"a": 1}',), {"text": '{"a": 1}'}),
        ("/entity/update/wash-1", ("a", 1, "b", 2.5), {"a": 1, "b": 2.5}),
        ("/entity/update/wash-1", ("a", 1, 2, 3), {"a": 1, "2": 3}),
        ("/entity/update/wash-1", ('{"a": {"b": null}}',), {"a": {"b": None}}),
        (
            "/entity/update/wash-1",
            ('{"state": {"a": 1}, "source": "x"}',),
            {"state": {"a": 1}, "source": "x"},
        ),
    ],
)
def test_our_addresses(address: str, arguments: Any, state: Any) -> None:
    assert commands(address, *arguments) == [("wash-1", state, "osc", False)]
    replaced = address.replace("update", "set", 1)
    assert commands(replaced, *arguments) == [("wash-1", state, "osc", True)]


def test_nothing_is_kept_of_long_addresses() -> None:
    """Whoever sends one after the other must not fill the memory."""
    tracemalloc.start()
    try:
        for number in range(100):
            key = f"{number}".zfill(50_000)
            assert commands(f"/entity/update/wash-1/{key}", 1)[0][1] == {key: 1}
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/entity/update/wash-1", ()),
        ("/entity/update/wash-1", ("a", 1, "b")),
        ("/entity/update/wash-1", (1, 2)),
        ("/entity/update/wash-1", (5,)),
        ("/entity/update/wash-1", ("[1, 2]",)),
        ("/entity/update/wash-1", ("no JSON",)),
        ("/entity/update/wash-1", ('{"a": NaN}',)),
        ("/entity/update/wash 1/x", (1,)),
        ("/entity/update/wash.1/x", (1,)),
        ("/entity/update//x", (1,)),
        ("/entity/update/wash-1/", (1,)),
        ("/entity/update/wash-1/a//b", (1,)),
        ("/maestra/entity/state/update/wash-1", ()),
        ("/maestra/entity/state/update/wash-1", (5,)),
        ("/maestra/entity/state/update/wash-1", ("[]",)),
        ("/maestra/entity/state/update/wash-1", ("{}", 1)),
    ],
)
def test_what_is_meant_for_us_and_makes_no_sense(address: str, arguments: Any) -> None:
    assert isinstance(read_commands(OscMessage(address, arguments), {}), Malformed)


@pytest.mark.parametrize(
    "address",
    [
        "/device/sensor/temp",
        "/entity",
        "/entity/update",
        "/entity/state/light/wash-1/brightness",
        "/entity/delete/wash-1",
        "/maestra/entity/state/light/wash-1",
        "/",
    ],
)
def test_what_is_not_for_us(address: str) -> None:
    assert commands(address, "{}") == []


@pytest.mark.parametrize(
    ("body", "state", "source"),
    [
        ({"state": {"a": 1}, "source": "max"}, {"a": 1}, "max"),
        ({"state": {"a": 1}}, {"a": 1}, "osc"),
        ({"a": 1}, {"a": 1}, "osc"),
    ],
)
def test_the_addresses_of_the_max_and_touchdesigner_documents(
    body: Any, state: Any, source: str
) -> None:
    text = orjson.dumps(body).decode()
    assert commands("/maestra/entity/state/update/wash-1", text) == [
        ("wash-1", state, source, False)
    ]
    assert commands("/maestra/entity/state/set/wash-1", text) == [
        ("wash-1", state, source, True)
    ]


def test_mapped_addresses() -> None:
    assert commands("/1/fader1", 0.5) == [
        ("wash-1", {"brightness": 0.5}, "osc", False),
        ("wash-2", {"brightness": 0.5}, "osc", False),
    ]
    assert commands("/1/xy", 1, 2) == [("head", {"pan": 1, "tilt": 2}, "osc", False)]
    assert commands("/1/xy", 1) == [("head", {"pan": 1}, "osc", False)]
    assert commands("/1/xy", 1, 2, 3) == [("head", {"pan": 1, "tilt": 2}, "osc", False)]
    assert commands("/1/xy") == []
    assert commands("/1/all", 1, 2) == [("wash-1", {"scene": [1, 2]}, "osc", True)]
    assert commands("/1/fader") == []


@pytest.mark.parametrize("entry", MAPS)
def test_a_map_is_written_as_it_was_read(entry: dict[str, Any]) -> None:
    assert OscMap.from_wire(entry).to_wire() == {"operation": "update", **entry}


@pytest.mark.parametrize(
    "wrong",
    [
        {"osc_address": "1"},
        {"osc_address": None},
        {"osc_address": "/entity/update/x"},
        {"entity_slug": "No Slug"},
        {"entity_slug": 5},
        {"operation": "delete"},
        {"state_key": None},
        {"state_key": "a", "state_keys": ["b"]},
        {"state_keys": "ab", "state_key": None},
        {"state_keys": ["a"] * 101, "state_key": None},
        {"state_keys": [5], "state_key": None},
    ],
)
def test_maps_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        OscMap.from_wire(MAPS[0] | wrong)


def refused(inbound: Inbound, address: str, *arguments: Any) -> list[tuple[str, ...]]:
    """Take a message and return what was refused."""
    told: list[tuple[str, ...]] = []
    message = OscMessage(address, arguments)
    accepted = inbound.take(message, PEER, lambda *rejection: told.append(rejection))
    assert accepted is not bool(told)
    return told


def test_a_message_is_told_once_to_whoever_listens(
    domain: Domain, heard: Heard
) -> None:
    assert not refused(Inbound("osc", domain), "/device/sensor/temp", 21, "x", None)
    received = heard.the(OscReceived)
    assert received.address == "/device/sensor/temp"
    assert received.arguments == (21, "x", None)
    assert (received.peer, received.gateway) == (PEER, "osc")
    relayed = heard.the(Relayed)
    assert relayed.subject == "maestra.osc.device.sensor.temp"
    assert relayed.source == Source("osc", "osc", PEER)
    assert isinstance(relayed.data, dict)
    assert not str(relayed.data.pop("timestamp")).endswith("Z")
    assert relayed.data == {
        "source": "osc",
        "address": "/device/sensor/temp",
        "values": [21, "x", None],
    }


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("/a.b/*", "maestra.osc.a%2Eb.%2A"),
        ("/", "maestra.osc.%"),
        ("/a//b", "maestra.osc.a.%.b"),
        ("/>", "maestra.osc.%3E"),
    ],
)
def test_an_address_can_not_be_another_subject(
    domain: Domain, heard: Heard, address: str, subject: str
) -> None:
    refused(Inbound("osc", domain), address)
    assert heard.the(Relayed).subject == subject


def test_an_address_too_long_for_a_subject_is_told_to_triggers_only(
    domain: Domain, heard: Heard
) -> None:
    refused(Inbound("osc", domain), "/" + "a" * 511)
    assert heard.of(Relayed) == []
    assert heard.the(OscReceived)


def test_a_state_is_taken_over_and_told_too(domain: Domain, heard: Heard) -> None:
    inbound = Inbound("osc", domain)
    assert not refused(inbound, "/entity/update/wash-1/brightness", 12)
    change = heard.the(StateChanged)
    assert change.current["brightness"] == 12
    assert change.source == Source("osc", "osc", PEER)
    message, command = heard.of(Relayed)
    assert message.subject == "maestra.osc.entity.update.wash-1.brightness"
    assert command.subject == "maestra.entity.state.update.wash-1"
    assert command.data == {"state": {"brightness": 12}, "source": "osc"}
    assert command.source == Source("osc", "osc", PEER)


def test_who_a_client_says_to_be(domain: Domain, heard: Heard) -> None:
    body = '{"state": {"brightness": 3}, "source": "max"}'
    refused(Inbound("osc", domain), "/maestra/entity/state/set/wash-1", body)
    assert heard.the(StateChanged).source == Source("max", "osc", PEER)
    command = heard.of(Relayed)[-1]
    assert command.subject == "maestra.entity.state.set.wash-1"
    assert command.data == {"state": {"brightness": 3}, "source": "max"}


def test_nothing_is_made_that_nobody_listens_to(domain: Domain) -> None:
    assert not domain.bus.has_listeners(Relayed)
    assert not refused(Inbound("osc", domain), "/entity/update/wash-1/brightness", 7)
    assert domain.entities["wash-1"].state["brightness"] == 7


def test_refusals(domain: Domain) -> None:
    domain.entities.rules.create_unknown = False
    inbound = Inbound("osc", domain)
    assert [told[:2] for told in refused(inbound, "/entity/update/nobody/x", 1)] == [
        ("/entity/update/nobody/x", "unknown_entity")
    ]
    assert [told[:2] for told in refused(inbound, "/entity/update/wash-1", 5)] == [
        ("/entity/update/wash-1", "malformed")
    ]
    deep = "/entity/update/wash-1" + "/a" * 100
    assert [told[:2] for told in refused(inbound, deep, 5)] == [(deep, "invalid_field")]


@pytest.mark.parametrize(
    ("before", "arguments", "after", "is_told"),
    [
        (True, (1.0,), True, False),
        (True, (0.0,), False, True),
        (False, (0.7,), True, True),
        (False, ("on",), True, True),
        (False, (False,), False, False),
        (False, ("sideways",), "sideways", True),
    ],
)
@pytest.mark.parametrize(
    "address",
    ["/entity/update/wash-1/on", "/button", "/entity/set/wash-1/on"],
)
def test_a_client_without_truth_values_sets_a_switch(
    domain: Domain,
    heard: Heard,
    address: str,
    before: bool,
    arguments: Any,
    after: Any,
    is_told: bool,
) -> None:
    domain.entities.set("wash-1", {"on": before})
    heard.forget()
    row = {"osc_address": "/button", "entity_slug": "wash-1", "state_key": "on"}
    inbound = Inbound("osc", domain, [OscMap.from_wire(row)])

    assert not refused(inbound, address, *arguments)

    assert domain.entities["wash-1"].state["on"] is after
    assert bool(heard.of(StateChanged)) is is_told


def test_maps_can_be_replaced(domain: Domain) -> None:
    inbound = Inbound("osc", domain, [OscMap.from_wire(MAPS[0])])
    refused(inbound, "/1/fader1", 5)
    inbound.maps = address_map([])
    refused(inbound, "/1/fader1", 6)
    assert domain.entities["wash-1"].state["brightness"] == 5


def test_a_command_is_the_one_of_all_gateways() -> None:
    found = read_commands(OscMessage("/entity/set/x/y", (1,)), {})
    assert isinstance(found, tuple)
    assert isinstance(found[0], StateCommand)
