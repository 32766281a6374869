"""Setting up the hub, discovery and new credentials."""

from collections.abc import AsyncGenerator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_MQTT,
    SOURCE_REAUTH,
    SOURCE_USER,
    SOURCE_ZEROCONF,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .kits.broker import Broker
from .kits.forms import add_broker, connected, flow_appears, hass_mqtt
from .kits.hub import unload

pytestmark = pytest.mark.usefixtures("socket_enabled")

STATE_TOPIC = "maestra/entity/state/update/wash-1"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker that lets one user in."""
    async with Broker(tmp_path / "broker", users={"stage": "right"}) as broker:
        yield broker


def heard(topic: str, payload: str | bytes) -> MqttServiceInfo:
    """What Home Assistant's MQTT tells of a message."""
    return MqttServiceInfo(
        topic=topic,
        payload=payload,
        qos=1,
        retain=False,
        subscribed_topic="maestra/#",
        timestamp=0.0,
    )


async def discover(hass: HomeAssistant, info: MqttServiceInfo) -> Any:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_MQTT}, data=info
    )


async def test_user_sets_up_the_hub_and_is_led_to_the_first_broker(
    hass: HomeAssistant,
) -> None:
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"

    result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Maestra"
    assert result["data"] == {}
    assert result["result"].unique_id == DOMAIN
    _, flow_id = result["next_flow"]
    (menu,) = hass.config_entries.subentries.async_progress()
    assert menu["flow_id"] == flow_id
    assert menu["handler"] == (result["result"].entry_id, "mqtt_broker")


@pytest.mark.usefixtures("hub")
async def test_there_is_one_hub(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "single_instance_allowed"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        pytest.param(STATE_TOPIC, b'{"brightness": 3}', id="bytes"),
        pytest.param(STATE_TOPIC, '{"brightness": 3}', id="text"),
        pytest.param("maestra/device/discover", '{"hardware_id": "x"}', id="device"),
    ],
)
async def test_discovery_sets_up_hub_and_broker_in_one_go(
    hass: HomeAssistant, topic: str, payload: str | bytes
) -> None:
    form = await discover(hass, heard(topic, payload))
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "mqtt_confirm"

    result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = result["result"].subentries.values()
    assert subentry.subentry_type == "mqtt_broker"
    assert subentry.unique_id == "home_assistant"
    assert subentry.data == {
        "transport": "home_assistant",
        "event_size_limit": 0,
        "bridge": True,
        "dialects": ["maestra"],
    }
    assert hass.config_entries.subentries.async_progress() == []
    await unload(hass, result["result"])


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        pytest.param(
            "maestra/entity/state", '{"type": "state_changed"}', id="not from a client"
        ),
        pytest.param(STATE_TOPIC, "no JSON", id="unreadable"),
    ],
)
async def test_other_messages_discover_nothing(
    hass: HomeAssistant, topic: str, payload: str
) -> None:
    result = await discover(hass, heard(topic, payload))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_maestra"


async def test_several_clients_are_one_discovery(hass: HomeAssistant) -> None:
    await discover(hass, heard(STATE_TOPIC, "{}"))
    result = await discover(hass, heard("maestra/entity/state/set/wash-2", "{}"))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_in_progress"


async def test_discovery_is_over_once_the_hub_is_set_up(hass: HomeAssistant) -> None:
    await discover(hass, heard(STATE_TOPIC, "{}"))
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    await hass.config_entries.flow.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()

    assert hass.config_entries.flow.async_progress() == []
    result = await discover(hass, heard(STATE_TOPIC, "{}"))
    assert result["reason"] == "single_instance_allowed"


async def test_a_client_on_a_real_broker_is_discovered(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    async with (
        Broker(tmp_path / "open") as broker,
        hass_mqtt(hass, broker),
        broker.peer() as client,
    ):
        await broker.logged("maestra/#")
        await client.publish(STATE_TOPIC, {"brightness": 3})
        flow = await flow_appears(hass, SOURCE_MQTT)
        assert flow["step_id"] == "mqtt_confirm"


async def test_refused_credentials_are_renewed(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    """The hub itself asks when the broker refuses, and connects once it has the answer."""
    subentry = await add_broker(hass, hub, broker, username="stage", password="wrong")
    flow = await flow_appears(hass, SOURCE_REAUTH)
    assert flow["step_id"] == "reauth_confirm"
    assert flow["context"]["title_placeholders"] == {"name": subentry.title}

    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"username": "stage", "password": "still wrong"}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "invalid_auth"}
    assert (result["description_placeholders"] or {})["service"] == subentry.title

    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"username": "stage", "password": "right"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert hub.subentries[subentry.subentry_id].data["password"] == "right"

    await connected(hass, hub, subentry.subentry_id)


async def test_credentials_can_be_dropped(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    async with Broker(tmp_path / "open") as broker:
        subentry = await add_broker(hass, hub, broker, username="stage", password="old")
        form = await hub.start_reauth_flow(
            hass, data={"subentry_id": subentry.subentry_id}
        )
        result = await hass.config_entries.flow.async_configure(form["flow_id"], {})

        assert result["reason"] == "reauth_successful"
        assert "username" not in hub.subentries[subentry.subentry_id].data
        assert "password" not in hub.subentries[subentry.subentry_id].data
        await unload(hass, hub)


async def test_a_broker_may_be_removed_meanwhile(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    subentry = await add_broker(hass, hub, broker, username="stage", password="right")
    data = {"subentry_id": subentry.subentry_id}
    form = await hub.start_reauth_flow(hass, data=data)
    hass.config_entries.async_remove_subentry(hub, subentry.subentry_id)
    await hass.async_block_till_done()

    result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert result["reason"] == "subentry_removed"

    result = await hub.start_reauth_flow(hass, data=data)
    assert result["reason"] == "subentry_removed"


# A device on the network looks for Maestra.


def seen(**records: str) -> ZeroconfServiceInfo:
    """What Home Assistant's zeroconf tells of a device."""
    address = ip_address("10.0.0.9")
    return ZeroconfServiceInfo(
        ip_address=address,
        ip_addresses=[address],
        port=80,
        hostname="entrance.local.",
        type="_maestra-device._tcp.local.",
        name="entrance._maestra-device._tcp.local.",
        properties=records,
    )


async def find(hass: HomeAssistant, info: ZeroconfServiceInfo) -> Any:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=info
    )


async def test_a_device_on_the_network_leads_to_the_hub(hass: HomeAssistant) -> None:
    form = await find(hass, seen(hardware_id="AA:01", name="[Entrance]"))
    assert form["step_id"] == "zeroconf_confirm"
    assert form["description_placeholders"]["device_markdown"] == r"\[Entrance\]"

    result = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert not result["result"].subentries
    await unload(hass, result["result"])


async def test_what_is_no_device_leads_nowhere(hass: HomeAssistant) -> None:
    result = await find(hass, seen(name="Nobody"))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_maestra"


async def test_several_devices_are_one_discovery(hass: HomeAssistant) -> None:
    await find(hass, seen(hardware_id="AA:01"))
    result = await find(hass, seen(hardware_id="AA:02"))

    assert result["reason"] == "already_in_progress"
