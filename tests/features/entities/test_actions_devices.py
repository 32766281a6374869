"""Letting devices in and out, talking to them, grouping them."""

from typing import Any

import pytest

from custom_components.maestra.core.domain.events import (
    ConfigurationPushed,
    DeviceCommanded,
    DeviceRemoved,
)
from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar

from ...kits.hub import HubKit


async def test_approved_device_appears(hub_kit: HubKit) -> None:
    await hub_kit.light("wash-1")
    pending = await hub_kit.discovers("AA:01")
    await hub_kit.act(
        "approve_device",
        device="AA:01",
        name="Dimmer",
        device_type="dimmer",
        entity="wash-1",
        area=ar.async_get(hub_kit.hass).async_create("Stage").id,
    )
    assert hub_kit.device(hub_kit.device_id(pending.id)).area_id == "stage"
    device = hub_kit.device(hub_kit.device_id(pending.id))
    assert (device.name, device.model) == ("Dimmer", "Dimmer")
    # The light is as reachable as its device from now on.
    assert hub_kit.domain.entities["wash-1"].device_id == pending.id


async def test_several_are_approved_at_once(hub_kit: HubKit) -> None:
    one, two = await hub_kit.discovers("AA:01"), await hub_kit.discovers("AA:02")
    await hub_kit.act("approve_device", device=["AA:01", two.id])
    assert hub_kit.device_id(one.id) != hub_kit.device_id(two.id)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"device": ["AA:01", "AA:02"], "name": "Both"}, "one_device_only"),
        ({"device": "AA:09"}, "unknown_device"),
        ({"device": "AA:03"}, "device_not_pending"),
        ({"device": "AA:01", "entity": "nobody"}, "unknown_entity"),
        ({"device": "AA:01", "area": "nowhere"}, "unknown_area"),
        ({"device": []}, "no_device_targeted"),
    ],
)
async def test_refused_approval(
    hub_kit: HubKit, data: dict[str, Any], key: str
) -> None:
    await hub_kit.discovers("AA:01")
    await hub_kit.discovers("AA:02")
    await hub_kit.registers("AA:03")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("approve_device", **data)
    assert refused.value.translation_key == key
    assert len(hub_kit.domain.devices.pending()) == 2


async def test_rejected_device_may_ask_again(hub_kit: HubKit) -> None:
    removed = hub_kit.notified(DeviceRemoved)
    await hub_kit.discovers("AA:01")
    await hub_kit.act("reject_device", device="AA:01")
    await hub_kit.discovers("AA:01")
    assert [event.reason for event in removed] == ["rejected"]


async def test_blocked_device_may_not_until_it_is_unblocked(hub_kit: HubKit) -> None:
    device = await hub_kit.registers("AA:01")
    removed = hub_kit.notified(DeviceRemoved)
    await hub_kit.act(
        "block_device", device_id=hub_kit.device_id(device.id), reason="Floods"
    )
    assert [event.note for event in removed] == ["Floods"]
    with pytest.raises(ValueError):
        hub_kit.device_id(device.id)
    await hub_kit.act("unblock_device", hardware_id="AA:01")
    await hub_kit.registers("AA:01")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("unblock_device", hardware_id="AA:01")
    assert refused.value.translation_key == "unknown_device"


async def test_event_for_devices_and_groups_is_sent_once_to_each(
    hub_kit: HubKit,
) -> None:
    await hub_kit.registers("AA:01")
    two = await hub_kit.registers("AA:02")
    await hub_kit.act("set_device_group", name="left", device=["AA:01", "AA:02"])
    told = hub_kit.notified(DeviceCommanded)
    await hub_kit.act(
        "send_event",
        device="AA:02",
        group="left",
        device_id=hub_kit.device_id(two.id),
        event_type="identify",
        data={True: 1},
    )
    assert [event.device.hardware_id for event in told] == ["AA:02", "AA:01"]
    assert told[0].event_type == "identify"
    assert told[0].data == {"on": 1}
    assert told[0].source.name == "home_assistant"


async def test_unknown_group(hub_kit: HubKit) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("send_event", group="nobody", event_type="identify")
    assert refused.value.translation_key == "unknown_group"


async def test_configuration_is_versioned(
    hub_kit: HubKit, hass_admin_user: User
) -> None:
    device = await hub_kit.registers("AA:01")
    told = hub_kit.notified(ConfigurationPushed)
    await hub_kit.act(
        "push_configuration",
        context=Context(user_id=hass_admin_user.id),
        device="AA:01",
        configuration={"interval": 10},
    )
    answer = await hub_kit.ask(
        "push_configuration", device="AA:01", configuration={"interval": 20}
    )
    assert answer == {"AA:01": {"device_id": device.id, "version": 2}}
    assert [event.configuration.created_by for event in told] == [
        hass_admin_user.id,
        "home_assistant",
    ]


async def test_group_is_a_label_that_can_be_targeted(hub_kit: HubKit) -> None:
    one = await hub_kit.registers("AA:01")
    await hub_kit.registers("AA:02")
    await hub_kit.act(
        "set_device_group",
        name="Left",
        device_id=hub_kit.device_id(one.id),
        description="Stage left",
    )
    label_id = hub_kit.label_id("Left")
    told = hub_kit.notified(DeviceCommanded)
    await hub_kit.act("send_event", label_id=label_id, event_type="identify")
    assert [event.device.hardware_id for event in told] == ["AA:01"]
    await hub_kit.act("set_device_group", name="Left")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("send_event", group="Left", event_type="identify")
    assert refused.value.translation_key == "no_device_targeted"
    await hub_kit.act("remove_device_group", name="Left")
    with pytest.raises(ServiceValidationError) as refused:
        await hub_kit.act("remove_device_group", name="Left")
    assert refused.value.translation_key == "unknown_group"
