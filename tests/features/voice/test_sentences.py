"""What is said to Assist, by Home Assistant's own pipeline and agent, without a language model and without a copied file."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.features.cues.manager import CuesManager
from custom_components.maestra.features.voice.manager import MAX_WORDS
from custom_components.maestra.features.voice.sentences import LANGUAGES, read_files
from homeassistant.components.conversation import async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    intent,
)
from tests.kits.hub import HubKit
from tests.kits.process import soon

from .conftest import ASSIST


async def say(
    hass: HomeAssistant, text: str, language: str = "en", context: Context | None = None
) -> str:
    """Return what Home Assistant's agent answers."""
    answer = await async_converse(
        hass, text, None, context or Context(), language, "conversation.home_assistant"
    )
    said: str = answer.response.speech["plain"]["speech"]
    return said


def brightness(stage: HubKit, slug: str = "wash-1") -> Any:
    return stage.domain.entities[slug].state["brightness"]


def current(stage: HubKit) -> str | None:
    lists = stage.entry.runtime_data.manager(CuesManager).lists
    cue = lists["Act 1"].current
    return None if cue is None else str(cue.title)


async def test_the_pipeline_runs_a_cue(
    hass: HomeAssistant, stage: HubKit, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {
            "type": "assist_pipeline/run",
            "start_stage": "intent",
            "end_stage": "intent",
            "input": {"text": "Go!"},
        }
    )
    assert (await client.receive_json())["success"]
    events: dict[str, Any] = {}
    while "run-end" not in events:
        event = (await client.receive_json())["event"]
        events[event["type"]] = event["data"]
    answer = events["intent-end"]["intent_output"]["response"]
    assert answer["speech"]["plain"]["speech"] == "Cue 1 Dawn"
    assert current(stage) == "1 Dawn"
    assert brightness(stage) == 100


@pytest.mark.parametrize(
    ("language", "sentence", "answer", "cue"),
    [
        ("en", "go", "Cue 1 Dawn", "1 Dawn"),
        ("de", "los", "Stichwort 1 Dawn", "1 Dawn"),
        ("en", "next cue in act 1", "Cue 1 Dawn", "1 Dawn"),
        ("en", "run cue storm", "Cue 2.5 Storm", "2.5 Storm"),
        ("en", "go to cue 2.5 in act 1", "Cue 2.5 Storm", "2.5 Storm"),
        ("de", "starte Stichwort Storm aus Act 1", "Stichwort 2.5 Storm", "2.5 Storm"),
        ("de", "Panik!", "Alles ist im sicheren Zustand", None),
        ("en", "stop the cues", "Stopped", None),
        ("de", "halte die Stichworte an", "Angehalten", None),
        ("en", "run cue nobody", "There is no cue nobody that I may run", None),
        (
            "de",
            "nächster Cue in Akt 9",
            "Ich kenne keine Stichwortliste Akt 9, oder sie ist nicht für mich freigegeben",
            None,
        ),
        # Whoever speaks another language than Home Assistant is understood.
        ("en", "los", "Stichwort 1 Dawn", "1 Dawn"),
    ],
)
async def test_cues(
    hass: HomeAssistant,
    stage: HubKit,
    language: str,
    sentence: str,
    answer: str,
    cue: str | None,
) -> None:
    assert await say(hass, sentence, language) == answer
    assert current(stage) == cue


async def test_panic_is_at_once(hass: HomeAssistant, stage: HubKit) -> None:
    await stage.act("fade", slug="wash-1", state={"brightness": 100}, transition=60)
    assert await say(hass, "panic") == "Everything is in its safe state"
    assert brightness(stage) == 7


@pytest.mark.parametrize(
    ("language", "sentence", "answer"),
    [
        (
            "en",
            "fade the washes to 30 percent in ten seconds",
            "Wash 1, Wash 2 to 30 percent in 10 seconds",
        ),
        (
            "de",
            "Blende die Washes in zehn Sekunden auf dreißig Prozent",
            "Wash 1, Wash 2 auf 30 Prozent in 10 Sekunden",
        ),
        ("en", "fade wash 2 to 30%", "Wash 2 to 30 percent"),
        ("en", "fade stage left to 30 percent", "Wash 2 to 30 percent"),
    ],
)
async def test_a_fade(
    hass: HomeAssistant, stage: HubKit, language: str, sentence: str, answer: str
) -> None:
    area = ar.async_get(hass).async_create("Stage left")
    wash = stage.device_id(stage.domain.entities["wash-2"].id)
    dr.async_get(hass).async_update_device(wash, area_id=area.id)
    assert await say(hass, sentence, language) == answer
    if "10" in answer:
        fader = stage.entry.runtime_data.manager(CuesManager).lists.fader
        assert fader.moving >= 2
        await soon(lambda: brightness(stage, "wash-2") < 50)
        fader.stop()
    else:
        assert brightness(stage, "wash-2") == 30
        assert brightness(stage) == 50


