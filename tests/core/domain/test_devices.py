"""How devices come, are let in or turned away, fall silent and go (maestra.md §1.2)."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.maestra.core.domain import devices as device_directory
from custom_components.maestra.core.domain.devices import (
    MAX_PENDING,
    MAX_PENDING_OF_ONE,
    Devices,
)
from custom_components.maestra.core.domain.errors import (
    AlreadyExists,
    DeviceBlocked,
    DeviceNotPending,
    InvalidField,
    TooMany,
    UnknownDevice,
)
from custom_components.maestra.core.domain.events import (
    BlockedDeviceHeard,
    DeviceAdded,
    DeviceDiscovered,
    DeviceHeard,
    DeviceRemoved,
    DeviceStatusChanged,
    DeviceUnblocked,
    DeviceUpdated,
)
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.newcomers import Newcomers
from custom_components.maestra.core.domain.source import Source

from .conftest import Clock, Heard

MQTT = Source("esp32", "mqtt-1")
SILENCE = timedelta(minutes=5)


def node(**fields: Any) -> JsonObject:
    """What a device says of itself."""
    return {"name": "Node", "device_type": "esp32", "hardware_id": "AA:BB"} | fields


class TestRegister:
    def test_a_registered_device_is_online_and_told(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.register(
            node(
                firmware_version="1.2",
                ip_address="10.0.0.5",
                location={"room": "hall"},
                metadata={"a": 1},
            ),
            source=MQTT,
        )

        assert device.is_online
        assert device.gateway == "mqtt-1"
        assert devices["AA:BB"] is devices[device.id] is device
        assert heard.kinds == [DeviceAdded]
        assert not heard.the(DeviceAdded).approved
        wire = device.to_wire()
        assert list(wire) == [
            "id",
            "name",
            "device_type",
            "hardware_id",
            "firmware_version",
            "ip_address",
            "location",
            "metadata",
            "status",
            "last_seen",
            "created_at",
            "updated_at",
        ]
        assert wire["status"] == "online"
        assert wire["last_seen"] == wire["created_at"] == wire["updated_at"]
        assert (wire["location"], wire["metadata"]) == ({"room": "hall"}, {"a": 1})

    @pytest.mark.parametrize("empty", [None, ""])
    def test_what_is_empty_is_absent(self, devices: Devices, empty: Any) -> None:
        device = devices.register(
            node(firmware_version=empty, ip_address=empty, location=None, metadata=None)
        )

        assert device.firmware_version is None
        assert device.ip_address is None
        assert device.location is None
        assert device.metadata == {}

    def test_a_hardware_id_is_taken_once(self, devices: Devices) -> None:
        devices.register(node())

        with pytest.raises(AlreadyExists, match="Device AA:BB already exists"):
            devices.register(node(name="Other"))

    def test_a_known_device_may_renew_its_registration(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.register(node())
        heard.forget()

        again = devices.register(
            node(name="Other", ip_address="10.0.0.6"), renew=True, source=MQTT
        )

        assert again is device
        assert (device.name, device.ip_address, device.gateway) == (
            "Node",
            "10.0.0.6",
            "mqtt-1",
        )
        assert heard.kinds == [DeviceUpdated, DeviceHeard]

    def test_a_waiting_device_does_not_let_itself_in_by_renewing(
        self, devices: Devices
    ) -> None:
        device = devices.discover(node())

        devices.register(node(), renew=True)

        assert device.status == "pending"

    @pytest.mark.parametrize("call", ["register", "discover"])
    @pytest.mark.parametrize(
        "fields",
        [
            {"hardware_id": None},
            {"hardware_id": ""},
            {"hardware_id": 5},
            {"hardware_id": ["AA:BB"]},
            {"hardware_id": {"a": 1}},
            {"hardware_id": "a\nb"},
            {"name": None},
            {"name": 5},
            {"name": ["Node"]},
            {"device_type": None},
            {"device_type": {"a": 1}},
            {"device_type": "a" * 101},
            {"firmware_version": 1.2},
            {"firmware_version": ["1"]},
            {"ip_address": 5},
            {"ip_address": "1" * 46},
            {"location": "hall"},
            {"location": []},
            {"metadata": ["a"]},
            {"metadata": {str(number): 1 for number in range(513)}},
        ],
        ids=lambda fields: str(fields)[:40],
    )
    def test_a_wrong_field_leaves_nothing_behind(
        self, devices: Devices, heard: Heard, call: str, fields: JsonObject
    ) -> None:
        with pytest.raises(InvalidField):
            getattr(devices, call)(node(**fields))

        assert len(devices) == 0
        assert heard.kinds == []

    def test_the_number_of_devices_is_bounded(
        self, devices: Devices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(device_directory, "MAX_DEVICES", 1)
        devices.register(node())

        with pytest.raises(TooMany, match="at most 1 devices"):
            devices.register(node(hardware_id="CC"))


class TestDiscover:
    def test_a_new_device_waits_for_approval(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.discover(node(), source=MQTT)

        assert device.status == "pending"
        assert not device.is_online
        assert devices.pending() == [device]
        assert heard.kinds == [DeviceDiscovered]

    def test_asking_again_changes_nothing(self, devices: Devices, heard: Heard) -> None:
        device = devices.discover(node())
        heard.forget()

        assert devices.discover(node(name="Other", metadata={"a": 1})) is device

        assert device.name == "Node"
        assert heard.kinds == []

    def test_another_address_and_firmware_are_taken_over(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.discover(node(ip_address="10.0.0.5"))
        devices.approve(device.id)
        heard.forget()

        devices.discover(node(ip_address="10.0.0.6", firmware_version="2"))
        devices.discover(node(ip_address=None, firmware_version=""))

        assert (device.ip_address, device.firmware_version) == ("10.0.0.6", "2")
        assert len(heard.of(DeviceUpdated)) == 1

    def test_a_wrong_address_changes_nothing(self, devices: Devices) -> None:
        device = devices.discover(node(ip_address="10.0.0.5"))

        with pytest.raises(InvalidField):
            devices.discover(node(ip_address=["10.0.0.6"], firmware_version="2"))

        assert (device.ip_address, device.firmware_version) == ("10.0.0.5", None)

    def test_for_a_known_device_it_is_a_sign_of_life(
        self, devices: Devices, heard: Heard, clock: Clock
    ) -> None:
        device = devices.register(node())
        clock.pass_by(600)
        devices.expire(SILENCE)
        heard.forget()

        devices.discover(node())

        assert device.status == "online"
        assert heard.kinds == [DeviceStatusChanged, DeviceHeard]

    def test_the_newest_waits_first(self, devices: Devices) -> None:
        waiting = [devices.discover(node(hardware_id=key)) for key in ("A", "B", "C")]

        assert devices.pending() == waiting[::-1]

    def test_one_address_displaces_its_own_oldest(self, devices: Devices) -> None:
        honest = devices.discover(node(hardware_id="honest"), address="10.0.0.1")
        for number in range(MAX_PENDING):
            devices.discover(node(hardware_id=str(number)), address="10.0.0.66")

        assert len(devices.pending()) == MAX_PENDING_OF_ONE + 1
        assert honest in devices.pending()
        assert devices.get(str(MAX_PENDING - 1))
        assert devices.get("0") is None

    def test_addresses_of_one_ipv6_network_are_one(self, devices: Devices) -> None:
        for number in range(MAX_PENDING):
            devices.discover(
                node(hardware_id=str(number)), address=f"2001:db8::{number:x}"
            )

        assert len(devices.pending()) == MAX_PENDING_OF_ONE

    def test_many_addresses_displace_the_oldest_of_who_has_most(
        self, devices: Devices
    ) -> None:
        honest = devices.discover(node(hardware_id="honest"), address="10.0.0.1")
        for number in range(2 * MAX_PENDING):
            devices.discover(
                node(hardware_id=str(number)), address=f"10.0.1.{number % 20}"
            )

        assert len(devices.pending()) == MAX_PENDING
        assert honest in devices.pending()

    def test_a_broker_tells_no_addresses_and_has_the_whole_list(
        self, devices: Devices
    ) -> None:
        for number in range(MAX_PENDING + 5):
            devices.discover(
                node(hardware_id=str(number), ip_address=f"10.0.0.{number}"),
                source=Source(None, "broker"),
            )
        assert len(devices.pending()) == MAX_PENDING

        honest = devices.discover(node(hardware_id="honest"), address="10.0.0.1")
        assert honest in devices.pending()
        assert len(devices.pending()) == MAX_PENDING


class TestApprove:
    def test_an_approved_device_is_online_and_told(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.discover(node())
        heard.forget()

        assert (
            devices.approve("AA:BB", name="Stage node", device_type="sensor") is device
        )

        assert (device.name, device.device_type, device.status) == (
            "Stage node",
            "sensor",
            "online",
        )
        assert devices.pending() == []
        assert heard.kinds == [DeviceAdded]
        assert heard.the(DeviceAdded).approved

    def test_what_is_not_said_stays(self, devices: Devices) -> None:
        device = devices.discover(node())

        devices.approve(device.id)

        assert (device.name, device.device_type) == ("Node", "esp32")

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": "Ok", "device_type": ""},
            {"name": "Ok", "device_type": 5},
        ],
    )
    def test_a_wrong_field_changes_nothing(self, devices: Devices, fields: Any) -> None:
        device = devices.discover(node())

        with pytest.raises(InvalidField):
            devices.approve("AA:BB", **fields)

        assert (device.name, device.status) == ("Node", "pending")

    def test_its_silence_is_counted_from_the_approval(
        self, devices: Devices, clock: Clock
    ) -> None:
        devices.discover(node())
        clock.pass_by(3600)
        devices.approve("AA:BB")

        assert devices.expire(SILENCE) == []

    @pytest.mark.parametrize("call", ["approve", "reject"])
    def test_only_a_waiting_device_is_decided_on(
        self, devices: Devices, call: str
    ) -> None:
        devices.register(node())

        with pytest.raises(
            DeviceNotPending, match=r"AA:BB is not pending \(status: online\)"
        ):
            getattr(devices, call)("AA:BB")


class TestGo:
    def test_a_rejected_device_may_ask_again(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.discover(node())

        assert devices.reject("AA:BB") is device

        assert devices.get("AA:BB") is devices.get(device.id) is None
        removed = heard.the(DeviceRemoved)
        assert (removed.device, removed.reason, removed.note) == (
            device,
            "rejected",
            None,
        )
        assert devices.discover(node()).id != device.id

    def test_a_removed_device_may_register_again(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.register(node())

        assert devices.remove(device.id) is device

        assert heard.the(DeviceRemoved).reason == "deleted"
        assert devices.register(node()).id != device.id

    @pytest.mark.parametrize(
        "call", ["approve", "reject", "block", "remove", "heartbeat"]
    )
    def test_an_unknown_device_is_refused(self, devices: Devices, call: str) -> None:
        with pytest.raises(UnknownDevice, match="Device CC is not known"):
            getattr(devices, call)("CC")


class TestBlock:
    @pytest.fixture
    def blocked(self, devices: Devices, heard: Heard) -> Devices:
        """AA:BB is blocked."""
        devices.register(node())
        heard.forget()
        devices.block("AA:BB", "spams")
        return devices

    def test_a_blocked_device_is_gone_and_remembered(
        self, blocked: Devices, heard: Heard
    ) -> None:
        assert len(blocked) == 0
        assert [it.reason for it in blocked.blocked] == ["spams"]
        assert "aa-bb" in blocked.blocked
        removed = heard.the(DeviceRemoved)
        assert (removed.reason, removed.note) == ("blocked", "spams")

    @pytest.mark.parametrize(
        ("call", "arguments"),
        [
            ("register", [node()]),
            ("discover", [node()]),
            ("heartbeat", ["AA:BB"]),
            ("report_metric", ["AA:BB", {"metric_name": "rssi", "metric_value": 1}]),
            ("report_event", ["AA:BB", {"event_type": "press"}]),
        ],
    )
    def test_whatever_it_says_is_refused_and_told(
        self, blocked: Devices, heard: Heard, call: str, arguments: list[Any]
    ) -> None:
        heard.forget()

        with pytest.raises(DeviceBlocked, match="Device AA:BB is blocked"):
            getattr(blocked, call)(*arguments)

        assert heard.the(BlockedDeviceHeard).hardware_id == "AA:BB"
        assert len(blocked) == 0

    def test_unblocked_it_may_ask_again(self, blocked: Devices, heard: Heard) -> None:
        blocked.unblock("AA:BB")

        assert heard.the(DeviceUnblocked).hardware_id == "AA:BB"
        assert blocked.discover(node()).status == "pending"
        with pytest.raises(UnknownDevice):
            blocked.unblock("AA:BB")

    def test_a_waiting_device_can_be_blocked(self, devices: Devices) -> None:
        devices.discover(node())

        devices.block("AA:BB")

        assert devices.pending() == []


class TestSilence:
    def test_a_silent_device_goes_offline_once(
        self, devices: Devices, heard: Heard, clock: Clock
    ) -> None:
        silent = devices.register(node())
        clock.pass_by(200)
        talking = devices.register(node(hardware_id="CC"))
        heard.forget()

        clock.pass_by(100)
        assert devices.expire(SILENCE) == []
        clock.pass_by(0.1)
        assert devices.expire(SILENCE) == [silent]
        assert devices.expire(SILENCE) == []

        assert (silent.status, talking.status) == ("offline", "online")
        assert not silent.is_online
        changed = heard.the(DeviceStatusChanged)
        assert (changed.device, changed.previous) == (silent, "online")

    @pytest.mark.parametrize(
        ("call", "arguments"),
        [
            ("heartbeat", []),
            ("report_metric", [{"metric_name": "rssi", "metric_value": 1}]),
            ("report_event", [{"event_type": "press"}]),
        ],
    )
    def test_whatever_it_says_brings_it_back(
        self,
        devices: Devices,
        heard: Heard,
        clock: Clock,
        call: str,
        arguments: list[Any],
    ) -> None:
        device = devices.register(node())
        clock.pass_by(1000)
        devices.expire(SILENCE)
        heard.forget()

        getattr(devices, call)("AA:BB", *arguments, source=MQTT)

        assert device.status == "online"
        assert device.gateway == "mqtt-1"
        assert heard.the(DeviceStatusChanged).previous == "offline"
        assert devices.expire(SILENCE) == []

    def test_a_device_in_error_falls_silent_too(
        self, devices: Devices, clock: Clock
    ) -> None:
        device = devices.register(node())
        devices.heartbeat("AA:BB", status="error")
        clock.pass_by(1000)

        assert devices.expire(SILENCE) == [device]

    def test_a_waiting_device_does_not_fall_silent(
        self, devices: Devices, clock: Clock
    ) -> None:
        device = devices.discover(node())
        clock.pass_by(1000)

        assert devices.expire(SILENCE) == []
        assert device.status == "pending"

    def test_after_a_restart_silence_is_counted_anew(
        self, devices: Devices, clock: Clock, bus: Any
    ) -> None:
        device = devices.register(node())
        clock.pass_by(1000)
        again = Devices(bus, Newcomers(bus), clock)

        again.restore(device)

        assert again.expire(SILENCE) == []
        clock.pass_by(301)
        assert again.expire(SILENCE) == [device]


class TestHeartbeat:
    def test_it_moves_last_seen_and_is_told(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.register(node())
        before = device.last_seen
        heard.forget()

        assert devices.heartbeat(device.id, source=MQTT) is device

        assert before is not None
        assert device.last_seen is not None
        assert device.last_seen > before
        assert heard.kinds == [DeviceHeard]

    def test_it_names_the_status(self, devices: Devices, heard: Heard) -> None:
        device = devices.register(node())
        devices.heartbeat("AA:BB", status="maintenance")
        devices.heartbeat("AA:BB", status="maintenance")

        assert device.status == "maintenance"
        assert device.is_online
        changed = heard.the(DeviceStatusChanged)
        assert changed.previous == "online"
        assert changed.timestamp == device.updated_at

    def test_a_device_may_say_that_it_goes(self, devices: Devices) -> None:
        device = devices.register(node())

        devices.heartbeat("AA:BB", status="offline")

        assert not device.is_online

    def test_other_messages_leave_the_status_alone(self, devices: Devices) -> None:
        device = devices.register(node())
        devices.heartbeat("AA:BB", status="error")

        devices.report_event("AA:BB", {"event_type": "press"})

        assert device.status == "error"

    def test_a_waiting_device_does_not_let_itself_in(self, devices: Devices) -> None:
        device = devices.discover(node())

        devices.heartbeat("AA:BB", status="online")
        devices.heartbeat("AA:BB", status="pending")

        assert device.status == "pending"

    def test_an_approved_device_does_not_become_a_waiting_one(
        self, devices: Devices
    ) -> None:
        device = devices.register(node())

        with pytest.raises(InvalidField, match="status: only a new device is pending"):
            devices.heartbeat("AA:BB", status="pending")

        assert device.status == "online"

    def test_metadata_is_merged_key_by_key(
        self, devices: Devices, heard: Heard
    ) -> None:
        device = devices.register(node(metadata={"a": {"x": 1}, "b": 1}))
        told = device.metadata
        heard.forget()

        devices.heartbeat("AA:BB", metadata={"a": {"y": 2}, "c": 3})
        devices.heartbeat("AA:BB", metadata={"c": 3})

        assert device.metadata == {"a": {"y": 2}, "b": 1, "c": 3}
        assert told == {"a": {"x": 1}, "b": 1}
        assert heard.kinds == [DeviceUpdated, DeviceHeard, DeviceHeard]

    def test_metadata_does_not_grow_without_end(self, devices: Devices) -> None:
        device = devices.register(node())
        for number in range(512):
            devices.heartbeat("AA:BB", metadata={str(number): 1})

        with pytest.raises(InvalidField, match="metadata: more than 512 keys"):
            devices.heartbeat("AA:BB", metadata={"one more": 1})
        devices.heartbeat("AA:BB", metadata={"0": 2})

        assert len(device.metadata) == 512

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": ""},
            {"status": None},
            {"status": ["online"]},
            {"status": "a" * 51},
            {"metadata": ["a"]},
            {"metadata": "a"},
        ],
        ids=str,
    )
    def test_a_wrong_field_changes_nothing(
        self, devices: Devices, heard: Heard, fields: Any
    ) -> None:
        device = devices.register(node())
        before = device.to_wire()
        heard.forget()

        with pytest.raises(InvalidField):
            devices.heartbeat("AA:BB", **fields)

        assert device.to_wire() == before
        assert heard.kinds == []

    @pytest.mark.parametrize("key", [None, 5, ["AA:BB"], {"a": 1}, ""], ids=repr)
    def test_a_key_is_text(self, devices: Devices, key: Any) -> None:
        with pytest.raises(InvalidField):
            devices.heartbeat(key)
