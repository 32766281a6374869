"""Declaring, replacing and removing variables, and holding a state against them (maestra.md §1.7)."""

from typing import Any

import pytest

from custom_components.maestra.core.domain.entities import Entities
from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.domain.errors import (
    AlreadyExists,
    TooMany,
    UnknownEntity,
    UnknownVariable,
)
from custom_components.maestra.core.domain.events import EntityUpdated, StateChanged
from custom_components.maestra.core.domain.json_values import JsonValue
from custom_components.maestra.core.domain.source import HOME_ASSISTANT
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)

from .conftest import Heard


def declared(
    name: str, kind: str = "number", direction: str = "input", **fields: Any
) -> Variable:
    """A variable."""
    return Variable(
        name=name, type=VariableType(kind), direction=Direction(direction), **fields
    )


@pytest.fixture
def node(entities: Entities, heard: Heard) -> Entity:
    """A device with a guessed temperature."""
    entity = entities.create(
        name="Node", entity_type="device", state={"temperature": 21}
    )
    heard.forget()
    return entity


def test_a_declared_variable_stays_and_is_told(
    entities: Entities, node: Entity, heard: Heard
) -> None:
    pan, mode = declared("pan"), declared("mode", "string", "output")
    entities.define_variable("node", pan, source=HOME_ASSISTANT)
    entities.define_variable("node", mode)

    assert node.variables["pan"] is pan
    assert heard.of(EntityUpdated)[-1].changes == {
        "variables": {"inputs": [pan.to_wire()], "outputs": [mode.to_wire()]}
    }
    assert heard.of(EntityUpdated)[0].source == HOME_ASSISTANT


def test_a_guess_gives_way_to_a_declaration(entities: Entities, node: Entity) -> None:
    entities.define_variable(
        "node", declared("temperature", config={"unit": "°C"}), replace=False
    )

    assert node.variables["temperature"].config == {"unit": "°C"}
    assert not node.variables["temperature"].inferred


def test_other_keys_are_still_guessed(entities: Entities, node: Entity) -> None:
    entities.define_variable("node", declared("pan"))
    entities.update("node", {"humidity": 40})

    assert node.variables["humidity"].inferred


def test_a_declaration_gives_way_only_when_replaced(
    entities: Entities, node: Entity
) -> None:
    entities.define_variable("node", declared("pan"))

    with pytest.raises(AlreadyExists, match="Variable pan already exists"):
        entities.define_variable("node", declared("pan", "string"), replace=False)
    assert node.variables["pan"].type is VariableType.NUMBER

    entities.define_variable("node", declared("pan", "string", "output"))
    assert node.variables_to_wire() == {
        "inputs": [],
        "outputs": [declared("pan", "string", "output").to_wire()],
    }


@pytest.mark.parametrize(
    ("value", "filled"), [(None, 5), (21, 21), (0, 0), ("text", "text"), (False, False)]
)
def test_a_default_fills_a_missing_value_only(
    entities: Entities, node: Entity, value: JsonValue, filled: JsonValue
) -> None:
    entities.update("node", {"pan": value})

    entities.define_variable("node", declared("pan", default=5))

    assert node.state["pan"] == filled


def test_a_default_that_is_filled_in_is_a_change(
    entities: Entities, node: Entity, heard: Heard
) -> None:
    entities.define_variable("node", declared("pan", default=5), source=HOME_ASSISTANT)

    assert heard.kinds == [EntityUpdated, StateChanged]
    assert heard.the(StateChanged).changed_keys == ("pan",)
    assert heard.the(StateChanged).source == HOME_ASSISTANT


def test_false_and_zero_are_defaults_too(entities: Entities, node: Entity) -> None:
    entities.define_variable("node", declared("pan", default=0))
    entities.define_variable("node", declared("ok", "boolean", default=False))

    assert (node.state["pan"], node.state["ok"]) == (0, False)


def test_the_number_of_variables_is_bounded(entities: Entities, node: Entity) -> None:
    many = [declared(f"v{number}") for number in range(257)]
    with pytest.raises(TooMany, match="at most 256 variables"):
        entities.set_variables("node", many)
    assert list(node.variables) == ["power", "temperature"]

    entities.set_variables("node", many[:256])
    with pytest.raises(TooMany):
        entities.define_variable("node", many[256])
    entities.define_variable("node", declared("v0", "string"))

    assert len(node.variables) == 256


def test_replacing_all_leaves_only_the_declared(
    entities: Entities, node: Entity
) -> None:
    entities.define_variable("node", declared("pan"))

    entities.set_variables("node", [declared("tilt", default=3)])
    entities.update("node", {"humidity": 40})

    assert list(node.variables) == ["tilt"]
    assert node.state["tilt"] == 3


def test_a_removed_variable_leaves_its_value_and_does_not_come_back(
    entities: Entities, node: Entity, heard: Heard
) -> None:
    entities.remove_variable("node", "temperature")
    heard.forget()
    entities.update("node", {"temperature": 22})

    assert "temperature" not in node.variables
    assert node.state["temperature"] == 22
    assert heard.kinds == [StateChanged]


def test_what_is_not_there_can_not_be_removed(entities: Entities, node: Entity) -> None:
    with pytest.raises(UnknownVariable, match="Entity node has no variable pan"):
        entities.remove_variable("node", "pan")


@pytest.mark.parametrize(
    "call", ["define_variable", "set_variables", "remove_variable"]
)
def test_an_unknown_entity_has_no_variables(entities: Entities, call: str) -> None:
    with pytest.raises(UnknownEntity):
        getattr(entities, call)("nobody", declared("pan"))


def test_a_state_is_held_against_its_variables(
    entities: Entities, node: Entity
) -> None:
    pan, tilt, mode = (
        declared("pan"),
        declared("tilt", required=True),
        declared("mode", "string"),
    )
    entities.set_variables("node", [pan, tilt, mode, declared("absent")])
    entities.set("node", {"pan": "left", "mode": None, "extra": 1})

    assert node.validate() == {
        "entity_id": node.id,
        "valid": False,
        "warnings": [tilt.missing, pan.warning("left", "expected a number")],
        "missing_required": ["tilt"],
        "undefined_keys": ["extra"],
    }


def test_a_state_that_fits_is_valid(entities: Entities, node: Entity) -> None:
    entities.define_variable("node", declared("temperature", required=True))

    assert node.validate() == {
        "entity_id": node.id,
        "valid": True,
        "warnings": [],
        "missing_required": [],
        "undefined_keys": ["power"],
    }
