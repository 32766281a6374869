"""How states change, and what is said of values that do not fit (maestra.md §0, §1.6, §1.7)."""

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.entities import Entities
from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    InvalidValue,
    UnknownEntity,
)
from custom_components.maestra.core.domain.events import (
    EntityMoved,
    EntityUpdated,
    StateChanged,
)
from custom_components.maestra.core.domain.json_values import (
    JsonObject,
    JsonValue,
    changed_keys,
    deep_merge,
)
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, Source
from custom_components.maestra.core.domain.states import MAX_VARIABLES
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)

from .conftest import Heard
from .strategies import objects

MQTT = Source("touchdesigner", "mqtt-1")

PAN = Variable(
    name="pan",
    type=VariableType.NUMBER,
    direction=Direction.INPUT,
    required=True,
    config={"min": -180, "max": 180},
)
AT = Variable(name="at", type=VariableType.VECTOR2, direction=Direction.INPUT)


@pytest.fixture
def head(entities: Entities, heard: Heard) -> Entity:
    """A moving head with a required and an optional input."""
    entity = entities.create(
        name="Head",
        entity_type="space",
        variables=[PAN, AT],
        state={"pan": 0, "mode": "idle"},
    )
    heard.forget()
    return entity


class TestUpdate:
    def test_a_patch_is_merged_and_told(
        self, entities: Entities, head: Entity, heard: Heard
    ) -> None:
        change = entities.update(
            "head", {"pan": 5, "fx": {"a": 1}}, source=HOME_ASSISTANT
        )

        assert change is heard.the(StateChanged)
        assert change.entity is head
        assert change.previous == {"pan": 0, "mode": "idle"}
        assert (
            change.current == head.state == {"pan": 5, "mode": "idle", "fx": {"a": 1}}
        )
        assert set(change.changed_keys) == {"pan", "fx"}
        assert change.source == HOME_ASSISTANT
        assert change.timestamp == head.state_updated_at
        assert change.warnings == []

    def test_an_entity_may_be_named_by_its_id(
        self, entities: Entities, head: Entity
    ) -> None:
        entities.update(head.id, {"pan": 5})

        assert head.state["pan"] == 5

    @pytest.mark.parametrize(
        "patch", [{}, {"pan": 0}, {"pan": 0.0}, {"unknown": None}], ids=str
    )
    def test_without_a_difference_only_the_time_moves(
        self, entities: Entities, head: Entity, heard: Heard, patch: JsonObject
    ) -> None:
        before = head.state_updated_at

        assert entities.update("head", patch) is None

        assert heard.kinds == []
        assert head.state_updated_at > before

    @pytest.mark.parametrize("change", ["update", "set"])
    def test_a_number_over_a_truth_value_is_a_change(
        self, entities: Entities, head: Entity, heard: Heard, change: str
    ) -> None:
        entities.set("head", {"pan": True, "fx": {"a": [0]}})
        heard.forget()

        getattr(entities, change)("head", {"pan": 1, "fx": {"a": [False]}})

        assert set(heard.the(StateChanged).changed_keys) == {"pan", "fx"}
        assert head.state["pan"] is not True

    def test_null_is_stored_and_a_change(
        self, entities: Entities, head: Entity
    ) -> None:
        change = entities.update("head", {"mode": None})

        assert change is not None
        assert change.changed_keys == ("mode",)
        assert head.state == {"pan": 0, "mode": None}

    def test_states_that_were_told_never_change(
        self, entities: Entities, heard: Heard
    ) -> None:
        entities.create(name="A", entity_type="space", state={"fx": {"a": 1}})
        entities.update("a", {"fx": {"b": 2}})
        entities.update("a", {"fx": {"a": 3}})

        first, second = heard.of(StateChanged)
        assert first.previous == {"fx": {"a": 1}}
        assert first.current == second.previous == {"fx": {"a": 1, "b": 2}}
        assert second.current == {"fx": {"a": 3, "b": 2}}

    def test_an_unknown_entity_is_refused(self, entities: Entities) -> None:
        with pytest.raises(UnknownEntity):
            entities.update("nobody", {"a": 1})

    @pytest.mark.parametrize("change", ["update", "set"])
    def test_a_refused_state_changes_nothing(
        self, entities: Entities, head: Entity, heard: Heard, change: str
    ) -> None:
        before = head.state
        deep: Any = {}
        for _ in range(20):
            deep = {"a": deep}

        with pytest.raises(InvalidField):
            getattr(entities, change)("head", {"pan": 1, "deep": deep})

        assert head.state is before
        assert heard.kinds == []


