"""Changing the hub's listeners: who may connect, and where. Nothing listens in these tests."""

from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_schema_suggested_value,
)

from custom_components.maestra.hub import listener_options
from custom_components.maestra.hub.listeners import Listeners
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from ..kits.options import fill_in, open_form, shown, shown_in

USUAL_PORTS = {"fleet_api": 8080, "websocket": 8765, "osc": 57120}
HTTP = ["fleet_api", "websocket"]
TOKEN = "let-me-in-7"


@pytest.fixture(autouse=True)
def nothing_listens() -> Any:
    """Let no listener start, nor try its port: what is saved is looked at here."""
    with (
        patch.object(Listeners, "start"),
        patch.object(listener_options, "listen_error", return_value=None),
    ):
        yield


def form_of(listener: str, **others: Any) -> dict[str, Any]:
    """Return a filled-in form; what is in none of its sections stands above them."""
    http = listener in HTTP
    access = {
        "networks": ["local"],
        "hosts": [],
        **({"origins": []} if http else {}),
    }
    limits = {"max_clients": 200, "rate": 2000}
    top = {"enabled": True, "host": "0.0.0.0", "port": USUAL_PORTS[listener]}
    osc = {} if http else {"tcp_port": 0, "oscquery_port": 0}
    changed = {key: others.pop(key) for key in {*access, "token"} & others.keys()}
    clear = (
        {"clear_token": others.pop("clear_token")} if "clear_token" in others else {}
    )
    return {
        **top,
        **osc,
        **others,
        "access": access | changed | clear,
        "limits": limits,
    }


async def save(
    hass: HomeAssistant, hub: MockConfigEntry, listener: str, **others: Any
) -> Any:
    form = await open_form(hass, hub, listener)
    result = await fill_in(hass, form, form_of(listener, **others))
    await hass.async_block_till_done()
    return result


@pytest.mark.parametrize("listener", USUAL_PORTS)
async def test_a_listener_is_off_until_it_is_switched_on(
    hass: HomeAssistant, hub: MockConfigEntry, listener: str
) -> None:
    form = await open_form(hass, hub, listener)

    filled = shown(form)
    assert filled["enabled"] is False
    assert filled["host"] == "0.0.0.0"
    assert filled["port"] == USUAL_PORTS[listener]
    assert shown_in(form, "access")["networks"] == ["local"]
    assert shown_in(form, "limits")["max_clients"] == 200


@pytest.mark.parametrize("listener", HTTP)
async def test_what_is_chosen_is_saved_and_shown_again(
    hass: HomeAssistant, hub: MockConfigEntry, listener: str
) -> None:
    result = await save(
        hass,
        hub,
        listener,
        host=" 127.0.0.1 ",
        port=9000,
        networks=[" Local", "10.1.2.0/24", ""],
        origins=["https://Stage.example:8443/", "*", "null", "file://"],
        hosts=["Show.Example.", "*"],
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hub.options[listener] == {
        "enabled": True,
        "host": "127.0.0.1",
        "port": 9000,
        "tls": False,
        "networks": ["local", "10.1.2.0/24"],
        "origins": ["https://stage.example:8443", "*", "null", "file:"],
        "hosts": ["show.example", "*"],
        "max_clients": 200,
        "rate": 2000,
    }
    form = await open_form(hass, hub, listener)
    assert shown(form)["port"] == 9000
    assert shown_in(form, "access")["networks"] == ["local", "10.1.2.0/24"]


async def test_osc_over_tcp_and_oscquery(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    await save(hass, hub, "osc", tcp_port=57121, oscquery_port=57122)

    assert hub.options["osc"] == {
        "enabled": True,
        "host": "0.0.0.0",
        "port": 57120,
        "tcp_port": 57121,
        "oscquery_port": 57122,
        "networks": ["local"],
        "hosts": [],
        "max_clients": 200,
        "rate": 2000,
    }


@pytest.mark.parametrize(
    ("wrong", "field", "problem", "word"),
    [
        ({"host": "stage.example"}, "host", "invalid_address", "stage.example"),
        ({"networks": [" "]}, "access", "no_networks", ""),
        ({"networks": ["10.0.0.0/33"]}, "access", "invalid_network", "10.0.0.0/33"),
        ({"networks": ["here"]}, "access", "invalid_network", "here"),
        ({"origins": ["stage.example"]}, "access", "invalid_origin", "stage.example"),
        ({"origins": ["https://a/b"]}, "access", "invalid_origin", "https://a/b"),
        ({"origins": ["https://[a"]}, "access", "invalid_origin", "https://[a"),
        ({"hosts": ["http://a"]}, "access", "invalid_host_name", "http://a"),
        ({"hosts": ["a:8080"]}, "access", "invalid_host_name", "a:8080"),
        ({"token": "two words"}, "access", "invalid_token", ""),
    ],
)
async def test_what_is_wrong_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    wrong: dict[str, Any],
    field: str,
    problem: str,
    word: str,
) -> None:
    result = await save(hass, hub, "websocket", **wrong)

    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: problem}
    assert result["description_placeholders"] == {"wrong": word}
    result = await fill_in(hass, result, form_of("websocket"))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("listener", "ports", "field", "other"),
    [
        ("fleet_api", {"port": 8765}, "port", "WebSocket gateway"),
        ("osc", {"tcp_port": 8765}, "tcp_port", "WebSocket gateway"),
        (
            "osc",
            {"tcp_port": 57121, "oscquery_port": 57121},
            "oscquery_port",
            "OSC gateway",
        ),
    ],
)
async def test_a_port_can_be_had_once(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    listener: str,
    ports: dict[str, int],
    field: str,
    other: str,
) -> None:
    await save(hass, hub, "websocket")

    result = await save(hass, hub, listener, **ports)

    assert result["errors"] == {field: "port_taken"}
    assert result["description_placeholders"] == {"wrong": other}
    # TCP and UDP are different things, and who is off needs no port.
    result = await fill_in(hass, result, form_of(listener, enabled=False, **ports))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await save(hass, hub, "osc", port=8765)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("wrong", [{"port": 0}, {"port": 65_536}, {"tls": True}])
