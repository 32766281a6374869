"""What Home Assistant has no room for: it waits, is told of, and comes as soon as there is room."""

import asyncio
from collections.abc import Generator
from unittest.mock import patch

import pytest

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.hub import presenter
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    entity_platform,
    entity_registry as er,
    issue_registry as ir,
)

from ..kits.hub import CLIENT, HubKit

LIMITS = (
    presenter.ENTITY_LIMIT,
    entity_platform.MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY,
)
ROOM = 10
FLOOD = 500


@pytest.fixture(autouse=True)
def little_room() -> Generator[None]:
    """Let Home Assistant, and us, take few entities."""
    with (
        patch.object(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", ROOM),
        patch.object(presenter, "ENTITY_LIMIT", ROOM),
    ):
        yield


def waiting(hass: HomeAssistant) -> str | None:
    """Return how many the user is told that wait."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, presenter.TOO_MANY_ENTITIES)
    if issue is None:
        return None
    assert issue.translation_placeholders
    assert issue.translation_placeholders["limit"] == str(ROOM)
    return issue.translation_placeholders["waiting"]


def enabled(hub_kit: HubKit) -> int:
    """Return how many enabled entities the registry has of us."""
    entities = er.async_get(hub_kit.hass).entities
    return entities.get_enabled_count_for_config_entry_id(hub_kit.entry.entry_id)


def test_the_limit_is_home_assistants_own() -> None:
    ours, theirs = LIMITS
    assert ours == theirs


async def test_what_is_beyond_waits_and_comes_when_there_is_room(
    hass: HomeAssistant, hub_kit: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    free = ROOM - enabled(hub_kit)
    await hub_kit.hears("wall", **{f"value_{at}": at for at in range(free + 5)})
    assert enabled(hub_kit) == ROOM
    assert waiting(hass) == "5"
    assert "Reached the maximum" not in caplog.text
    # In store and wires it is as any other.
    await hub_kit.hears("wall", **{f"value_{free}": "late"})
    assert hub_kit.domain.entities["wall"].state[f"value_{free}"] == "late"

    # The user disables one, and an entity of Maestra goes.
    registry = er.async_get(hass)
    registry.async_update_entity(
        "sensor.wall_value_0", disabled_by=er.RegistryEntryDisabler.USER
    )
    await hub_kit.settled()
    assert (enabled(hub_kit), waiting(hass)) == (ROOM, "4")
    assert hub_kit.state(f"sensor.wall_value_{free}").state == "late"
    await hub_kit.act("delete_entity", slug="wall")
    assert waiting(hass) is None
    await hub_kit.hears("door", is_open=True)
    assert hub_kit.state("binary_sensor.door_is_open").state == "on"


async def test_what_waits_is_there_after_a_restart_with_more_room(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    await hub_kit.hears("wall", **{f"value_{at}": at for at in range(ROOM)})
    told = waiting(hass)
    assert told
    await hub_kit.reload()
    await hub_kit.settled()
    assert waiting(hass) == told
    with patch.object(presenter, "ENTITY_LIMIT", 10_000):
        await hub_kit.reload()
        await hub_kit.settled()
    assert waiting(hass) is None


async def test_a_flood_leaves_others_their_turn(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    """A client that names five hundred values at once does not stop the loop."""
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    with (
        patch.object(entity_platform, "MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY", 10_000),
        patch.object(presenter, "ENTITY_LIMIT", 10_000),
    ):
        for number in range(FLOOD // 100):
            state: JsonObject = {f"key_{at}": at for at in range(100)}
            hub_kit.domain.entities.report(f"node-{number}", state, source=CLIENT)
        watcher = asyncio.create_task(watch())
        await hub_kit.until(lambda: enabled(hub_kit) >= FLOOD or None, "all are added")
        watcher.cancel()
    assert turns >= FLOOD / presenter.BATCH / 2