class TestSet:
    def test_a_state_replaces_the_whole(self, entities: Entities, head: Entity) -> None:
        change = entities.set("head", {"pan": 7})

        assert change is not None
        assert head.state == {"pan": 7}
        assert set(change.changed_keys) == {"pan", "mode"}

    def test_the_empty_state_clears_without_defaults(self, entities: Entities) -> None:
        entity = entities.create(name="Wash", entity_type="light")

        entities.set("wash", {})

        assert entity.state == {}

    def test_the_same_state_is_no_change(
        self, entities: Entities, head: Entity, heard: Heard
    ) -> None:
        assert entities.set("head", {"pan": 0, "mode": "idle", "new": None}) is None
        assert heard.kinds == []

    def test_a_required_value_that_is_left_out_is_missed(
        self, entities: Entities, head: Entity
    ) -> None:
        change = entities.set("head", {"mode": "busy"})

        assert change is not None
        assert change.warnings == [PAN.missing]


class TestWarnings:
    @pytest.mark.parametrize(
        ("patch", "warnings"),
        [
            ({"pan": "left"}, [PAN.warning("left", "expected a number")]),
            ({"pan": 181}, [PAN.warning(181, "must be between -180 and 180")]),
            ({"pan": None}, [PAN.missing]),
            ({"at": None, "mode": 5}, []),
            ({"at": {"x": 1}}, [AT.warning({"x": 1}, "y: expected a number")]),
            (
                {"at": 5, "pan": True},
                [
                    AT.warning(5, "expected an object with x, y"),
                    PAN.warning(True, "expected a number"),
                ],
            ),
        ],
        ids=str,
    )
    def test_values_that_do_not_fit_are_stored_with_a_warning(
        self,
        entities: Entities,
        head: Entity,
        patch: JsonObject,
        warnings: list[JsonObject],
    ) -> None:
        change = entities.update("head", {"tick": 1} | patch)

        assert change is not None
        assert change.warnings == warnings
        assert patch.items() <= head.state.items()

    def test_the_merged_value_counts_not_the_patch(
        self, entities: Entities, head: Entity
    ) -> None:
        entities.update("head", {"at": {"x": 1, "y": 2}})

        change = entities.update("head", {"at": {"y": 3}})

        assert change is not None
        assert change.warnings == []

    def test_values_that_nobody_touches_are_not_warned_of(
        self, entities: Entities, head: Entity
    ) -> None:
        entities.update("head", {"pan": "left"})

        change = entities.update("head", {"mode": "busy"})

        assert change is not None
        assert change.warnings == []


