"""What is there to stay is left out of garbage collections, until the hub goes."""

from collections.abc import Generator
import gc

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.bus import YOUNG
from custom_components.maestra.hub.heap import GROWN, Heap
from homeassistant.core import CoreState, HomeAssistant


@pytest.fixture(autouse=True)
def heap_is_of_all_tests() -> Generator[None]:
    """Let the hub have this one, and leave nothing of it to other tests."""
    gc.unfreeze()
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*thresholds)


@pytest.fixture
def heap(hass: HomeAssistant) -> Heap:
    return Heap(hass)


class Ring:
    """What only a collection can take away."""

    def __init__(self) -> None:
        self.itself = self


def refreshed(heap: Heap) -> int:
    """Return how many objects are left out once nothing new comes."""
    heap.refresh()
    heap.refresh()
    return gc.get_freeze_count()


def test_what_came_with_the_start_is_left_out(hass: HomeAssistant, heap: Heap) -> None:
    hass.set_state(CoreState.starting)
    assert refreshed(heap) == 0
    hass.set_state(CoreState.running)
    assert refreshed(heap) > 1_000


def test_what_was_loaded_is_left_out_of_the_start(
    hass: HomeAssistant, heap: Heap
) -> None:
    heap.begin()
    # A reload: what the former hub has left is to go.
    assert gc.get_freeze_count() == 0
    hass.set_state(CoreState.starting)
    Ring()
    heap.begin()
    assert gc.get_freeze_count() > 1_000
    hass.set_state(CoreState.running)
    refreshed(heap)
    gc.unfreeze()
    assert not [each for each in gc.get_objects() if type(each) is Ring]


def test_nothing_is_left_out_while_more_comes(hass: HomeAssistant, heap: Heap) -> None:
    for number in range(5):
        hass.states.async_set(f"sensor.number_{number}", "1")
        heap.refresh()
        assert gc.get_freeze_count() == 0


def test_garbage_goes_before(heap: Heap) -> None:
    gc.disable()
    try:
        Ring()
        heap.refresh()
        heap.refresh()
        gc.unfreeze()
        assert not [each for each in gc.get_objects() if type(each) is Ring]
    finally:
        gc.enable()


def test_many_that_come_later_are_left_out_too(hass: HomeAssistant, heap: Heap) -> None:
    before = refreshed(heap)
    kept: list[list[int]] = [[] for _ in range(100)]
    hass.states.async_set("sensor.one", "1")
    assert refreshed(heap) <= before
    for number in range(GROWN):
        hass.states.async_set(f"sensor.number_{number}", "1")
    assert refreshed(heap) > before + len(kept)


def test_what_others_have_left_out_stays_so(heap: Heap) -> None:
    gc.freeze()
    heap.thaw()
    assert gc.get_freeze_count() > 1_000
    refreshed(heap)
    heap.thaw()
    assert gc.get_freeze_count() == 0


async def test_all_can_go_when_the_hub_is_unloaded(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    runtime = hub.runtime_data
    runtime._refresh(None)
    runtime._refresh(None)
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == YOUNG
    await hass.config_entries.async_unload(hub.entry_id)
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold()[0] < YOUNG
