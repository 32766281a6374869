"""States that clients send, of known and unknown entities."""

from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain.entities import Entities
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    MaestraError,
    TooMany,
    UnknownEntity,
)
from custom_components.maestra.core.domain.events import (
    EntityCreated,
    EntityMoved,
    EntityUpdated,
    NewcomerRefused,
    StateChanged,
)
from custom_components.maestra.core.domain.newcomers import (
    THINGS_AT_ONCE,
    Newcomer,
    Newcomers,
)
from custom_components.maestra.core.domain.source import Source

from .conftest import Clock, Heard

MQTT = Source("esp32", "mqtt-1")


@pytest.fixture
def calm(entities: Entities, bus: Bus, clock: Clock) -> Entities:
    """Entities whose newcomers are limited by a clock that stands still."""
    entities._newcomers = Newcomers(bus, clock)
    return entities


def deep(levels: int) -> Any:
    """Objects in objects."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def test_a_known_entity_is_merged_or_replaced(calm: Entities) -> None:
    entity = calm.create(name="A", entity_type="space", state={"a": 1, "b": 2})

    calm.report("a", {"a": 3}, source=MQTT)
    assert entity.state == {"a": 3, "b": 2}

    calm.report("a", {"a": 4}, replace=True, source=MQTT)
    assert entity.state == {"a": 4}


def test_an_id_is_as_good_as_a_slug(calm: Entities) -> None:
    entity = calm.create(name="A", entity_type="space")

    calm.report(entity.id, {"a": 1}, source=MQTT)

    assert entity.state == {"a": 1}
    assert len(calm) == 1


@pytest.mark.parametrize("replace", [False, True])
def test_an_unknown_entity_is_made_a_device_with_guessed_variables(
    calm: Entities, heard: Heard, replace: bool
) -> None:
    change = calm.report(
        "sensor_node-7", {"temperature": 21.5}, replace=replace, source=MQTT
    )

    entity = calm["sensor_node-7"]
    assert change is not None
    assert (entity.name, entity.type.name) == ("Sensor Node 7", "device")
    assert entity.state == {"temperature": 21.5}
    assert entity.variables["temperature"].inferred
    assert entity.gateway == "mqtt-1"
    assert heard.kinds == [EntityCreated, EntityUpdated, StateChanged]
    assert heard.the(StateChanged).previous == {}
    assert heard.of(EntityMoved) == []


@pytest.mark.parametrize("slug", ["-", "_", "---"])
def test_a_slug_without_letters_is_its_own_name(calm: Entities, slug: str) -> None:
    calm.report(slug, {"a": 1}, source=MQTT)

    assert calm[slug].name == slug


def test_by_the_rules_an_unknown_entity_is_refused(
    calm: Entities, heard: Heard
) -> None:
    calm.rules.create_unknown = False

    with pytest.raises(UnknownEntity, match="Entity node is not known"):
        calm.report("node", {"a": 1}, source=MQTT)

    assert heard.kinds == []
    assert len(calm) == 0


@pytest.mark.parametrize(
    ("slug", "state"),
    [("A b", {"a": 1}), ("", {"a": 1}), ("a" * 101, {"a": 1}), ("node", deep(17))],
    ids=["slug", "empty slug", "long slug", "deep state"],
)
def test_nothing_is_made_of_a_message_that_is_refused(
    calm: Entities, heard: Heard, slug: str, state: Any
) -> None:
    with pytest.raises(InvalidField):
        calm.report(slug, state, source=MQTT)

    assert len(calm) == 0
    assert heard.kinds == []


def test_a_flood_of_new_names_is_stopped_and_goes_on_slowly(
    calm: Entities, heard: Heard, clock: Clock
) -> None:
    for number in range(THINGS_AT_ONCE):
        calm.report(f"node-{number}", {}, source=MQTT)

    with pytest.raises(TooMany, match="at most 60 new entities a minute"):
        calm.report("one-more", {}, source=MQTT)
    refused = heard.the(NewcomerRefused)
    assert (refused.kind, refused.name, refused.source) == (
        Newcomer.ENTITY,
        "one-more",
        MQTT,
    )

    calm.report("node-0", {"a": 1}, source=MQTT)
    clock.pass_by(1)
    calm.report("one-more", {}, source=MQTT)
    with pytest.raises(MaestraError):
        calm.report("another", {}, source=MQTT)

    assert len(calm) == THINGS_AT_ONCE + 1
