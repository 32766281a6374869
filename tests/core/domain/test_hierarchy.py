"""The hierarchy: questions, moves and what they tell (maestra.md §1.5)."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.entities import MAX_LEVELS, Entities
from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    InvalidHierarchy,
    TooMany,
    UnknownEntity,
)
from custom_components.maestra.core.domain.events import EntityDeleted, EntityUpdated
from custom_components.maestra.core.domain.hierarchy import (
    ancestors,
    descendants,
    matching,
    siblings,
    tree,
)

from .conftest import Heard


def slugs(entities: Iterable[Entity]) -> list[str]:
    """The slugs, in order."""
    return [entity.slug for entity in entities]


def chain(entities: Entities, prefix: str, levels: int) -> None:
    """Entities below each other: `<prefix>-0` is the root."""
    entities.create(name=f"{prefix}-0", entity_type="space")
    for level in range(1, levels):
        entities.create(
            name=f"{prefix}-{level}",
            entity_type="space",
            parent=f"{prefix}-{level - 1}",
        )


@pytest.fixture
def house(entities: Entities, heard: Heard) -> Entities:
    """Two halls, a stage with two lights, a foyer."""
    for name, parent in {
        "hall": None,
        "stage-left": "hall",
        "wash-1": "stage-left",
        "wash-2": "stage-left",
        "head": "wash-1",
        "foyer": "hall",
        "hall-2": None,
    }.items():
        entities.create(name=name, entity_type="space", slug=name, parent=parent)
    heard.forget()
    return entities


def test_the_path_is_made_of_the_labels_of_all_above(house: Entities) -> None:
    assert house["head"].path == "hall.stage_left.wash_1.head"
    assert house["hall-2"].path == "hall_2"


def test_a_parent_may_be_given_by_id(house: Entities) -> None:
    entity = house.create(name="spot", entity_type="light", parent=house["foyer"].id)

    assert entity.path == "hall.foyer.spot"


def test_ancestors_begin_at_the_root(house: Entities) -> None:
    assert slugs(ancestors(house["head"])) == ["hall", "stage-left", "wash-1"]
    assert ancestors(house["hall"]) == []


@pytest.mark.parametrize(
    ("depth", "found"),
    [
        (None, ["stage-left", "wash-1", "head", "wash-2", "foyer"]),
        (0, []),
        (1, ["stage-left", "foyer"]),
        (2, ["stage-left", "wash-1", "wash-2", "foyer"]),
        (100, ["stage-left", "wash-1", "head", "wash-2", "foyer"]),
    ],
)
def test_descendants_come_parent_before_child(
    house: Entities, depth: int | None, found: list[str]
) -> None:
    assert slugs(descendants(house["hall"], depth)) == found


@pytest.mark.parametrize(
    ("slug", "found"),
    [
        ("wash-1", ["wash-2"]),
        ("foyer", ["stage-left"]),
        ("hall", ["hall-2"]),
        ("head", []),
    ],
)
def test_siblings_have_the_same_parent(
    house: Entities, slug: str, found: list[str]
) -> None:
    assert slugs(siblings(house[slug], house)) == found


def test_roots_have_no_parent(house: Entities) -> None:
    assert slugs(house.roots()) == ["hall", "hall-2"]


def test_entities_are_found_by_a_pattern_of_their_path(house: Entities) -> None:
    assert slugs(matching("hall.*.wash-*", house)) == ["wash-1", "wash-2"]
    assert slugs(matching("*{1}", house)) == ["hall", "hall-2"]
    assert slugs(matching("hall.!foyer.*{1}", house)) == ["wash-1", "wash-2"]
    with pytest.raises(InvalidField):
        matching("hall..wash", house)


def test_the_tree_is_nested_in_the_form_of_the_protocol(house: Entities) -> None:
    hall, other = tree(house.roots())

    assert hall["children"][0]["children"][0]["children"][0]["slug"] == "head"  # type: ignore[index,call-overload]
    assert other == {
        "id": house["hall-2"].id,
        "name": "hall-2",
        "slug": "hall-2",
        "entity_type_id": house["hall-2"].type.id,
        "entity_type_name": "space",
        "status": "active",
        "state": {},
        "children": [],
    }


def test_a_tree_ends_at_its_depth(house: Entities) -> None:
    assert tree([house["hall"]], 1)[0]["children"] == []


class TestMove:
    def test_an_entity_moves_with_all_below_and_every_path_is_told(
        self, house: Entities, heard: Heard
    ) -> None:
        house.edit("stage-left", {"parent_id": house["hall-2"].id})

        assert [
            (event.entity.slug, event.changes) for event in heard.of(EntityUpdated)
        ] == [
            (
                "stage-left",
                {"parent_id": house["hall-2"].id, "path": "hall_2.stage_left"},
            ),
            ("wash-1", {"path": "hall_2.stage_left.wash_1"}),
            ("head", {"path": "hall_2.stage_left.wash_1.head"}),
            ("wash-2", {"path": "hall_2.stage_left.wash_2"}),
        ]
        assert house["head"].path == "hall_2.stage_left.wash_1.head"
        assert slugs(descendants(house["hall"])) == ["foyer"]
        assert "stage-left" in house["hall-2"].children

    def test_a_parent_may_be_named_by_its_slug(self, house: Entities) -> None:
        assert house.edit("foyer", {"parent_id": "hall-2"}).path == "hall_2.foyer"

    @pytest.mark.parametrize("nobody", [None, ""])
    def test_without_a_parent_it_is_a_root(
        self, house: Entities, heard: Heard, nobody: str | None
    ) -> None:
        house.edit("foyer", {"parent_id": nobody})

        assert house["foyer"].parent is None
        assert heard.the(EntityUpdated).changes == {"parent_id": None, "path": "foyer"}

    def test_the_parent_it_has_is_no_change(
        self, house: Entities, heard: Heard
    ) -> None:
        house.edit("foyer", {"parent_id": house["hall"].id})

        assert heard.kinds == []

    @pytest.mark.parametrize("below", ["hall", "stage-left", "head"])
    def test_nothing_moves_below_itself(
        self, house: Entities, heard: Heard, below: str
    ) -> None:
        before = [entity.to_wire() for entity in house]

        with pytest.raises(
            InvalidHierarchy, match=f"hall can't have {below} as its parent"
        ):
            house.edit("hall", {"parent_id": below, "name": "changed"})

        assert [entity.to_wire() for entity in house] == before
        assert heard.kinds == []

    @pytest.mark.parametrize("parent", ["nowhere", 5, ["hall"], {"id": 1}], ids=str)
    def test_an_unknown_parent_changes_nothing(
        self, house: Entities, parent: str
    ) -> None:
        with pytest.raises(UnknownEntity):
            house.edit("foyer", {"parent_id": parent, "name": "changed"})

        assert house["foyer"].name == "foyer"

    def test_moving_and_renaming_are_told_at_once(
        self, house: Entities, heard: Heard
    ) -> None:
        house.edit("foyer", {"parent_id": None, "name": "Foyer"})

        assert heard.the(EntityUpdated).changes == {
            "name": "Foyer",
            "parent_id": None,
            "path": "foyer",
        }


class TestDepth:
    def test_levels_are_bounded_when_created(self, entities: Entities) -> None:
        chain(entities, "a", MAX_LEVELS)

        with pytest.raises(TooMany, match="at most 32 levels of the hierarchy"):
            entities.create(name="x", entity_type="space", parent=f"a-{MAX_LEVELS - 1}")

    def test_levels_are_bounded_when_moved_with_all_below(
        self, entities: Entities
    ) -> None:
        chain(entities, "a", 20)
        chain(entities, "b", 13)

        with pytest.raises(TooMany):
            entities.edit("b-0", {"parent_id": "a-19"})
        assert entities.edit("b-0", {"parent_id": "a-18"}).parent is entities["a-18"]
        assert len(ancestors(entities["b-12"])) == MAX_LEVELS - 1


class TestDelete:
    def test_children_become_roots_and_their_new_paths_are_told(
        self, house: Entities, heard: Heard
    ) -> None:
        gone = house.delete("stage-left")

        assert slugs(gone) == ["stage-left"]
        assert slugs(house.roots()) == ["hall", "wash-1", "wash-2", "hall-2"]
        assert [
            (event.entity.slug, event.changes) for event in heard.of(EntityUpdated)
        ] == [
            ("wash-1", {"parent_id": None, "path": "wash_1"}),
            ("head", {"parent_id": house["wash-1"].id, "path": "wash_1.head"}),
            ("wash-2", {"parent_id": None, "path": "wash_2"}),
        ]
        assert heard.kinds[-1] is EntityDeleted
        assert slugs(house["hall"].children.values()) == ["foyer"]

    def test_with_cascade_all_below_go_children_first_each_told(
        self, house: Entities, heard: Heard
    ) -> None:
        gone = house.delete("stage-left", cascade=True)

        assert slugs(gone) == ["wash-2", "head", "wash-1", "stage-left"]
        assert [event.entity for event in heard.of(EntityDeleted)] == gone
        assert heard.of(EntityUpdated) == []
        assert slugs(house) == ["hall", "foyer", "hall-2"]

    def test_who_hears_of_a_deletion_finds_nothing_of_it(
        self, house: Entities, bus: Bus
    ) -> None:
        found: list[Entity | None] = []
        bus.subscribe(
            EntityDeleted, lambda event: found.append(house.get(event.entity.slug))
        )

        house.delete("hall", cascade=True)

        assert found == [None] * 6


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["move", "delete", "cascade"]),
            st.integers(0, 7),
            st.integers(0, 7),
        ),
        max_size=15,
    )
)
def test_whatever_moves_and_goes_the_hierarchy_stays_whole(
    steps: list[tuple[str, int, int]],
) -> None:
    entities = Domain(Bus()).entities
    for number, parent in enumerate([None, "e0", "e1", None, "e3", "e3", "e5", "e5"]):
        entities.create(name=f"e{number}", entity_type="space", parent=parent)
    verbs: dict[str, Callable[[str, str], object]] = {
        "move": lambda slug, parent: entities.edit(slug, {"parent_id": parent}),
        "delete": lambda slug, _: entities.delete(slug),
        "cascade": lambda slug, _: entities.delete(slug, cascade=True),
    }

    for verb, first, second in steps:
        with suppress(InvalidHierarchy, UnknownEntity):
            verbs[verb](f"e{first}", f"e{second}")

    for entity in entities:
        assert entity.path == ".".join(
            other.slug for other in [*ancestors(entity), entity]
        )
        assert all(child.parent is entity for child in entity.children.values())
        assert all(entities.get(other.slug) is other for other in ancestors(entity))
    reached = [
        entity for root in entities.roots() for entity in (root, *descendants(root))
    ]
    assert sorted(slugs(reached)) == sorted(slugs(entities))
