"""Concurrent updates of distinct keys lose none."""

import asyncio
from collections.abc import Iterable

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain.entities import Entities
from custom_components.maestra.core.domain.events import StateChanged
from custom_components.maestra.core.domain.source import Source

UPDATES = 10_000
CLIENTS = 100


@pytest.fixture
def told(bus: Bus) -> list[str]:
    """The changed keys of all events; not the events, as each holds two states."""
    keys: list[str] = []
    bus.subscribe(StateChanged, lambda change: keys.extend(change.changed_keys))
    return keys


async def client(entities: Entities, slugs: Iterable[tuple[str, int]]) -> None:
    """One client, which lets the others in between all its updates."""
    for slug, number in slugs:
        await asyncio.sleep(0)
        entities.report(
            slug, {f"key-{number}": number}, source=Source("client", "mqtt-1")
        )


async def test_10_000_clients_of_one_entity_lose_no_update(
    entities: Entities, told: list[str]
) -> None:
    entity = entities.create(name="A", entity_type="space")

    await asyncio.gather(
        *(client(entities, [("a", number)]) for number in range(UPDATES))
    )

    assert entity.state == {f"key-{number}": number for number in range(UPDATES)}
    assert sorted(told) == sorted(entity.state)


async def test_10_000_updates_of_many_entities_lose_none(
    entities: Entities, told: list[str]
) -> None:
    await asyncio.gather(
        *(
            client(
                entities,
                [(f"node-{n % 97}", n) for n in range(first, UPDATES, CLIENTS)],
            )
            for first in range(CLIENTS)
        )
    )

    states = {key: value for entity in entities for key, value in entity.state.items()}
    assert len(entities) == 97
    assert states == {f"key-{number}": number for number in range(UPDATES)}
    assert sorted(told) == sorted(states)


async def test_nested_keys_of_one_object_lose_none(entities: Entities) -> None:
    entity = entities.create(name="A", entity_type="space")

    async def write(number: int) -> None:
        await asyncio.sleep(0)
        entities.update("a", {"channels": {str(number): number}})

    await asyncio.gather(*(write(number) for number in range(1000)))

    assert entity.state["channels"] == {str(number): number for number in range(1000)}
