"""Letting devices in and out, talking to them, grouping them."""

from typing import Any

import pytest

from custom_components.maestra.domain.events import (
    ConfigurationPushed,
    DeviceCommanded,
    DeviceRemoved,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .kits.house import House


async def test_approved_device_appears(house: House) -> None:
    await house.light("wash-1")
    pending = await house.discovers("AA:01")
    await house.act(
        "approve_device",
        device="AA:01",
        name="Dimmer",
        device_type="dimmer",
        entity="wash-1",
    )
    device = house.device(house.device_id(pending.id))
    assert (device.name, device.model) == ("Dimmer", "dimmer")
    # The light is as reachable as its device from now on.
    assert house.domain.entities["wash-1"].device_id == pending.id


async def test_several_are_approved_at_once(house: House) -> None:
    one, two = await house.discovers("AA:01"), await house.discovers("AA:02")
    await house.act("approve_device", device=["AA:01", two.id])
    assert house.device_id(one.id) != house.device_id(two.id)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"device": ["AA:01", "AA:02"], "name": "Both"}, "one_device_only"),
        ({"device": "AA:09"}, "unknown_device"),
        ({"device": "AA:03"}, "device_not_pending"),
        ({"device": "AA:01", "entity": "nobody"}, "unknown_entity"),
        ({}, "no_device_targeted"),
    ],
)
async def test_refused_approval(house: House, data: dict[str, Any], key: str) -> None:
    await house.discovers("AA:01")
    await house.discovers("AA:02")
    await house.registers("AA:03")
    with pytest.raises(ServiceValidationError) as refused:
        await house.act("approve_device", **data)
    assert refused.value.translation_key == key
    assert len(house.domain.devices.pending()) == 2


async def test_rejected_device_may_ask_again(house: House) -> None:
    removed = house.told(DeviceRemoved)
    await house.discovers("AA:01")
    await house.act("reject_device", device="AA:01")
    await house.discovers("AA:01")
    assert [event.reason for event in removed] == ["rejected"]


async def test_blocked_device_may_not_until_it_is_unblocked(house: House) -> None:
    device = await house.registers("AA:01")
    removed = house.told(DeviceRemoved)
    await house.act(
        "block_device", device_id=house.device_id(device.id), reason="Floods"
    )
    assert [event.note for event in removed] == ["Floods"]
    with pytest.raises(ValueError):
        house.device_id(device.id)
    await house.act("unblock_device", hardware_id="AA:01")
    await house.registers("AA:01")
    with pytest.raises(ServiceValidationError) as refused:
        await house.act("unblock_device", hardware_id="AA:01")
    assert refused.value.translation_key == "unknown_device"


async def test_event_for_devices_and_groups_is_sent_once_to_each(house: House) -> None:
    await house.registers("AA:01")
    two = await house.registers("AA:02")
    await house.act("set_device_group", name="left", device=["AA:01", "AA:02"])
    told = house.told(DeviceCommanded)
    await house.act(
        "send_event",
        device="AA:02",
        group="left",
        device_id=house.device_id(two.id),
        event_type="identify",
        data={True: 1},
    )
    assert [event.device.hardware_id for event in told] == ["AA:02", "AA:01"]
    assert told[0].event_type == "identify"
    assert told[0].data == {"on": 1}
    assert told[0].source.name == "home_assistant"


async def test_unknown_group(house: House) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await house.act("send_event", group="nobody", event_type="identify")
    assert refused.value.translation_key == "unknown_group"


async def test_configuration_is_versioned(house: House, hass: HomeAssistant) -> None:
    device = await house.registers("AA:01")
    told = house.told(ConfigurationPushed)
    await house.act(
        "push_configuration",
        context=Context(user_id="someone"),
        device="AA:01",
        configuration={"interval": 10},
    )
    answer = await house.ask(
        "push_configuration", device="AA:01", configuration={"interval": 20}
    )
    assert answer == {"AA:01": {"device_id": device.id, "version": 2}}
    assert [event.configuration.created_by for event in told] == [
        "someone",
        "home_assistant",
    ]


async def test_group_is_a_label_that_can_be_targeted(house: House) -> None:
    one = await house.registers("AA:01")
    await house.registers("AA:02")
    await house.act(
        "set_device_group",
        name="Left",
        device_id=house.device_id(one.id),
        description="Stage left",
    )
    label_id = house.label_id("Left")
    told = house.told(DeviceCommanded)
    await house.act("send_event", label_id=label_id, event_type="identify")
    assert [event.device.hardware_id for event in told] == ["AA:01"]
    await house.act("set_device_group", name="Left")
    with pytest.raises(ServiceValidationError) as refused:
        await house.act("send_event", group="Left", event_type="identify")
    assert refused.value.translation_key == "no_device_targeted"
    await house.act("remove_device_group", name="Left")
    with pytest.raises(ServiceValidationError) as refused:
        await house.act("remove_device_group", name="Left")
    assert refused.value.translation_key == "unknown_group"
