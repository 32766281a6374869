"""Batches: what waits, what does not, and what is dropped."""

from hypothesis import given, strategies as st

from custom_components.maestra.core.production.batching import (
    MAX_BATCH,
    WINDOW,
    Batcher,
)


def test_what_comes_within_a_window_goes_together() -> None:
    batcher: Batcher[str] = Batcher()
    batcher.add("a", 1.0)
    batcher.add("b", 1.03)
    assert batcher.due == 1.0 + WINDOW
    assert batcher.take(1.04) == []
    assert batcher.take(1.05) == ["a", "b"]
    assert len(batcher) == 0
    batcher.add("c", 2.0)
    assert batcher.due == 2.0 + WINDOW


def test_what_is_critical_goes_at_once_with_all_before_it() -> None:
    batcher: Batcher[str] = Batcher()
    batcher.add("a", 1.0)
    batcher.add("b", 1.01, is_critical=True)
    assert batcher.take(1.01) == ["a", "b"]


def test_a_full_batch_goes_at_once() -> None:
    batcher: Batcher[int] = Batcher()
    for number in range(MAX_BATCH + 1):
        batcher.add(number, 1.0)
    assert batcher.take(1.0) == [*range(MAX_BATCH)]
    assert batcher.take(1.0) == []
    assert batcher.take(1.05) == [MAX_BATCH]


def test_what_finds_no_room_is_dropped_but_not_what_is_critical() -> None:
    batcher: Batcher[str] = Batcher(limit=2)
    for name in "abc":
        batcher.add(name, 1.0)
    batcher.add("!", 1.0, is_critical=True)
    assert batcher.take(1.0) == ["b", "!"]
    assert batcher.counters.as_dict() == {"batches": 1, "dropped": 2, "sent": 2}


@given(st.lists(st.tuples(st.floats(0, 0.1), st.booleans()), max_size=300))
def test_always(arrivals: list[tuple[float, bool]]) -> None:
    """In order, none lost, none too late, and nothing critical waits."""
    batcher: Batcher[int] = Batcher()
    now, sent, came = 0.0, list[int](), list[float]()
    for number, (gap, is_critical) in enumerate(arrivals):
        end = now + gap
        while (due := batcher.due) is not None and due <= end:
            batch = batcher.take(due)
            assert all(due - came[each] <= WINDOW + 1e-9 for each in batch)
            sent += batch
        now = end
        came.append(now)
        batcher.add(number, now, is_critical=is_critical)
        while is_critical and len(batcher):
            sent += batcher.take(now)
    sent += batcher.take(now + WINDOW)
    assert sent == [*range(len(arrivals))]
