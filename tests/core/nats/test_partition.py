"""A partition as one client sees it: what it has of what the server has given out."""

import pytest

from custom_components.maestra.core.domain.json_values import JsonValue
from custom_components.maestra.core.nats.client import Message
from custom_components.maestra.core.nats.partition import (
    Delivered,
    Held,
    Partition,
    StreamSettings,
)


def partition(held: list[int], waiting: list[tuple[int, int]]) -> Partition:
    """Return one that has messages by their numbers, and others that wait, with their order."""
    found = Partition(StreamSettings(), 0, "log", lambda _partition, _held: None)
    found.held = {number: Held("", 1) for number in held}
    found.waiting = [
        (Message("", b"", ""), Delivered(0, 1, number, order, 0))
        for number, order in waiting
    ]
    return found


@pytest.mark.parametrize(
    ("held", "waiting", "pending", "given", "lacks"),
    [
        pytest.param([], [(7, 1)], 1, 1, False, id="all are here"),
        pytest.param([], [(7, 9)], 2, 9, True, id="another has one"),
        pytest.param([], [(7, 9), (8, 10)], 2, 9, True, id="one came since"),
        pytest.param([7], [(7, 9)], 2, 9, True, id="one came twice"),
        pytest.param([7], [(8, 9)], 2, 9, False, id="one is held"),
    ],
)
def test_what_another_has_is_known(
    held: list[int],
    waiting: list[tuple[int, int]],
    pending: int,
    given: int,
    lacks: bool,
) -> None:
    found = partition(held, waiting)
    assert found.lacks(pending, {"consumer_seq": given}) is lacks


@pytest.mark.parametrize(("pending", "given"), [(None, {}), (1, None), (1, {})])
def test_without_an_answer_it_is_asked_for(
    pending: JsonValue, given: JsonValue
) -> None:
    assert partition([], [(7, 1)]).lacks(pending, given)
