"""Adding F2 controllers and changing them, and the templates of their sensors."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.features.f2.controllers import controllers_of
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component

from ...kits.f2_device import MAC, SAMPLE, F2Device, carry_f2, f2_device
from ...kits.hub import HubKit
from ...kits.hub_broker import MaestraKit
from ...kits.options import fill_in as fill_in_options, open_form, shown, shown_in

KIND = "f2_controller"
FIRST: dict[str, Any] = {
    "mac": "AA-BB-CC-DD-EE-01",
    "name": " Gate ",
    "zone": "Europe/Berlin",
    "connectors": {
        "j1": "access-control-mode",
        "j2": "alarm-mode",
        "j3": "sensor-mode",
        "j4": "unused",
    },
    "doors": {"unlock_period": 7, "locked_by_power": True, "open_is_false": False},
}
SECOND: dict[str, Any] = {
    "j1": {"components": ["strike-1", "reader-2"]},
    "j2": {"components": ["siren-1"]},
    "j3": {"sensor_1": "environmental_sensor", "sensor_3": "none"},
}
WIRING: dict[str, Any] = {
    "J1": {
        "mode": "access-control-mode",
        "components": {"strike-1": {}, "reader-2": {}},
    },
    "J2": {"mode": "alarm-mode", "components": {"siren-1": {}}},
    "J3": {
        "mode": "sensor-mode",
        "components": {
            "sensor-1": {"template": "environmental_sensor"},
            "sensor-3": {},
        },
    },
}


async def begin(hass: HomeAssistant, hub: MockConfigEntry) -> Any:
    """Open the form for a new controller."""
    form = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    return form


async def fill_in(hass: HomeAssistant, flow: Any, form: dict[str, Any]) -> Any:
    result = await hass.config_entries.subentries.async_configure(flow["flow_id"], form)
    await hass.async_block_till_done()
    return result


async def add(hass: HomeAssistant, hub: MockConfigEntry) -> ConfigSubentry:
    """Add a controller."""
    form = await fill_in(hass, await begin(hass, hub), FIRST)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "wiring")
    result = await fill_in(hass, form, SECOND)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = hub.get_subentries_of_type(KIND)
    return subentry


async def test_a_controller_is_added(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    subentry = await add(hass, hub)
    assert (subentry.title, subentry.unique_id) == ("Gate", MAC)
    await HubKit(hass, hub).settled()
    assert subentry.data == {
        "mac": MAC,
        "zone": "Europe/Berlin",
        "wiring": WIRING,
        "unlock_period": 7,
        "locked_by_power": True,
        "open_is_false": False,
    }
    assert hass.states.get("lock.gate_j1_lock_1")
    assert hass.states.get("event.gate_j1_reader_2")
    assert hass.states.get("sensor.gate_j3_sensor_1_temperature")


async def test_what_is_not_used_is_not_asked_for(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = {"mac": MAC, "connectors": {}, "doors": {}}
    result = await fill_in(hass, await begin(hass, hub), form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = hub.get_subentries_of_type(KIND)
    assert subentry.title == "F2 controller"
    assert subentry.data["wiring"] == {}


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"mac": "aa:bb"}, {"mac": "invalid_mac"}),
        ({"zone": "Europe/Atlantis"}, {"zone": "invalid_zone"}),
    ],
)
async def test_what_is_wrong_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    wrong: dict[str, str],
    errors: dict[str, str],
) -> None:
    form = await fill_in(hass, await begin(hass, hub), FIRST | wrong)
    assert form["errors"] == errors
    form = await fill_in(hass, form, FIRST)
    result = await fill_in(hass, form, SECOND)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_same_controller_is_not_added_twice(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    await add(hass, hub)
    form = await fill_in(hass, await begin(hass, hub), FIRST)
    assert form["errors"] == {"mac": "mac_taken"}


async def test_a_controller_is_changed(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    subentry = await add(hass, hub)
    named = {**WIRING["J1"]["components"], "strike-1": {"name": "Front door"}}
    wiring = {**WIRING, "J1": {**WIRING["J1"], "components": named}}
    hass.config_entries.async_update_subentry(
        hub, subentry, data={**subentry.data, "wiring": wiring}
    )
    form = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    assert shown(form)["name"] == "Gate"
    assert shown_in(form, "connectors")["j3"] == "sensor-mode"
    first = {key: value for key, value in FIRST.items() if key != "mac"}
    first["connectors"] = FIRST["connectors"] | {"j2": "unused"}
    form = await fill_in(hass, form, first | {"name": "Yard"})
    assert shown_in(form, "j3") == {
        "sensor_1": "environmental_sensor",
        "sensor_3": "none",
    }
    assert "j2" not in form["data_schema"].schema
    second = {"j1": {"components": ["strike-1"]}, "j3": {"sensor_1": "power_monitor"}}
    result = await fill_in(hass, form, second)
    await HubKit(hass, hub).settled()

    assert result["reason"] == "reconfigure_successful"
    (subentry,) = hub.get_subentries_of_type(KIND)
    assert subentry.title == "Yard"
    assert subentry.data["wiring"] == {
        "J1": {
            "mode": "access-control-mode",
            "components": {"strike-1": {"name": "Front door"}},
        },
        "J3": {
            "mode": "sensor-mode",
            "components": {"sensor-1": {"template": "power_monitor"}},
        },
    }
    assert hass.states.get("siren.gate_j2_siren_1") is None
    assert hass.states.get("sensor.gate_j3_sensor_1_temperature") is None


# Templates.


async def test_templates_can_be_changed(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await open_form(hass, hub, "f2_templates")
    templates = shown(form)["f2_templates"]
    assert [it["id"] for it in templates] == ["environmental_sensor", "power_monitor"]
    ours = {"id": "ours", "name": "Ours"}
    wrong = [*templates, ours | {"datapoints": []}]
    form = await fill_in_options(hass, form, {"f2_templates": wrong})
    assert form["errors"] == {"f2_templates": "invalid_templates"}
    right = ours | {"datapoints": [{"id": "x", "label": "X", "offset": 3}]}
    result = await fill_in_options(hass, form, {"f2_templates": [*templates, right]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (saved,) = hub.options["f2_templates"]
    assert saved["id"] == "ours"
    await hass.async_block_till_done()
    assert controllers_of(hub.runtime_data).templates.get("ours")

    form = await open_form(hass, hub, "f2_templates")
    await fill_in_options(hass, form, {"f2_templates": templates})
    await hass.async_block_till_done()
    assert hub.options["f2_templates"] == []
    assert controllers_of(hub.runtime_data).templates.get("ours") is None


@pytest.mark.parametrize(
    "hub_options", [{"f2_templates": [{"id": "broken", "datapoints": 5}]}]
)
async def test_a_template_that_can_not_be_read_is_left_out(
    hub: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    told = [record.getMessage() for record in caplog.get_records("setup")]
    assert [text for text in told if "broken is left out" in text]
    assert controllers_of(hub.runtime_data).templates.get("broken") is None


# Controllers that were only heard.


@pytest.fixture
async def stranger(maestra: MaestraKit) -> AsyncGenerator[F2Device]:
    """A controller that nobody has set up, and that speaks."""
    await carry_f2(maestra)
    async with f2_device(maestra.broker) as device:
        await device.says("tele/sensor-mode/J3/sensor-1", data=SAMPLE)
        await device.controller.open_door(True)
        await maestra.until(lambda: issues(maestra.hass), "it is told")
        yield device


def shown_of_f2(maestra: MaestraKit) -> list[str]:
    """Return the unique ids of the entities of controllers."""
    registered = er.async_entries_for_config_entry(
        er.async_get(maestra.hass), maestra.entry.entry_id
    )
    return [it.unique_id for it in registered if it.unique_id.startswith("f2:")]


def issues(hass: HomeAssistant) -> list[str]:
    return [
        issue_id
        for (owner, issue_id), issue in ir.async_get(hass).issues.items()
        if owner == DOMAIN and issue.translation_key == "f2_controller_heard"
    ]


async def test_a_controller_that_was_heard_can_be_added(
    maestra: MaestraKit, stranger: F2Device, hass_client: ClientSessionGenerator
) -> None:
    hass = maestra.hass
    assert shown_of_f2(maestra) == []
    assert await async_setup_component(hass, REPAIRS, {REPAIRS: {}})
    client = await hass_client()
    (issue_id,) = issues(hass)

    async def post(path: str, body: dict[str, str]) -> Any:
        response = await client.post(f"/api/repairs/issues/fix{path}", json=body)
        assert response.status == HTTPStatus.OK
        return await response.json()

    form = await post("", {"handler": DOMAIN, "issue_id": issue_id})
    assert form["step_id"] == "confirm"
    heard = form["description_placeholders"]["components"]
    assert "J3/sensor-1" in heard and "J1/door-sensor-1" in heard
    result = await post(f"/{form['flow_id']}", {"name": "Gate"})
    assert result["type"] == "create_entry"

    assert issues(hass) == []
    await maestra.state_is("binary_sensor.gate_j1_door_1", "on")
    (subentry,) = maestra.entry.get_subentries_of_type(KIND)
    assert subentry.data["mac"] == MAC
    assert subentry.data["wiring"]["J3"] == {
        "mode": "sensor-mode",
        "components": {"sensor-1": {}},
    }


async def test_a_stranger_is_shown_nowhere_else(
    maestra: MaestraKit, stranger: F2Device
) -> None:
    await stranger.controller.show_card(b"04A224B2C45E80")
    await stranger.says("tele/sensor-mode/J3/sensor-1", data=SAMPLE)
    await maestra.heard("probe", seen=True)
    assert shown_of_f2(maestra) == []


async def test_unloading_takes_the_question_back(
    maestra: MaestraKit, stranger: F2Device
) -> None:
    await maestra.hass.config_entries.async_unload(maestra.entry.entry_id)
    assert issues(maestra.hass) == []
