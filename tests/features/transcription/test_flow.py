"""The form of a transcription."""

from typing import Any

import pytest

from custom_components.maestra.const import SUBENTRY_TRANSCRIPTION
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.data_entry_flow import FlowResultType
from tests.kits.hub import HubKit
from tests.kits.production import production_subentry
from tests.kits.speech import DICTATION, TRANSCRIPTION_ID

from .conftest import Hall


async def begin(
    kit: HubKit, source: str = "user", **context: Any
) -> SubentryFlowResult:
    told: Any = {"source": source, **context}
    return await kit.hass.config_entries.subentries.async_init(
        (kit.entry.entry_id, SUBENTRY_TRANSCRIPTION), context=told
    )


async def fill_in(
    kit: HubKit, form: SubentryFlowResult, **data: Any
) -> SubentryFlowResult:
    done = await kit.hass.config_entries.subentries.async_configure(
        form["flow_id"], {"stt_entity": DICTATION, **data}
    )
    await kit.settled()
    return done


def shown(form: SubentryFlowResult, key: str) -> Any:
    """Return what a field suggests."""
    assert form["data_schema"]
    (field,) = (each for each in form["data_schema"].schema if each == key)
    return field.description["suggested_value"]


async def test_an_entity_is_enough(hall: Hall) -> None:
    form = await begin(hall.kit)
    done = await fill_in(hall.kit, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Live transcription"
    await hall.kit.state_is("binary_sensor.live_transcription_listening", "on")


async def test_everything_can_be_changed(hall: Hall) -> None:
    await hall.add(production_subentry())
    form = await begin(hall.kit, "reconfigure", subentry_id=TRANSCRIPTION_ID)
    assert shown(form, "name") == "Hall"
    done = await fill_in(
        hall.kit,
        form,
        name="Foyer",
        language="de",
        sources=["mic"],
        address="srt://0.0.0.0:9000?mode=listener",
        only_while="switch.live",
        production="stage-production",
        ignored=["Danke."],
    )
    assert done["reason"] == "reconfigure_successful"
    subentry = hall.kit.entry.subentries[TRANSCRIPTION_ID]
    assert (subentry.title, dict(subentry.data)) == (
        "Foyer",
        {
            "stt_entity": DICTATION,
            "language": "de",
            "sources": ["mic"],
            "address": "srt://0.0.0.0:9000?mode=listener",
            "only_while": "switch.live",
            "production": "stage-production",
            "ignored": ["Danke."],
        },
    )
    settings = hall.manager.get(TRANSCRIPTION_ID)
    assert settings
    assert settings.transcriber.settings.sources == {"mic", "stream"}
    # What is taken out again is gone.
    form = await begin(hall.kit, "reconfigure", subentry_id=TRANSCRIPTION_ID)
    assert shown(form, "address") == "srt://0.0.0.0:9000?mode=listener"
    await fill_in(hall.kit, form, sources=[], ignored=[], address="")
    assert dict(subentry.data) == {
        "stt_entity": DICTATION,
        "sources": [],
        "ignored": [],
    }


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"language": "ja"}, {"language": "language_not_supported"}),
        ({"address": "file:///etc/passwd"}, {"address": "invalid_settings"}),
        ({"address": "concat:a|b"}, {"address": "invalid_settings"}),
        ({"address": "http://[::1"}, {"address": "invalid_settings"}),
        ({"sources": ["x" * 201]}, {"sources": "invalid_settings"}),
        (
            {"sources": [str(number) for number in range(51)]},
            {"sources": "invalid_settings"},
        ),
        ({"ignored": ["x" * 201]}, {"ignored": "invalid_settings"}),
    ],
)
async def test_what_cannot_work_is_marked(
    hall: Hall, data: dict[str, Any], errors: dict[str, str]
) -> None:
    form = await fill_in(hall.kit, await begin(hall.kit), **data)
    assert form["errors"] == errors
    assert form["description_placeholders"]
    assert form["description_placeholders"]["reason"]
    done = await fill_in(hall.kit, form, name="Other")
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_an_entity_that_is_not_there_yet_may_come(hub_kit: HubKit) -> None:
    form = await begin(hub_kit)
    done = await fill_in(hub_kit, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
