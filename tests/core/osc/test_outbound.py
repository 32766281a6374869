"""What OSC targets are told."""

from typing import Any

import orjson
import pytest

from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.events import Relayed, StateChanged
from custom_components.maestra.core.domain.json_values import (
    JsonObject,
    JsonValue,
    is_same,
)
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, Source
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.core.osc.codec import OscMessage, encode
from custom_components.maestra.core.osc.inbound import Inbound
from custom_components.maestra.core.osc.outbound import (
    ToOsc,
    read_to_osc,
    render,
    split_target,
)
from custom_components.maestra.core.osc.settings import OutputFilter, OutputMode
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from tests.core.domain.conftest import Heard

LIGHT = "/entity/state/light/wash-1"


def changed(domain: Domain, state: JsonObject, *, replace: bool = False) -> Any:
    """Change the light."""
    way = domain.entities.set if replace else domain.entities.update
    change = way("wash-1", state, source=HOME_ASSISTANT)
    assert change is not None
    return change


def told(
    change: StateChanged,
    mode: OutputMode = OutputMode.KEYS,
    output: OutputFilter = OutputFilter(),
) -> list[tuple[Any, ...]]:
    """Return address and only argument of each message."""
    return [
        (message.address, *message.arguments)
        for message in render(change, mode, output, EventEncoder())
    ]


def test_the_keys_and_the_whole_state_once(domain: Domain) -> None:
    state: JsonObject = {
        "on": True,
        "off": False,
        "level": 0.5,
        "name": "x",
        "none": None,
        "list": [1, 2],
        "pos": {"x": 1},
    }
    domain.entities.set("wash-1", {"none": 1, "off": True})
    messages = told(changed(domain, state, replace=True), OutputMode.KEYS_AND_STATE)
    *keys, (address, whole) = messages
    assert dict(keys) == {
        f"{LIGHT}/on": 1,
        f"{LIGHT}/off": 0,
        f"{LIGHT}/level": 0.5,
        f"{LIGHT}/name": "x",
        f"{LIGHT}/none": 0,
        f"{LIGHT}/list": "[1,2]",
        f"{LIGHT}/pos": '{"x":1}',
    }
    assert len(keys) == len(state)
    assert address == LIGHT
    assert orjson.loads(whole) == state


VALUES: dict[VariableType, JsonValue] = {
    VariableType.STRING: "2",
    VariableType.NUMBER: 0.5,
    VariableType.BOOLEAN: True,
    VariableType.ARRAY: [1, True],
    VariableType.COLOR: "#ff8800",
    VariableType.VECTOR2: {"x": 1, "y": 2},
    VariableType.VECTOR3: {"x": 1, "y": 2, "z": 3},
    VariableType.RANGE: 100,
    VariableType.ENUM: "auto",
    VariableType.OBJECT: {"a": {"b": True}},
}


@pytest.mark.parametrize("kind", VariableType)
def test_what_goes_out_comes_in_as_it_was(
    domain: Domain, heard: Heard, kind: VariableType
) -> None:
    """Whatever its type: an OSC client that sends back what it was told changes nothing."""
    variable = Variable(name="v", type=kind, direction=Direction.INPUT)
    domain.entities.set_variables("wash-1", [variable])
    ((_, said),) = told(changed(domain, {"v": VALUES[kind]}))
    heard.forget()

    Inbound("osc", domain).take(
        OscMessage("/entity/update/wash-1/v", (said,)), "peer", lambda *_: None
    )

    assert is_same(domain.entities["wash-1"].state["v"], VALUES[kind])
    assert heard.of(StateChanged) == []


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (VariableType.BOOLEAN, 7, 1),
        (VariableType.NUMBER, True, 1),
        (VariableType.NUMBER, "2.5", 2.5),
        (VariableType.STRING, 5, "5"),
        (VariableType.STRING, True, "true"),
    ],
)
def test_an_address_has_one_type_whatever_others_say(
    domain: Domain, kind: VariableType, value: JsonValue, said: JsonValue
) -> None:
    variable = Variable(name="v", type=kind, direction=Direction.INPUT)
    domain.entities.set_variables("wash-1", [variable])
    assert told(changed(domain, {"v": value})) == [(f"{LIGHT}/v", said)]


def test_a_key_that_is_gone_is_told_as_nil(domain: Domain) -> None:
    domain.entities.set("wash-1", {"brightness": 5, "x": 1})
    assert told(changed(domain, {"x": 2}, replace=True)) == [
        (f"{LIGHT}/brightness", None),
        (f"{LIGHT}/x", 2),
    ]


