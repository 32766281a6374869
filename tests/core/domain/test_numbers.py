"""Numbers are finite, and JSON can be written with them: whatever comes in, wherever it comes in."""

from collections.abc import Callable, Iterator
from contextlib import suppress
import json
import math
from typing import Any

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.source import HOME_ASSISTANT
from custom_components.maestra.core.domain.variables import Variable, is_number
from custom_components.maestra.core.store.json_text import as_number, json_text
from custom_components.maestra.core.transport.event_encoder import (
    ENCODED_EVENTS,
    EventEncoder,
)

from .conftest import Heard
from .strategies import json_values, scalars, texts

numbers = (
    scalars
    | st.floats()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**64, -(2**63) - 1])
)
anything = json_values(numbers)
objects = st.dictionaries(texts, anything, max_size=4)

DEVICE = {"hardware_id": "AA:01", "name": "A", "device_type": "esp32"}
EDGES: dict[str, Callable[[Domain, Any], object]] = {
    "create": lambda domain, said: domain.entities.create(
        name="B", entity_type="space", state=said
    ),
    "update": lambda domain, said: domain.entities.update(
        "a", said, source=HOME_ASSISTANT
    ),
    "set": lambda domain, said: domain.entities.set("a", said),
    "report": lambda domain, said: domain.entities.report(
        "new", said, source=HOME_ASSISTANT
    ),
    "metadata of an entity": lambda domain, said: domain.entities.edit(
        "a", {"metadata": said}
    ),
    "variable": lambda domain, said: domain.entities.define_variable(
        "a",
        Variable.from_wire(
            {
                "name": "v",
                "type": "object",
                "direction": "input",
                "defaultValue": said,
                "config": said,
            }
        ),
    ),
    "metadata of a device": lambda domain, said: domain.devices.heartbeat(
        "AA:01", metadata=said
    ),
    "tags": lambda domain, said: domain.devices.report_metric(
        "AA:01", {"metric_name": "m", "metric_value": 1, "tags": said}
    ),
    "metric": lambda domain, said: domain.devices.report_metrics(
        [
            ("AA:01", {"metric_name": "m", "metric_value": each})
            for each in said.values()
        ]
    ),
    "event": lambda domain, said: domain.devices.report_event(
        "AA:01", {"event_type": "e", "data": said}
    ),
    "command": lambda domain, said: domain.devices.command("AA:01", "c", said),
    "configuration": lambda domain, said: domain.configurations.push(
        domain.devices["AA:01"], said
    ),
}


def numbers_in(value: Any) -> Iterator[float]:
    """All numbers in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers_in(item)
    elif isinstance(value, int | float):
        yield value


@pytest.mark.parametrize("edge", EDGES)
@given(said=objects)
def test_what_is_no_number_is_refused_at_every_edge(edge: str, said: Any) -> None:
    """Or nothing of it is in a state, nor in anything that is told."""
    domain = Domain(Bus())
    domain.entities.create(name="A", entity_type="space")
    domain.devices.register(DEVICE)
    heard, encoder = Heard(domain.bus), EventEncoder()
    event: Any
    is_refused = False
    try:
        EDGES[edge](domain, said)
    except InvalidField:
        is_refused = True
    if all(is_number(each) for each in numbers_in(said) if not isinstance(each, bool)):
        return
    assert is_refused or edge == "metric"
    for entity in domain.entities:
        orjson.dumps(entity.to_wire())
        assert all(map(math.isfinite, numbers_in(entity.state)))
    for kind in ENCODED_EVENTS:
        for event in heard.of(kind):
            for encoded in encoder.encode(event):
                assert all(
                    map(math.isfinite, numbers_in(orjson.loads(encoded.payload)))
                )


@given(anything)
def test_no_row_has_what_is_no_number(value: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(json_text(value), parse_constant=refuse)
    with suppress(TypeError):
        number = as_number(value)
        assert number is None or math.isfinite(number)