async def test_a_fade_of_lights_of_others(hass: HomeAssistant, stage: HubKit) -> None:
    """Wash 3 is another integration's."""
    entry = er.async_get(hass).async_get_or_create(
        "light", "hue", "3", original_name="Wash 3", suggested_object_id="wash_3"
    )
    told: list[ServiceCall] = []
    hass.states.async_set(
        entry.entity_id, "on", {"friendly_name": "Wash 3", "brightness": 255}
    )
    hass.services.async_register("light", "turn_on", told.append)
    answer = await say(hass, "fade the washes to 30 percent")
    assert answer == "Wash 1, Wash 2, Wash 3 to 30 percent"
    await soon(lambda: bool(told))
    assert told[0].data["brightness"] == 76


async def test_what_is_not_exposed_is_not_there(
    hass: HomeAssistant, stage: HubKit
) -> None:
    async_expose_entity(hass, ASSIST, "light.wash_2", False)
    async_expose_entity(hass, ASSIST, "scene.act_1_2_5_storm", False)
    assert "Wash 2" not in await say(hass, "fade the washes to 30 percent")
    assert brightness(stage, "wash-2") == 50
    assert "may run" in await say(hass, "run cue storm")
    async_expose_entity(hass, ASSIST, "switch.act_1_running", False)
    assert await say(hass, "go") == "There is no cue list that I may run"
    assert current(stage) is None


async def test_who_may_only_read_runs_nothing(
    hass: HomeAssistant, stage: HubKit, hass_read_only_user: MockUser
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    await say(hass, "go", context=context)
    answer = await say(hass, "fade wash 1 to 30 percent", context=context)
    assert current(stage) is None
    assert brightness(stage) == 50
    assert "Wash 1 to" not in answer


async def test_a_report(hass: HomeAssistant, stage: HubKit) -> None:
    await async_wait_recording_done(hass)
    await stage.hears("hazer", fluid=40, phase="empty")
    await stage.state_is("sensor.hazer_phase", "empty")
    await async_wait_recording_done(hass)
    answer = await say(hass, "what did the hazer report today?")
    assert "Hazer Fluid: 40 to 80, on average" in answer
    assert "Hazer Phase, empty" in answer
    answer = await say(hass, "was hat der Hazer heute gemeldet", "de")
    assert "Hazer Fluid: 40 bis 80, im Mittel" in answer
    assert await say(hass, "what did nobody report last night") == (
        "I don't know nobody, or it is not exposed to me"
    )


async def test_nothing_is_heard_without_a_hub_or_a_list(
    hass: HomeAssistant, stage: HubKit
) -> None:
    await stage.act("delete_cue_list", cue_list="Act 1")
    unknown = await say(hass, "go")
    assert "Cue" not in unknown
    assert "There is no cue list" not in unknown
    await stage.reload()
    assert await say(hass, "fade wash 1 to 30 percent") == "Wash 1 to 30 percent"
    await hass.config_entries.async_unload(stage.entry.entry_id)
    assert "Wash 1 to" not in await say(hass, "fade wash 1 to 30 percent")


async def test_go_is_for_the_list_that_is_played(
    hass: HomeAssistant, stage: HubKit
) -> None:
    await stage.act("save_cue_list", name="Act 2", cues=[{}, {}, {}])
    assert await say(hass, "go") == "Which cue list? There are Act 1, Act 2"
    assert await say(hass, "next cue in act 2") == "Cue 1"
    assert await say(hass, "go") == "Cue 2"
    assert await say(hass, "next cue in act 1") == "Cue 1 Dawn"
    assert "Which" in await say(hass, "go")


async def test_intents_without_a_hub_say_so(hass: HomeAssistant, stage: HubKit) -> None:
    asked = {"name": {"value": "wash 1"}, "level": {"value": 30}}
    done = await intent.async_handle(hass, "test", "MaestraFade", asked)
    assert done.speech["plain"]["speech"] == "Wash 1 to 30 percent"
    await hass.config_entries.async_unload(stage.entry.entry_id)
    refused = await intent.async_handle(hass, "test", "MaestraGo")
    assert refused.response_type is intent.IntentResponseType.ERROR
    assert "not loaded" in refused.speech["plain"]["speech"]


async def test_very_many_cues_are_looked_for_by_any_words(
    hass: HomeAssistant, stage: HubKit
) -> None:
    cues = [{"name": f"Look {number}"} for number in range(MAX_WORDS)]
    lists = stage.entry.runtime_data.manager(CuesManager).lists
    lists.put(CueList.from_wire({"name": "Act 2", "cues": cues}))
    assert await say(hass, "run cue storm") == "Cue 2.5 Storm"


def test_all_languages_say_the_same_things() -> None:
    files = read_files()
    first = files[LANGUAGES[0]]
    for data in files.values():
        assert data["lists"].keys() == first["lists"].keys()
        assert data["intents"].keys() == first["intents"].keys()
        for part in ("intents", "errors"):
            assert data["responses"][part].keys() == first["responses"][part].keys()
        assert data["responses"]["intents"].keys() == data["intents"].keys()
