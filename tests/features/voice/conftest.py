"""A stage that can be spoken to: a hub with cue lists, lights and a hazer, and Home Assistant's own Assist."""

from collections.abc import AsyncGenerator
import sys
from types import ModuleType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.kits.hub import HubKit, unload

ASSIST = "conversation"
CUES: list[dict[str, Any]] = [
    {"name": "Dawn", "states": {"wash-1": {"brightness": 100}}},
    {"number": "2.5", "name": "Storm", "states": {"wash-1": {"brightness": 10}}},
]


@pytest.fixture(autouse=True)
def our_integration(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration in this repository, with a recorder."""


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pipeline load where the libraries for sound are not there: nothing here is sound."""
    for name, classes in (("pymicro_vad", ["MicroVad"]), ("pyspeex_noise", ["AudioProcessor"])):  # fmt: skip
        module = ModuleType(name)
        for each in classes:
            setattr(module, each, object)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
async def stage(hass: HomeAssistant, sound: None) -> AsyncGenerator[HubKit]:
    """The stage, with what Assist hears."""
    for component in ("homeassistant", "logbook", "llm", "assist_pipeline"):
        assert await async_setup_component(hass, component, {})
    entry = MockConfigEntry(domain=DOMAIN, title="Maestra")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    kit = HubKit(hass, entry)
    for number in (1, 2):
        await kit.act(
            "create_entity",
            name=f"Wash {number}",
            entity_type="light",
            state={"brightness": 50},
        )
    await kit.act(
        "create_entity",
        name="Hazer",
        entity_type="actuator",
        variables=[
            {"name": "fluid", "type": "number", "direction": "output"},
            {"name": "phase", "type": "string", "direction": "output"},
        ],
        state={"fluid": 80, "phase": "ready"},
    )
    await kit.act(
        "save_cue_list", name="Act 1", cues=CUES, safe={"wash-1": {"brightness": 7}}
    )
    await kit.appears("scene.act_1_2_5_storm")
    # By itself Home Assistant does not expose what numbers and texts are.
    for entity_id in ("sensor.hazer_fluid", "sensor.hazer_phase"):
        async_expose_entity(hass, ASSIST, entity_id, True)
    yield kit
    await unload(hass, entry)
