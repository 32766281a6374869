"""How entities come, are found, change their description, and go (maestra.md §1.5)."""

from typing import Any

import pytest

from custom_components.maestra.core.domain import Domain, entities as entity_directory
from custom_components.maestra.core.domain.entities import Entities
from custom_components.maestra.core.domain.errors import (
    AlreadyExists,
    InvalidField,
    InvalidValue,
    TooMany,
    UnknownEntity,
    UnknownEntityType,
)
from custom_components.maestra.core.domain.events import (
    EntityCreated,
    EntityDeleted,
    EntityUpdated,
)
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, Source
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)

from .conftest import Heard

MQTT = Source("touchdesigner", "mqtt-1")


def number(name: str, default: float | None = None, **config: Any) -> Variable:
    """An input that is a number."""
    return Variable(
        name=name,
        type=VariableType.NUMBER,
        direction=Direction.INPUT,
        default=default,
        config=config,
    )


class TestCreate:
    def test_an_entity_has_its_fields_and_is_announced(
        self, entities: Entities, heard: Heard
    ) -> None:
        entity = entities.create(
            name="Wash 1",
            entity_type="light",
            description="Front",
            tags=["front", "led"],
            metadata={"universe": 1},
            device_id="device-1",
            source=MQTT,
        )

        assert (entity.slug, entity.path) == ("wash-1", "wash_1")
        assert entity.type.name == "light"
        assert entity.tags == ("front", "led")
        assert entity.gateway == "mqtt-1"
        created = heard.the(EntityCreated)
        assert created.entity is entity
        assert created.source == MQTT
        assert heard.kinds == [EntityCreated]

    def test_an_entity_in_the_form_of_the_protocol(self, entities: Entities) -> None:
        hall = entities.create(name="Hall", entity_type="space")
        entity = entities.create(
            name="Wash", entity_type="light", parent="hall", tags=["a"]
        )

        wire = entity.to_wire()

        assert list(wire) == [
            "id",
            "name",
            "slug",
            "entity_type_id",
            "parent_id",
            "path",
            "state",
            "state_updated_at",
            "status",
            "description",
            "tags",
            "metadata",
            "device_id",
            "created_at",
            "updated_at",
            "entity_type",
            "children",
        ]
        assert wire["entity_type"] == entity.type.to_wire()
        assert wire["entity_type_id"] == entity.type.id
        assert (wire["parent_id"], wire["path"]) == (hall.id, "hall.wash")
        assert (wire["status"], wire["tags"], wire["metadata"]) == ("active", ["a"], {})
        assert hall.to_wire()["children"] == []
        assert hall.to_wire(include_children=True)["children"] == [wire]

    def test_declared_variables_are_in_the_metadata(self, entities: Entities) -> None:
        entity = entities.create(
            name="Wash",
            entity_type="light",
            variables=[number("pan"), number("tilt")],
            metadata={"universe": 1},
        )

        assert entity.to_wire()["metadata"] == {
            "universe": 1,
            "variables": {
                "inputs": [number("pan").to_wire(), number("tilt").to_wire()],
                "outputs": [],
            },
        }
        assert entity.metadata == {"universe": 1}

    @pytest.mark.parametrize(
        ("state", "result"),
        [
            (None, {"on": False, "brightness": 0, "color": "#ffffff"}),
            ({"on": True}, {"on": True, "brightness": 0, "color": "#ffffff"}),
            (
                {"fx": {"a": 1}},
                {"on": False, "brightness": 0, "color": "#ffffff", "fx": {"a": 1}},
            ),
        ],
    )
    def test_the_state_overlays_the_defaults_of_the_type(
        self, entities: Entities, state: JsonObject | None, result: JsonObject
    ) -> None:
        assert (
            entities.create(name="Wash", entity_type="light", state=state).state
            == result
        )

    def test_an_object_replaces_a_default_object(self, domain: Domain) -> None:
        domain.types.create("arm", default_state={"at": {"x": 0, "y": 0}})

        assert domain.entities.create(
            name="A", entity_type="arm", state={"at": {"x": 1}}
        ).state == {"at": {"x": 1}}

    def test_defaults_of_variables_are_in_the_state(self, entities: Entities) -> None:
        entity = entities.create(
            name="A", entity_type="sensor", variables=[number("pan", 5), number("tilt")]
        )

        assert entity.state == {"value": 0, "pan": 5}

    def test_without_defaults_the_state_is_what_was_said(
        self, entities: Entities
    ) -> None:
        entity = entities.create(
            name="A",
            entity_type="light",
            variables=[number("pan", 5)],
            with_defaults=False,
        )

        assert entity.state == {}

    def test_undeclared_values_become_variables_unless_some_are_declared(
        self, entities: Entities
    ) -> None:
        guessed = entities.create(name="A", entity_type="light")
        declared = entities.create(
            name="B", entity_type="light", variables=[number("pan")]
        )

        assert {name: v.type.value for name, v in guessed.variables.items()} == {
            "on": "boolean",
            "brightness": "range",
            "color": "color",
        }
        assert list(declared.variables) == ["pan"]

    @pytest.mark.parametrize(
        ("name", "slug"),
        [("Stage Left!", "stage-left"), ("日本", "entity"), ("A" * 255, "a" * 100)],
    )
    def test_a_slug_is_made_of_the_name(
        self, entities: Entities, name: str, slug: str
    ) -> None:
        assert entities.create(name=name, entity_type="space").slug == slug

    @pytest.mark.parametrize("name", ["Hall", "A" * 255])
    def test_a_slug_made_of_the_name_gets_a_suffix_when_taken(
        self, entities: Entities, name: str
    ) -> None:
        first, second = (
            entities.create(name=name, entity_type="space") for _ in range(2)
        )

        assert second.slug.startswith(f"{first.slug[:90]}-")
        assert entities[first.slug] is first
        assert entities[second.slug] is second

    def test_an_explicit_slug_is_taken_once(self, entities: Entities) -> None:
        entities.create(name="Hall", entity_type="space", slug="hall")

        with pytest.raises(AlreadyExists, match="Entity hall already exists"):
            entities.create(name="Other", entity_type="space", slug="hall")

        assert len(entities) == 1

    def test_a_slug_can_not_hide_another_entity_by_its_id(
        self, entities: Entities
    ) -> None:
        victim = entities.create(name="Hall", entity_type="space")

        with pytest.raises(AlreadyExists):
            entities.create(name="Trap", entity_type="space", slug=victim.id)

        assert entities[victim.id] is victim

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": None},
            {"name": 5},
            {"name": "a\nb"},
            {"name": "a" * 256},
            {"slug": "a b/c.d*"},
            {"slug": ""},
            {"slug": 5},
            {"slug": ["a"]},
            {"entity_type": None},
            {"entity_type": ["light"]},
            {"description": 5},
            {"tags": "front"},
            {"tags": [["a"]]},
            {"metadata": []},
            {"metadata": "a"},
            {"device_id": ["a"]},
            {"device_id": 5},
            {"state": [1]},
            {"state": "on"},
        ],
        ids=str,
    )
    def test_a_wrong_field_leaves_nothing_behind(
        self, entities: Entities, heard: Heard, fields: Any
    ) -> None:
        with pytest.raises(InvalidField):
            entities.create(**{"name": "Wash", "entity_type": "light"} | fields)

        assert len(entities) == 0
        assert heard.kinds == []

    @pytest.mark.parametrize("parent", ["nowhere", 5, ["hall"]])
    def test_a_parent_must_be_known(self, entities: Entities, parent: Any) -> None:
        with pytest.raises(UnknownEntity):
            entities.create(name="Wash", entity_type="light", parent=parent)

    def test_a_type_must_be_known(self, entities: Entities) -> None:
        with pytest.raises(UnknownEntityType, match="Entity type laser is not known"):
            entities.create(name="Wash", entity_type="laser")

    @pytest.mark.parametrize(("rule", "asked"), [(True, None), (False, True)])
    def test_strictly_a_state_must_fit_the_variables(
        self, entities: Entities, rule: bool, asked: bool | None
    ) -> None:
        entities.rules.strict = rule

        with pytest.raises(InvalidValue, match="pan of wash: expected a number"):
            entities.create(
                name="Wash",
                entity_type="space",
                variables=[number("pan")],
                state={"pan": "left"},
                strict=asked,
            )

        assert len(entities) == 0

    def test_the_number_of_variables_is_bounded(self, entities: Entities) -> None:
        with pytest.raises(TooMany, match="at most 256 variables"):
            entities.create(
                name="A",
                entity_type="space",
                variables=[number(f"v{n}") for n in range(257)],
            )

    def test_the_number_of_entities_is_bounded(
        self, entities: Entities, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(entity_directory, "MAX_ENTITIES", 1)
        entities.create(name="A", entity_type="space")

        with pytest.raises(TooMany, match="at most 1 entities"):
            entities.create(name="B", entity_type="space")


class TestFind:
    def test_an_entity_is_found_by_slug_and_id(self, entities: Entities) -> None:
        entity = entities.create(name="Hall", entity_type="space")

        assert entities["hall"] is entities[entity.id] is entities.get("hall") is entity

    def test_an_unknown_entity_is_none_or_an_error(self, entities: Entities) -> None:
        assert entities.get("hall") is None
        with pytest.raises(UnknownEntity, match="Entity hall is not known"):
            entities["hall"]

    def test_entities_may_come_and_go_while_they_are_counted(
        self, entities: Entities
    ) -> None:
        for name in "abc":
            entities.create(name=name, entity_type="space")

        for entity in entities:
            entities.delete(entity.slug)

        assert len(entities) == 0


class TestEdit:
    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"name": "Great hall"}, {"name": "Great hall"}),
            ({"description": "Big"}, {"description": "Big"}),
            ({"description": None}, {"description": None}),
            ({"tags": ["a", "a"]}, {"tags": ["a"]}),
            ({"tags": None}, {"tags": []}),
            ({"metadata": {"a": 1}}, {"metadata": {"a": 1}}),
            ({"metadata": None}, {"metadata": {}}),
            ({"status": "maintenance"}, {"status": "maintenance"}),
            ({"device_id": "device-1"}, {"device_id": "device-1"}),
            ({"device_id": None}, {"device_id": None}),
            ({"device_id": ""}, {"device_id": None}),
            ({"name": "B", "status": "x"}, {"name": "B", "status": "x"}),
        ],
        ids=str,
    )
    def test_what_is_sent_changes_and_is_told(
        self, entities: Entities, heard: Heard, changes: JsonObject, told: JsonObject
    ) -> None:
        entity = entities.create(name="Hall", entity_type="space", metadata={"old": 1})
        heard.forget()

        entities.edit("hall", changes, source=HOME_ASSISTANT)

        assert told.items() <= entity.to_wire().items()
        updated = heard.the(EntityUpdated)
        assert updated.changes == told
        assert updated.source == HOME_ASSISTANT
        assert updated.timestamp == entity.updated_at

    @pytest.mark.parametrize(
        "changes",
        [{}, {"slug": "x"}, {"state": {"a": 1}}, {"id": "x"}, {"path": "x"}],
        ids=str,
    )
    def test_what_can_not_be_changed_is_ignored(
        self, entities: Entities, heard: Heard, changes: JsonObject
    ) -> None:
        entity = entities.create(name="Hall", entity_type="space")
        before = entity.to_wire()
        heard.forget()

        entities.edit("hall", changes)

        assert entity.to_wire() == before
        assert heard.kinds == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": None},
            {"name": 5},
            {"status": ""},
            {"status": ["a"]},
            {"tags": "a"},
            {"metadata": [1]},
            {"description": {"a": 1}},
            {"device_id": ["a"]},
            {"parent_id": None, "name": ""},
        ],
        ids=str,
    )
    def test_a_wrong_field_changes_nothing(
        self, entities: Entities, heard: Heard, changes: JsonObject
    ) -> None:
        entities.create(name="Hall", entity_type="space")
        entity = entities.create(name="Wash", entity_type="light", parent="hall")
        before = entity.to_wire()
        heard.forget()

        with pytest.raises(InvalidField):
            entities.edit("wash", {"description": "new"} | changes)

        assert entity.to_wire() == before
        assert heard.kinds == []

    def test_an_unknown_entity_can_not_be_edited(self, entities: Entities) -> None:
        with pytest.raises(UnknownEntity):
            entities.edit("hall", {"name": "x"})


