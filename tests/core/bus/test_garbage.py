"""Garbage collections in a process of our own."""

from collections.abc import Generator
import gc

import pytest

from custom_components.maestra.core.bus import YOUNG, collect_less


class Ring:
    """What only a collection can take away."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def heap_of_its_own() -> Generator[None]:
    thresholds = gc.get_threshold()
    frozen = gc.get_freeze_count()
    yield
    if not frozen:
        gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_there_is_looked_at_no_more() -> None:
    """And nothing of it is garbage."""
    kept = Ring()
    Ring()
    collect_less()
    assert gc.get_freeze_count()
    assert gc.get_threshold()[0] == YOUNG
    rings = [each for each in gc.get_objects() if type(each) is Ring]
    # A list of all objects has no frozen ones.
    assert rings == []
    assert kept.itself is kept


def test_what_comes_later_is_collected() -> None:
    collect_less()
    Ring()
    assert gc.collect() >= 1
