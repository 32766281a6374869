"""What the logbook says of what happens: in words, with what is known of it."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.maestra.const import DOMAIN, EVENT_HAPPENED
from custom_components.maestra.entity import MaestraEventEntity
from custom_components.maestra.features import FEATURES
from custom_components.maestra.hub.registry import registry_of
from custom_components.maestra.logbook import async_describe_events
from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.translation import async_load_integrations

from .kits.hub import HubKit

type Describe = Callable[[Event[Any]], dict[str, Any]]


@pytest.fixture
async def describe(hass: HomeAssistant, hub_kit: HubKit) -> Describe:
    """How the logbook asks for the words of an event."""
    await async_load_integrations(hass, {DOMAIN})
    asked: dict[tuple[str, str], Describe] = {}
    async_describe_events(
        hass, lambda domain, kind, how: asked.update({(domain, kind): how})
    )
    return asked[DOMAIN, EVENT_HAPPENED]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"event_type": "button_pressed"}, "Button pressed: info"),
        (
            {"event_type": "button_pressed", "severity": "error", "message": "Ouch"},
            "Button pressed: Ouch",
        ),
    ],
)
async def test_events_of_devices(
    hass: HomeAssistant,
    hub_kit: HubKit,
    describe: Describe,
    said: dict[str, str],
    message: str,
) -> None:
    await hub_kit.registers("AA:01", name="Entrance")
    happened = async_capture_events(hass, EVENT_HAPPENED)
    hub_kit.domain.devices.report_event("AA:01", said)
    await hass.async_block_till_done()
    (event,) = happened
    assert describe(event) == {
        "entity_id": "event.entrance_event",
        "name": "Entrance Event",
        "message": message,
    }


async def test_types_are_in_the_words_of_the_entity(describe: Describe) -> None:
    """Whether it is still there or not."""
    data = {
        "entity_id": "event.reader",
        "event_type": "access_denied",
        "texts": "f2_reader",
        "detail": "Anna (too late)",
    }
    assert describe(Event(EVENT_HAPPENED, data)) == {
        "entity_id": "event.reader",
        "name": "event.reader",
        "message": "Access denied: Anna (too late)",
    }


def test_what_has_a_line_in_the_logbook() -> None:
    """Events of devices, of cue lists, of experiences, of readers and buttons, and of detectors; streams and dead letters have their entities' changes."""
    logged = {
        kind
        for kind, factory in registry_of(FEATURES).entities[Platform.EVENT].items()
        if isinstance(factory, type)
        and issubclass(factory, MaestraEventEntity)
        and factory.is_logged
    }
    assert logged == {"cue_list", "device", "experience", "f2_component", "detector"}
