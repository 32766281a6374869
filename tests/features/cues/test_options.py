"""Cue lists in the form of the options: read from text, edited, captured into."""

import json
from typing import Any

import pytest
import yaml

from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.features.cues.manager import CuesManager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.kits.hub import HubKit
from tests.kits.options import fill_in, open_form, shown, shown_in

CUES: list[dict[str, Any]] = [
    {"number": "1", "name": "Dawn", "states": {"wash-1": {"brightness": 100}}, "transition": 3},
    {"number": "2", "states": {"wash-1": {"brightness": 0}}, "notes": "On the bell"},
]  # fmt: skip
NOTHING: dict[str, Any] = {"capture": {}, "list": {}}


@pytest.fixture
async def stage(hub_kit: HubKit) -> HubKit:
    """A hub with two washes and a list."""
    for number in (1, 2):
        await hub_kit.light(f"wash-{number}", state={"brightness": 50})
    await hub_kit.act("save_cue_list", name="Act 1", cues=CUES, min_interval=2)
    return hub_kit


def cues(stage: HubKit, name: str = "Act 1") -> CueList:
    found: CueList = stage.entry.runtime_data.manager(CuesManager).lists[name].cues
    return found


async def edits(hass: HomeAssistant, stage: HubKit, name: str = "Act 1") -> Any:
    """Open a list."""
    form = await open_form(hass, stage.entry, "cue_lists")
    form = await fill_in(hass, form, {"cue_list": name})
    assert form["step_id"] == "cues"
    return form


async def pastes(hass: HomeAssistant, stage: HubKit, text: str, **more: Any) -> Any:
    form = await open_form(hass, stage.entry, "cue_lists")
    return await fill_in(hass, form, {"text": text, **more})


async def test_what_is_not_changed_stays_as_it_is(
    hass: HomeAssistant, stage: HubKit
) -> None:
    form, before = await edits(hass, stage), cues(stage)
    rows = shown(form)["cues"]
    assert [(row["number"], row.get("notes")) for row in rows] == [
        ("1", None),
        ("2", "On the bell"),
    ]
    assert shown_in(form, "list")["min_interval"] == 2
    done = await fill_in(
        hass,
        form,
        {"cues": rows, "capture": {}, "list": {"min_interval": 2, "safe": {}}},
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert cues(stage) == before


async def test_cues_are_changed_moved_and_deleted(
    hass: HomeAssistant, stage: HubKit
) -> None:
    await stage.act("go")
    form = await edits(hass, stage)
    first, second = shown(form)["cues"]
    changed = {**first, "transition": 8, "notes": "Slower", "at": "20:15"}
    added = {"number": "1.5", "name": "Noon", "states": {"light.foyer": {"brightness": 5}}}  # fmt: skip
    await fill_in(hass, form, {"cues": [second, added, changed], **NOTHING})
    found = cues(stage)
    assert [cue.number for cue in found.cues] == ["2", "1.5", "1"]
    assert (found.cues[2].transition, found.cues[2].notes) == (8, "Slower")
    assert found.cues[2].states == {"wash-1": {"brightness": 100}}
    assert found.min_interval == 0
    # It stays at its cue, and what it was is kept.
    lists = stage.entry.runtime_data.manager(CuesManager).lists
    assert lists["Act 1"].current.number == "1"
    assert lists.version("Act 1") == 2
    form = await edits(hass, stage)
    await fill_in(hass, form, {"cues": [], **NOTHING})
    assert cues(stage).cues == ()


async def test_things_are_captured_into_a_cue(
    hass: HomeAssistant, stage: HubKit
) -> None:
    things = [stage.device_id(stage.domain.entities["wash-2"].id)]
    form = await edits(hass, stage)
    rows = shown(form)["cues"]
    await fill_in(
        hass,
        form,
        {"cues": rows, "capture": {"things": things, "cue": "2"}, "list": {}},
    )
    assert cues(stage).cues[1].states["wash-1"] == {"brightness": 0}
    assert cues(stage).cues[1].states["wash-2"]["brightness"] == 50
    # Without a number it is a new one, in a list that is new, too.
    form = await edits(hass, stage, "Act 2")
    await fill_in(hass, form, {"cues": [], "capture": {"things": things}, "list": {}})
    assert [cue.number for cue in cues(stage, "Act 2").cues] == ["1"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"number": "1", "at": "8pm"}, "at:"),
        ({"number": "1", "states": ["wash-1"]}, "states:"),
        ({"number": "2"}, "2 is there twice"),
        ({"number": "", "name": "x"}, "number:"),
    ],
)
async def test_what_is_wrong_is_said(
    hass: HomeAssistant, stage: HubKit, row: dict[str, Any], reason: str
) -> None:
    form, before = await edits(hass, stage), cues(stage)
    rows = [row, CUES[1]]
    again = await fill_in(hass, form, {"cues": rows, **NOTHING})
    assert again["errors"] == {"cues": "wrong_cues"}
    assert reason in again["description_placeholders"]["wrong"]
    assert shown(again)["cues"] == rows
    assert cues(stage) == before


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
async def test_lists_are_read_from_text(
    hass: HomeAssistant, stage: HubKit, write: Any
) -> None:
    answer = await stage.ask("get_cue_lists")
    before = cues(stage)
    await stage.act("delete_cue_list", cue_list="Act 1")
    done = await pastes(hass, stage, write(answer))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert cues(stage) == before
    await pastes(hass, stage, write({"name": "Act 2", "cues": CUES}))
    await pastes(hass, stage, write(CUES), cue_list="Act 3")
    assert cues(stage, "Act 2").cues == cues(stage, "Act 3").cues == before.cues


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "a: [",
        "just words",
        "[1, 2]",
        "cues: [{number: 1}]",
        "Act 1: {cues: [{number: 1}, {number: 1}]}",
        "Act 9: {cues: []}\nAct 1: 5",
        "!include secrets.yaml",
        "- {number: 1, at: 20:15}",
    ],
)
async def test_text_that_is_none_changes_nothing(
    hass: HomeAssistant, stage: HubKit, text: str
) -> None:
    before = cues(stage)
    again = await pastes(hass, stage, text)
    assert again["errors"] == {"text": "unreadable_cues"}
    assert again["description_placeholders"]["wrong"]
    assert cues(stage) == before
    assert len(stage.entry.runtime_data.manager(CuesManager).lists) == 1


async def test_something_has_to_be_chosen(hass: HomeAssistant, stage: HubKit) -> None:
    form = await open_form(hass, stage.entry, "cue_lists")
    again = await fill_in(hass, form, {})
    assert again["errors"] == {"cue_list": "no_cue_list_chosen"}