class TestDelete:
    def test_an_entity_goes_and_that_is_told(
        self, entities: Entities, heard: Heard
    ) -> None:
        entity = entities.create(name="Hall", entity_type="space")
        heard.forget()

        assert entities.delete("hall", source=MQTT) == [entity]

        assert entities.get("hall") is entities.get(entity.id) is None
        deleted = heard.the(EntityDeleted)
        assert (deleted.entity, deleted.source) == (entity, MQTT)

    def test_its_slug_is_free_again(self, entities: Entities) -> None:
        entities.create(name="Hall", entity_type="space", slug="hall")
        entities.delete("hall")

        assert (
            entities.create(name="Hall", entity_type="room", slug="hall").type.name
            == "room"
        )

    def test_an_unknown_entity_can_not_be_deleted(self, entities: Entities) -> None:
        with pytest.raises(UnknownEntity):
            entities.delete("hall")


class TestRetype:
    def test_it_stays_the_same_thing_and_its_values_are_read_anew(
        self, entities: Entities, heard: Heard
    ) -> None:
        entities.report("wash", {"brightness": 80, "on": "yes", "cue": 1}, source=MQTT)
        entity = entities["wash"]
        entities.define_variable("wash", number("cue", min=0))
        identity, state = entity.id, entity.state
        entities.retype("wash", "light", source=HOME_ASSISTANT)

        assert (entity.id, entity.state, entity.type.name) == (identity, state, "light")
        looks = {
            name: (variable.type.value, variable.direction.value, variable.inferred)
            for name, variable in entity.variables.items()
        }
        assert looks == {
            "brightness": ("range", "input", True),
            # What does not fit what a light has by that name is what it looks like.
            "on": ("string", "input", True),
            "cue": ("number", "input", False),
        }
        updated = heard.of(EntityUpdated)[-1]
        assert updated.changes == {
            "entity_type_id": entity.type.id,
            "entity_type": "light",
        }

    def test_declared_variables_stay_where_nothing_is_inferred(
        self, entities: Entities
    ) -> None:
        entities.create(name="Desk", entity_type="controller", variables=[number("x")])
        entities.retype("desk", "sensor")
        assert list(entities["desk"].variables) == ["x"]
        assert entities["desk"].variables["x"].direction is Direction.INPUT

    def test_nothing_is_told_where_it_is_that_already(
        self, entities: Entities, heard: Heard
    ) -> None:
        entities.create(name="Desk", entity_type="controller")
        entities.retype("desk", "controller")
        assert not heard.of(EntityUpdated)

    def test_an_unknown_type_is_refused(self, entities: Entities) -> None:
        entities.create(name="Desk", entity_type="controller")
        with pytest.raises(UnknownEntityType):
            entities.retype("desk", "made up")