async def test_what_is_not_offered_is_not_taken(
    hass: HomeAssistant, hub: MockConfigEntry, wrong: dict[str, Any]
) -> None:
    """Without a certificate of Home Assistant's there is no TLS to choose."""
    form = await open_form(hass, hub, "fleet_api")
    with pytest.raises(InvalidData):
        await fill_in(hass, form, form_of("fleet_api", **wrong))


async def test_tls_where_home_assistant_has_a_certificate(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    with patch.object(hass.http, "ssl_certificate", "/ssl/fullchain.pem"):
        await save(hass, hub, "fleet_api", tls=True)

    assert hub.options["fleet_api"]["tls"] is True


# The token.


@pytest.mark.parametrize("listener", USUAL_PORTS)
async def test_a_token_is_kept_out_of_the_options(
    hass: HomeAssistant, hub: MockConfigEntry, listener: str
) -> None:
    await save(hass, hub, listener, token=TOKEN)

    assert hub.data["tokens"] == {listener: TOKEN}
    assert TOKEN not in str(hub.options)
    form = await open_form(hass, hub, listener)
    access = form["data_schema"].schema["access"].schema
    assert get_schema_suggested_value(access.schema, "token") is None


async def test_an_empty_token_keeps_the_saved_one(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    await save(hass, hub, "fleet_api", token=TOKEN)

    await save(hass, hub, "fleet_api", port=9000)

    assert hub.data["tokens"] == {"fleet_api": TOKEN}


async def test_a_token_is_removed(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    await save(hass, hub, "fleet_api", token=TOKEN)

    await save(hass, hub, "fleet_api", clear_token=True)

    assert hub.data["tokens"] == {}


# The address map.


async def test_the_address_map_is_changed(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await open_form(hass, hub, "osc_maps")
    assert shown(form) == {"osc_maps": []}

    await fill_in(
        hass,
        form,
        {
            "osc_maps": [
                {
                    "osc_address": " /1/fader1 ",
                    "entity_slug": "wash-1",
                    "state_keys": ["brightness ", ""],
                },
                {
                    "osc_address": "/1/xy",
                    "entity_slug": "head-1",
                    "state_keys": ["pan", "tilt"],
                    "operation": "set",
                },
            ]
        },
    )

    saved = [
        {
            "osc_address": "/1/fader1",
            "entity_slug": "wash-1",
            "state_keys": ["brightness"],
            "operation": "update",
        },
        {
            "osc_address": "/1/xy",
            "entity_slug": "head-1",
            "state_keys": ["pan", "tilt"],
            "operation": "set",
        },
    ]
    assert hub.options["osc_maps"] == saved
    assert shown(await open_form(hass, hub, "osc_maps")) == {"osc_maps": saved}


@pytest.mark.parametrize(
    ("wrong", "problem", "word"),
    [
        ({"osc_address": "fader"}, "invalid_osc_map", "fader: osc_address: "),
        ({"osc_address": "/entity/x"}, "invalid_osc_map", "/entity/x: osc_address: "),
        ({"entity_slug": "Wash 1"}, "invalid_osc_map", "/1/fader1: entity_slug: "),
        ({"state_keys": [" "]}, "invalid_osc_map", "/1/fader1: state_keys: "),
    ],
)
async def test_an_address_map_can_be_put_right(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    wrong: dict[str, Any],
    problem: str,
    word: str,
) -> None:
    row = {
        "osc_address": "/1/fader1",
        "entity_slug": "wash-1",
        "state_keys": ["brightness"],
    }
    form = await open_form(hass, hub, "osc_maps")

    result = await fill_in(hass, form, {"osc_maps": [row, row | wrong]})

    assert result["errors"] == {"osc_maps": problem}
    assert result["description_placeholders"]["wrong"].startswith(word)
    result = await fill_in(hass, result, {"osc_maps": [row]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_address_map_has_an_end(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await open_form(hass, hub, "osc_maps")
    rows = [
        {"osc_address": f"/{number}", "entity_slug": "wash-1", "state_keys": ["x"]}
        for number in range(1_001)
    ]

    result = await fill_in(hass, form, {"osc_maps": rows})

    assert result["errors"] == {"osc_maps": "too_many_osc_maps"}