class TestStrict:
    @pytest.mark.parametrize(
        ("rule", "asked"), [(True, None), (False, True), (True, True)]
    )
    @pytest.mark.parametrize(
        ("change", "state", "reason"),
        [
            ("update", {"pan": "left"}, "pan of head: expected a number"),
            ("update", {"pan": 181}, "pan of head: must be between -180 and 180"),
            ("update", {"pan": None}, "pan of head: required, but missing"),
            ("set", {"pan": 0, "at": []}, "at of head: expected an object with x, y"),
            ("set", {}, "pan of head: required, but missing"),
        ],
    )
    def test_a_value_that_does_not_fit_is_refused(
        self,
        entities: Entities,
        head: Entity,
        heard: Heard,
        rule: bool,
        asked: bool | None,
        change: str,
        state: JsonObject,
        reason: str,
    ) -> None:
        entities.rules.strict = rule
        before = head.state

        with pytest.raises(InvalidValue, match=reason):
            getattr(entities, change)("head", state, strict=asked)

        assert head.state is before
        assert heard.kinds == []

    def test_the_caller_may_be_lenient(self, entities: Entities, head: Entity) -> None:
        entities.rules.strict = True

        entities.update("head", {"pan": "left"}, strict=False)

        assert head.state["pan"] == "left"

    def test_a_value_that_fits_and_an_undeclared_one_pass(
        self, entities: Entities, head: Entity
    ) -> None:
        entities.update("head", {"pan": 1, "mode": ["anything"]}, strict=True)

        assert head.state == {"pan": 1, "mode": ["anything"]}

    def test_a_guess_refuses_nothing(self, entities: Entities) -> None:
        entity = entities.create(name="Wash", entity_type="light")

        entities.update("wash", {"brightness": "bright"}, strict=True)

        assert entity.state["brightness"] == "bright"

    def test_a_state_can_be_tried_without_changing_anything(
        self, entities: Entities, head: Entity, heard: Heard
    ) -> None:
        before = head.state

        entities.check("head", {"at": {"x": 1, "y": 1}})
        entities.check("head", {"pan": 1}, replace=True)
        with pytest.raises(InvalidValue):
            entities.check("head", {"pan": "left"})
        with pytest.raises(InvalidValue):
            entities.check("head", {}, replace=True)
        with pytest.raises(UnknownEntity):
            entities.check("nobody", {})

        assert head.state is before
        assert heard.kinds == []


class TestGateway:
    def test_an_entity_is_where_it_was_last_heard(
        self, entities: Entities, head: Entity, heard: Heard
    ) -> None:
        entities.update("head", {"pan": 1}, source=MQTT)
        entities.update("head", {"pan": 2}, source=MQTT)
        entities.update("head", {"pan": 3}, source=HOME_ASSISTANT)

        assert head.gateway == "mqtt-1"
        assert heard.the(EntityMoved).entity is head

    def test_a_message_without_a_change_moves_it_too(
        self, entities: Entities, head: Entity, heard: Heard
    ) -> None:
        entities.update("head", {}, source=MQTT)

        assert heard.kinds == [EntityMoved]
        assert head.gateway == "mqtt-1"


