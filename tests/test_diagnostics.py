"""Diagnostics help, and give nothing private away."""

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.hub.redaction import described_subentry, redact
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kits.broker import Broker
from .kits.database import Postgres
from .kits.forms import add_broker, connected, until
from .kits.hub import unload
from .kits.hub_broker import BROKER_ID, MaestraKit
from .kits.hub_store import STORE_ID, recording_hub

SECRET = "planted-secret"
REDACTED = "**REDACTED**"


@pytest.fixture
async def client(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> ClientSessionGenerator:
    """The user who downloads diagnostics."""
    assert await async_setup_component(hass, "diagnostics", {})
    return hass_client


async def of_hub(
    hass: HomeAssistant, client: ClientSessionGenerator, hub: MockConfigEntry
) -> Any:
    return await get_diagnostics_for_config_entry(hass, client, hub)


async def of_device(
    hass: HomeAssistant, client: ClientSessionGenerator, maestra: MaestraKit, key: str
) -> Any:
    device = maestra.registered(key)
    assert device
    return await get_diagnostics_for_device(hass, client, maestra.entry, device)


async def test_the_hub_tells_of_connections_and_counts(
    hass: HomeAssistant, client: ClientSessionGenerator, maestra: MaestraKit
) -> None:
    await maestra.update("wash-1", brightness=3)
    await maestra.register("AA:BB", "Board")
    await maestra.mqtt.publish("maestra/entity/state/update/wash-1", "no JSON")
    await maestra.mqtt.receives("maestra/errors/wash-1")

    told = await of_hub(hass, client, maestra.entry)

    (link,) = told["links"]
    assert link["connected"]
    assert link["transport"] == "direct"
    assert link["transport_counters"]["received"] == 3
    assert link["gateway_counters"]["accepted"] == 2
    assert link["gateway_counters"]["refused_malformed"] == 1
    assert told["counts"]["entities_by_type"] == {"device": 1}
    assert told["counts"]["devices_by_status"] == {"online": 1}
    (entity,) = told["latest_entities"]
    assert entity["slug"] == "wash-1"
    assert entity["state"] == {"brightness": 3}
    assert entity["variables"][0]["name"] == "brightness"
    assert told["subentries"][0]["data"]["port"] == maestra.broker.port


async def test_only_the_latest_entities_are_told(
    hass: HomeAssistant, client: ClientSessionGenerator, maestra: MaestraKit
) -> None:
    for number in range(30):
        maestra.domain.entities.create(name=f"Wash {number}", entity_type="light")
    maestra.domain.entities.update("wash-3", {"brightness": 3})

    told = await of_hub(hass, client, maestra.entry)
    assert len(told["latest_entities"]) == 20
    assert told["latest_entities"][0]["slug"] == "wash-3"
    assert told["counts"]["entities"] == 30


async def test_each_kind_of_device_tells_of_itself(
    hass: HomeAssistant, client: ClientSessionGenerator, maestra: MaestraKit
) -> None:
    await maestra.update("wash-1", brightness=3)
    await maestra.register("AA:BB", "Board")
    await maestra.device_says("metrics", "AA:BB", metric_name="rssi", metric_value=-60)
    await maestra.mqtt.settled()
    await until(hass, lambda: maestra.registered("AA:BB"))
    board = maestra.domain.devices["AA:BB"]
    maestra.domain.configurations.push(board, {"fps": 30, "wifi_password": SECRET})
    await hass.async_block_till_done()

    entity = await of_device(hass, client, maestra, "wash-1")
    assert entity["entity"]["state"] == {"brightness": 3}

    device = await of_device(hass, client, maestra, "AA:BB")
    assert device["device"]["name"] == "Board"
    assert device["metrics"][0]["value"] == -60
    assert device["configurations"][0]["configuration"] == {
        "fps": 30,
        "wifi_password": REDACTED,
    }

    link = await of_device(hass, client, maestra, BROKER_ID)
    assert link["link"]["connected"]
    assert link["subentry"]["type"] == "mqtt_broker"

    hub = await of_device(hass, client, maestra, maestra.entry.entry_id)
    assert hub["counts"]["entities"] == 1


async def test_a_planted_secret_appears_nowhere(
    socket_enabled: None,
    hass: HomeAssistant,
    client: ClientSessionGenerator,
    hub: MockConfigEntry,
    tmp_path: Path,
) -> None:
    """In every secret field of a broker, a device and an entity."""
    users = {f"user-{SECRET}": f"password-{SECRET}"}
    async with Broker(tmp_path / "broker", users=users) as broker:
        ((username, password),) = users.items()
        subentry = await add_broker(
            hass,
            hub,
            broker,
            username=username,
            password=password,
            ca_certificate=f"-----BEGIN {SECRET}",
            client_certificate=f"-----BEGIN {SECRET}",
            client_key=f"-----BEGIN {SECRET}",
            mqtt_client_id=f"maestra-{SECRET}",
        )
        await connected(hass, hub, subentry.subentry_id)
        domain = hub.runtime_data.domain
        domain.devices.register(
            {
                "hardware_id": SECRET,
                "name": "Board",
                "device_type": "esp32",
                "ip_address": SECRET,
                "location": {"room": SECRET},
                "metadata": {
                    "wifi": {"ssid": SECRET, "psk": SECRET},
                    "api_token": SECRET,
                },
            }
        )
        domain.entities.create(
            name="Wash",
            entity_type="light",
            state={
                "apiKey": SECRET,
                "gps": [SECRET],
                "user_name": SECRET,
                "note": f"-----BEGIN {SECRET}",
            },
            metadata={"owner_email": SECRET, "stream-url": SECRET},
            variables=[
                Variable(
                    name="password",
                    type=VariableType.STRING,
                    direction=Direction.INPUT,
                    default=SECRET,
                )
            ],
        )
        hub.runtime_data.links.get(
            subentry.subentry_id
        ).reason = f"MQTT broker {broker.host}: {username}"

        told = json.dumps(await of_hub(hass, client, hub))

        assert SECRET not in told
        assert broker.host not in told
        assert REDACTED in told
        await unload(hass, hub)


async def test_the_database_tells_how_it_is(
    hass: HomeAssistant,
    client: ClientSessionGenerator,
    database: StoreSettings,
    tmp_path: Path,
) -> None:
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        hass.states.async_set("sensor.desk", "1")
        await hub_kit.store.flush()

        store = (await of_hub(hass, client, hub_kit.entry))["store"]
        assert store["connected"]
        assert store["state"] == "recording"
        assert store["server"]["tier"] == "timescaledb_apache"
        assert store["server"]["postgresql"].startswith("18")
        assert store["counters"]["batches"] > 0
        assert store["spool_rows"] == store["queue_depth"] == 0

        device = hub_kit.device(hub_kit.device_id(STORE_ID))
        told: Any = await get_diagnostics_for_device(
            hass, client, hub_kit.entry, device
        )
        assert told["store"]["id"] == STORE_ID
        assert told["subentry"]["type"] == "timescale_store"


async def test_no_secret_of_a_database_is_told(
    socket_enabled: None,
    hass: HomeAssistant,
    client: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """Neither as a setting nor in what the server answers."""
    hass.config.config_dir = str(tmp_path)
    server = Postgres(passwords=True)
    server.start()
    try:
        settings = server.settings(
            f"database-{SECRET}", user=f"user-{SECRET}", password=f"password-{SECRET}"
        )
        async with recording_hub(hass, settings) as hub_kit:
            await until(hass, lambda: hub_kit.link.reason)

            told = await of_hub(hass, client, hub_kit.entry)

            assert REDACTED in told["store"]["reason"]
            assert SECRET not in json.dumps(told)
            assert server.host not in json.dumps(told)
            flows = hass.config_entries.flow
            for flow in flows.async_progress():
                flows.async_abort(flow["flow_id"])
    finally:
        server.remove()


@pytest.mark.parametrize(
    ("key", "is_private"),
    [
        ("wifi_password", True),
        ("wifiPassword", True),
        ("API-KEY", True),
        ("IPAddress", True),
        ("MAC", True),
        ("allowed_macs", True),
        ("ip_addresses", True),
        ("broker_names", True),
        ("origins", True),
        ("f2_salt", True),
        ("max_clients", False),
        ("state_keys", False),
        ("device_names", False),
        ("lat", True),
        ("flat", False),
        ("microphone", False),
        ("machine", False),
        ("brightness", False),
        ("skip", False),
    ],
)
def test_private_keys_are_told_from_others(key: str, is_private: bool) -> None:
    assert redact({key: "x"})[key] == (REDACTED if is_private else "x")


def test_what_is_empty_is_told() -> None:
    assert redact({"password": None, "username": "", "lat": 0.0}) == {
        "password": None,
        "username": "",
        "lat": REDACTED,
    }


def test_a_value_that_is_named_private_is_private() -> None:
    assert redact(
        [{"name": "latitude", "value": 47.1}, {"name": "fps", "value": 30}]
    ) == [
        {"name": "latitude", "value": REDACTED},
        {"name": "fps", "value": 30},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "AA:BB:CC:00:11:22",
        "aa-bb-cc-00-11-22",
        "aabbcc001122",
        "f2-aabbcc001122",
        "stat/f2-aabbcc001122/reader-1",
        "Device AA:BB:CC:00:11:22 is blocked",
    ],
)
def test_a_mac_address_is_told_nowhere(text: str) -> None:
    """As a value, as a key, in a list, in words."""
    told = json.dumps(redact({"x": text, text: [text], "error": {"y": (text,)}}))
    assert "11:22" not in told
    assert "001122" not in told
    assert "11-22" not in told


def test_what_only_looks_like_a_mac_address_is_told() -> None:
    known = [
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "1763012312345",
        "01M8XXEXAMPLE00000000000000",
        "2026-01-01T00:00:00",
        "fd00::11:22",
    ]
    assert redact(known) == known


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            {
                "broker_names": ["broker.lan"],
                "key_type": "ecdsa_p256",
                "device_names": "f2_mac",
                "enrolment": {
                    "window": 10,
                    "needs_code": True,
                    "allowed_macs": ["aabbccddeeff"],
                },
                "lifetimes": {"device_days": 365},
                "authority_id": "0123456789abcdef",
                "passphrase": "hidden",
            },
            {
                "broker_names": REDACTED,
                "key_type": "ecdsa_p256",
                "device_names": "f2_mac",
                "enrolment": {
                    "window": 10,
                    "needs_code": True,
                    "allowed_macs": REDACTED,
                },
                "lifetimes": {"device_days": 365},
                "authority_id": "0123456789abcdef",
                "passphrase": REDACTED,
            },
        ),
        (
            {"host": "nats.lan", "port": 4222, "auth": "token", "token": "hidden"},
            {"host": REDACTED, "port": 4222, "auth": "token", "token": REDACTED},
        ),
        (
            {"own_certificate": True, "tls": False, "client_key": "-----BEGIN X"},
            {"own_certificate": True, "tls": False, "client_key": REDACTED},
        ),
    ],
    ids=["certificate_authority", "nats_server", "mqtt_broker"],
)
def test_settings_tell_which_kind_was_chosen(
    data: dict[str, Any], told: dict[str, Any]
) -> None:
    """Which kind of key and of account it is, support has to know; whose it is, it has not."""
    subentry = ConfigSubentry(
        data=MappingProxyType(data), subentry_type="x", title="x", unique_id=None
    )
    assert described_subentry(subentry)["data"] == told


def test_what_a_client_calls_auth_stays_hidden() -> None:
    assert redact({"auth": "token", "key_type": "x"}) == {
        "auth": REDACTED,
        "key_type": REDACTED,
    }