@pytest.mark.parametrize(
    ("mode", "address"),
    [
        (OutputMode.TOUCHDESIGNER, "/maestra/entity/state/wash-1"),
        (OutputMode.MAX, "/maestra/entity/state/light/wash-1"),
    ],
)
def test_the_whole_event(domain: Domain, mode: OutputMode, address: str) -> None:
    change = changed(domain, {"brightness": 5})
    ((found, text),) = told(change, mode)
    assert found == address
    event = orjson.loads(text)
    assert event["type"] == "state_changed"
    assert event["entity_slug"] == "wash-1"
    assert event["current_state"] == change.current
    assert event["changed_keys"] == ["brightness"]


@pytest.mark.parametrize(
    "output",
    [
        OutputFilter(),
        OutputFilter(entity_types=frozenset({"light"})),
        OutputFilter(slugs=frozenset({"wash-1"})),
        OutputFilter(keys=frozenset({"brightness"})),
        OutputFilter(path="wash_*"),
    ],
)
def test_what_filters_let_through(domain: Domain, output: OutputFilter) -> None:
    change = changed(domain, {"brightness": 5})
    assert told(change, output=output) == [(f"{LIGHT}/brightness", 5)]


@pytest.mark.parametrize(
    "output",
    [
        OutputFilter(entity_types=frozenset({"camera"})),
        OutputFilter(slugs=frozenset({"wash-2"})),
        OutputFilter(keys=frozenset({"color"})),
        OutputFilter(path="stage.*"),
        OutputFilter(path="no pattern"),
    ],
)
@pytest.mark.parametrize("mode", OutputMode)
def test_what_filters_keep_back(
    domain: Domain, output: OutputFilter, mode: OutputMode
) -> None:
    assert told(changed(domain, {"brightness": 5}), mode, output) == []


@pytest.mark.parametrize(
    ("key", "part"), [("a b", "a_b"), ("a/b", "a_b"), ("ä*", "__"), ("", "_")]
)
def test_a_key_is_always_one_part_of_an_address(
    domain: Domain, key: str, part: str
) -> None:
    ((address, value),) = told(changed(domain, {key: 5}))
    assert address == f"{LIGHT}/{part}"
    encode(address, [value])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            {"address": "/a", "values": [1, "x", True]},
            ToOsc("/a", encode("/a", [1, "x", True]), None),
        ),
        ({"address": "/a"}, ToOsc("/a", encode("/a"), None)),
        (
            {"address": "/a", "values": [], "target": "mixer"},
            ToOsc("/a", encode("/a"), "mixer"),
        ),
        (
            {"source": "websocket", "timestamp": "", "data": {"address": "/a"}},
            ToOsc("/a", encode("/a"), None),
        ),
    ],
)
def test_messages_for_osc(body: Any, found: ToOsc) -> None:
    relayed = Relayed("maestra.to_osc.anything", body, Source("x", "nats"))
    assert read_to_osc(relayed) == found


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"address": 5},
        {"address": "no address"},
        {"address": "/a", "values": 5},
        {"address": "/a", "values": [{}]},
        {"address": "/a", "target": 5},
        {"address": "/a", "target": "x" * 300},
    ],
)
def test_messages_for_osc_that_are_none(body: Any) -> None:
    with pytest.raises(InvalidField):
        read_to_osc(Relayed("maestra.to_osc.x", body, Source("x", "nats")))


@pytest.mark.parametrize(
    "subject", ["maestra.to_osc", "maestra.to_osc.a.b", "maestra.osc.a", "maestra.x"]
)
def test_other_subjects(subject: str) -> None:
    assert read_to_osc(Relayed(subject, {"address": "/a"}, Source("x", "nats"))) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10.0.0.5", ("10.0.0.5", 57121)),
        ("10.0.0.5:8000", ("10.0.0.5", 8000)),
        ("fe80::1", ("fe80::1", 57121)),
        ("[fe80::1]", ("fe80::1", 57121)),
        ("[fe80::1]:8000", ("fe80::1", 8000)),
        ("10.0.0.5:", None),
        ("10.0.0.5:x", None),
        ("10.0.0.5:0", None),
        ("10.0.0.5:65536", None),
        ("10.0.0.5:9999999", None),
    ],
)
def test_where_a_message_is_to_go(text: str, found: Any) -> None:
    assert split_target(text, 57121) == found