class TestGuess:
    """Variables that nobody declared."""

    @pytest.fixture
    def node(self, entities: Entities, heard: Heard) -> Entity:
        """A device that nobody described."""
        entity = entities.create(name="Node", entity_type="device", with_defaults=False)
        heard.forget()
        return entity

    @pytest.mark.parametrize(
        ("state", "kinds"),
        [
            ({"t": 21.5}, {"t": "number"}),
            ({"ok": True, "label": "a"}, {"ok": "boolean", "label": "string"}),
            ({"c": "#f80", "at": {"x": 1, "y": 2}}, {"c": "color", "at": "vector2"}),
            ({"p": {"x": 1, "y": 2, "z": 3}}, {"p": "vector3"}),
            ({"l": [], "o": {"a": 1}}, {"l": "array", "o": "object"}),
            ({"nothing": None}, {}),
            ({"": 1, " ": 2, "a\nb": 3, "a" * 101: 4}, {}),
            ({"power": "on"}, {"power": "enum"}),
            ({"power": 1500}, {"power": "number"}),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_new_keys_become_variables(
        self, entities: Entities, node: Entity, state: JsonObject, kinds: dict[str, str]
    ) -> None:
        entities.update("node", state)

        assert {name: v.type.value for name, v in node.variables.items()} == kinds
        assert node.state == state

    def test_a_new_variable_is_told_before_its_value_and_has_nothing_for_the_wire(
        self, entities: Entities, node: Entity, heard: Heard
    ) -> None:
        entities.update("node", {"t": 21})

        assert heard.kinds == [EntityUpdated, StateChanged]
        assert heard.the(EntityUpdated).changes == {}
        assert "variables" not in str(node.to_wire()["metadata"])

    @pytest.mark.parametrize(
        "values",
        [
            [12, "12", 13, "13"],
            [True, "on", False],
            [True, 0.5, True],
            ["#f80", "red", "#f81"],
        ],
        ids=str,
    )
    def test_a_key_whose_type_varies_becomes_a_string_once(
        self, entities: Entities, node: Entity, heard: Heard, values: list[JsonValue]
    ) -> None:
        for value in [*values, *values]:
            entities.update("node", {"v": value})

        assert node.variables["v"].type is VariableType.STRING
        assert len(heard.of(EntityUpdated)) == 2

    @pytest.mark.parametrize(
        ("first", "second", "kind"),
        [
            (12, None, "number"),
            (12, [1], "number"),
            (12, {"a": 1}, "number"),
            ([1], 5, "array"),
            ({"a": 1}, "text", "object"),
            ("text", "#f80", "string"),
            ({"x": 1, "y": 2}, {"z": 3}, "vector2"),
        ],
        ids=str,
    )
    def test_a_guess_stays_where_no_other_is_better(
        self,
        entities: Entities,
        node: Entity,
        heard: Heard,
        first: JsonValue,
        second: JsonValue,
        kind: str,
    ) -> None:
        entities.update("node", {"v": first})
        entities.update("node", {"v": second})

        assert node.variables["v"].type == kind
        assert len(heard.of(EntityUpdated)) == 1

    def test_what_its_type_knows_by_name_keeps_its_meaning(
        self, entities: Entities
    ) -> None:
        wash = entities.create(name="Wash", entity_type="light")

        for value in ("yes", 1, True):
            entities.update("wash", {"on": value, "brightness": "50"})

        assert wash.variables["on"].type is VariableType.BOOLEAN
        assert wash.variables["brightness"].type is VariableType.RANGE

    def test_a_known_name_with_another_meaning_may_vary(
        self, entities: Entities, node: Entity
    ) -> None:
        entities.update("node", {"power": 1500})
        entities.update("node", {"power": "on"})

        assert node.variables["power"].type is VariableType.STRING

    def test_the_number_of_guesses_is_bounded_and_no_value_is_lost(
        self, entities: Entities, node: Entity
    ) -> None:
        entities.update("node", {f"k{number}": number for number in range(1000)})
        entities.update("node", {"k0": "text", "late": 1})

        assert len(node.variables) == MAX_VARIABLES
        assert len(node.state) == 1001
        assert node.variables["k0"].type is VariableType.STRING


@given(st.lists(st.tuples(st.sampled_from(["update", "set"]), objects), max_size=6))
def test_the_events_of_an_entity_make_its_history(
    steps: list[tuple[str, JsonObject]],
) -> None:
    """Each change begins where the one before ended, and says exactly which keys differ."""
    domain = Domain(Bus())
    heard = Heard(domain.bus)
    entity = domain.entities.create(name="A", entity_type="space")
    changes: dict[str, Callable[[JsonObject], JsonObject]] = {
        "update": lambda state: deep_merge(entity.state, state),
        "set": lambda state: state,
    }

    for verb, state in steps:
        expected = changes[verb](state)
        getattr(domain.entities, verb)("a", state)
        assert entity.state == expected

    history = heard.of(StateChanged)
    for event in history:
        assert sorted(event.changed_keys) == sorted(
            changed_keys(event.previous, event.current)
        )
        assert event.changed_keys
    for before, after in pairwise(history):
        assert changed_keys(before.current, after.previous) == ()


@given(objects, objects)
def test_no_state_makes_strict_checks_fail_otherwise(
    first: JsonObject, second: JsonObject
) -> None:
    entities = Domain(Bus()).entities
    entities.create(name="A", entity_type="light", state=first)

    with suppress(InvalidValue):
        entities.update("a", second, strict=True)
        entities.set("a", first, strict=True)
