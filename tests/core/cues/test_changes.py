"""What takes back a change, whatever it was."""

from hypothesis import given

from custom_components.maestra.core.cues.changes import ChangeSet, reverse
from custom_components.maestra.core.domain.json_values import (
    JsonObject,
    contains,
    deep_merge,
)

from ..domain.strategies import objects


@given(state=objects, patch=objects)
def test_what_was_there_is_there_again(state: JsonObject, patch: JsonObject) -> None:
    changed = deep_merge(state, patch)
    again = deep_merge(changed, reverse(patch, state))
    assert contains(again, state)
    # What was not there is null now, which is the same (maestra.md §0).
    assert set(again) <= set(state) | set(patch)
    assert all(again[key] is None for key in set(patch) - set(state))


def test_the_first_that_is_kept_counts() -> None:
    change = ChangeSet()
    change.keep("a", {"level": 5}, {"level": 1})
    change.keep("a", {"level": 9, "on": True}, {"level": 5, "on": False})
    assert change.before == {"a": {"level": 1, "on": False}}
