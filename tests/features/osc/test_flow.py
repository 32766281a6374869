"""Adding OSC targets and changing them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.features.osc.flow import target_settings
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ...kits.options import shown, shown_in

KIND = "osc_target"
FORM: dict[str, Any] = {
    "name": "FOH console",
    "host": "127.0.0.1",
    "port": 10023,
    "protocol": "udp",
    "output": "keys",
    "filter": {},
    "keep_alive": {},
    "replies": {},
}
X32 = {
    "keep_alive": {"address": "/xremote", "arguments": [1], "interval": 9},
    "replies": {"expects_replies": True, "silence": 20, "local_port": 0},
}

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def add(hass: HomeAssistant, hub: MockConfigEntry, **others: Any) -> Any:
    """Fill in the form for a new target."""
    form = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert form["type"] is FlowResultType.FORM
    return await fill_in(hass, form, **others)


async def fill_in(hass: HomeAssistant, flow: Any, **others: Any) -> Any:
    result = await hass.config_entries.subentries.async_configure(
        flow["flow_id"], FORM | others
    )
    await hass.async_block_till_done()
    return result


def only(hub: MockConfigEntry) -> ConfigSubentry:
    """Return the only target."""
    (subentry,) = hub.get_subentries_of_type(KIND)
    return subentry


async def test_a_target_is_added(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    result = await add(hass, hub, name=" FOH console ", host=" 127.0.0.1 ", **X32)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    target = only(hub)
    assert target.title == "FOH console"
    assert target.unique_id == "udp://127.0.0.1:10023"
    assert "name" not in target.data
    settings = target_settings(target.title, target.data, ())
    assert settings.name == "FOH console"
    assert settings.expects_replies
    assert settings.keep_alive
    assert settings.keep_alive.address == "/xremote"
    assert settings.keep_alive.arguments == (1,)
    assert settings.keep_alive.interval.total_seconds() == 9
    assert settings.silence.total_seconds() == 20
    assert [link.id for link in hub.runtime_data.links] == [target.subentry_id]


async def test_only_what_is_chosen_is_sent(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    chosen = {
        "entity_types": [" light ", ""],
        "slugs": [],
        "keys": ["brightness"],
        "path": " stage.* ",
    }
    await add(hass, hub, protocol="tcp_length", output="max", filter=chosen)

    target = only(hub)
    settings = target_settings(target.title, target.data, ())
    assert settings.protocol == "tcp"
    assert settings.framing == "length"
    assert settings.output == "max"
    assert settings.filter.entity_types == {"light"}
    assert settings.filter.keys == {"brightness"}
    assert settings.filter.path == "stage.*"
    assert settings.keep_alive is None


@pytest.mark.parametrize(
    ("wrong", "field", "problem"),
    [
        ({"name": " "}, "name", "incomplete"),
        ({"host": " "}, "host", "invalid_host"),
        ({"host": "a" * 64 + ".example"}, "host", "invalid_host"),
        ({"filter": {"path": "stage..*"}}, "filter", "invalid_path"),
        ({"keep_alive": {"arguments": "go"}}, "keep_alive", "arguments_no_list"),
        ({"keep_alive": {"address": "go"}}, "keep_alive", "invalid_osc_message"),
        (
            {"keep_alive": {"address": "/go", "arguments": [{"type": "?"}]}},
            "keep_alive",
            "invalid_osc_message",
        ),
    ],
)
async def test_what_is_wrong_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    wrong: dict[str, Any],
    field: str,
    problem: str,
) -> None:
    result = await add(hass, hub, **wrong)

    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: problem}
    result = await fill_in(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("wrong", [{"port": 0}, {"protocol": "ipx"}, {"output": "all"}])
async def test_what_is_not_offered_is_not_taken(
    hass: HomeAssistant, hub: MockConfigEntry, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidData):
        await add(hass, hub, **wrong)


async def test_a_target_can_be_added_once(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    await add(hass, hub)

    result = await add(hass, hub, name="Another name")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    # Over TCP it is another thing.
    result = await add(hass, hub, protocol="tcp_slip")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_target_is_there_once_under_any_name(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    await add(hass, hub, **X32)
    result = await add(hass, hub, **{**X32, "host": "osc://localhost:10023"})
    assert result["reason"] == "same_server"
    assert len(hub.subentries) == 1


async def test_a_target_is_changed(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    await add(hass, hub, **X32)
    target = only(hub)

    form = await hub.start_subentry_reconfigure_flow(hass, target.subentry_id)
    assert form["step_id"] == "reconfigure"
    assert shown(form)["name"] == "FOH console"
    assert shown(form)["port"] == 10023
    assert shown_in(form, "keep_alive")["address"] == "/xremote"
    assert shown_in(form, "replies")["expects_replies"] is True
    result = await fill_in(hass, form, name="Monitors", port=10024)

    assert result["reason"] == "reconfigure_successful"
    target = only(hub)
    assert target.title == "Monitors"
    assert target.unique_id == "udp://127.0.0.1:10024"
    assert target.data["port"] == 10024
    assert "address" not in target.data["keep_alive"]
