"""Entity types: the built-in ones and custom ones (maestra.md §1.4)."""

from typing import Any

import pytest

from custom_components.maestra.core.domain.entity_type import BUILT_IN_TYPES
from custom_components.maestra.core.domain.entity_types import (
    MAX_ENTITY_TYPES,
    EntityTypes,
)
from custom_components.maestra.core.domain.errors import (
    AlreadyExists,
    EntityTypeInUse,
    InvalidField,
    TooMany,
    UnknownEntityType,
)
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.states import default_state
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)


@pytest.fixture
def types() -> EntityTypes:
    return EntityTypes()


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("space", {}),
        ("room", {}),
        ("zone", {}),
        ("installation", {}),
        ("device", {"power": "off"}),
        ("sensor", {"value": 0}),
        ("actuator", {"active": False}),
        ("controller", {}),
        ("media", {"playing": False}),
        ("group", {}),
        ("light", {"on": False, "brightness": 0, "color": "#ffffff"}),
        ("projector", {"on": False, "brightness": 100, "source": "hdmi-1"}),
        ("dmx_controller", {}),
    ],
)
def test_the_seeded_types_are_there_with_their_default_state(
    types: EntityTypes, name: str, default: JsonObject
) -> None:
    assert types[name].default_state == default
    assert types[name].built_in


def test_built_in_types_say_what_they_are(types: EntityTypes) -> None:
    for kind in types:
        described = kind.to_wire()
        assert described["description"]
        assert described["icon"]


def test_the_ids_of_built_in_types_are_the_same_everywhere(types: EntityTypes) -> None:
    assert [kind.id for kind in types] == [kind.id for kind in EntityTypes()]
    assert len({kind.id for kind in types}) == len(BUILT_IN_TYPES)


def test_types_are_listed_by_name(types: EntityTypes) -> None:
    types.create("a-first")

    names = [kind.name for kind in types]

    assert names == sorted(names)
    assert names[0] == "a-first"


def test_a_custom_type_has_every_field_of_the_protocol(types: EntityTypes) -> None:
    kind = types.create(
        "fog_machine",
        display_name="Fog",
        description="Makes fog",
        icon="mdi:weather-fog",
        state_schema={"type": "object"},
        default_state={"level": 0},
        metadata={"vendor": "x"},
    )

    wire = kind.to_wire()

    assert wire | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "name": "fog_machine",
        "display_name": "Fog",
        "description": "Makes fog",
        "icon": "mdi:weather-fog",
        "state_schema": {"type": "object"},
        "default_state": {"level": 0},
        "metadata": {"vendor": "x"},
        "created_at": "",
        "updated_at": "",
    }
    assert str(wire["created_at"]).endswith("Z")
    assert types.get("fog_machine") is kind


def test_a_type_without_a_display_name_is_called_by_its_name(
    types: EntityTypes,
) -> None:
    assert types.create("fog_machine").display_name == "Fog machine"


@pytest.mark.parametrize("name", ["light", "space"])
def test_a_name_is_taken_once(types: EntityTypes, name: str) -> None:
    with pytest.raises(AlreadyExists, match=f"Entity type {name} already exists"):
        types.create(name)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "update"},
        {"name": "set"},
        {"name": "A b"},
        {"name": ["a"]},
        {"display_name": "a" * 256},
        {"display_name": 5},
        {"description": 5},
        {"icon": "a" * 51},
        {"icon": ["mdi"]},
        {"state_schema": ["a"]},
        {"default_state": "a"},
        {"default_state": {str(number): 1 for number in range(600)}},
        {"metadata": [1]},
    ],
    ids=lambda fields: str(fields)[:30],
)
def test_a_type_with_a_wrong_field_is_refused(types: EntityTypes, fields: Any) -> None:
    with pytest.raises(InvalidField):
        types.create(**{"name": "fog"} | fields)

    assert types.get("fog") is None


def test_the_number_of_types_is_bounded(types: EntityTypes) -> None:
    for number in range(MAX_ENTITY_TYPES - len(BUILT_IN_TYPES)):
        types.create(f"type-{number}")

    with pytest.raises(TooMany, match="at most 500 entity types"):
        types.create("one-more")


def test_an_unused_custom_type_can_be_removed(types: EntityTypes) -> None:
    types.create("fog")

    types.remove("fog", in_use=False)

    with pytest.raises(UnknownEntityType, match="Entity type fog is not known"):
        types["fog"]


@pytest.mark.parametrize(("name", "in_use"), [("fog", True), ("light", False)])
def test_a_used_or_built_in_type_stays(
    types: EntityTypes, name: str, in_use: bool
) -> None:
    types.create("fog")

    with pytest.raises(EntityTypeInUse):
        types.remove(name, in_use=in_use)

    assert types.get(name) is not None


def test_an_unknown_type_can_not_be_removed(types: EntityTypes) -> None:
    with pytest.raises(UnknownEntityType):
        types.remove("fog", in_use=False)


def test_defaults_of_variables_overlay_those_of_the_type(types: EntityTypes) -> None:
    declared = {
        name: Variable(
            name=name,
            type=VariableType.NUMBER,
            direction=Direction.INPUT,
            default=default,
        )
        for name, default in {"brightness": 50, "pan": 0, "tilt": None}.items()
    }

    assert default_state(types["light"], declared) == {
        "on": False,
        "brightness": 50,
        "color": "#ffffff",
        "pan": 0,
    }
