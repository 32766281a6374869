"""Device groups and versioned configurations."""

from typing import Any

import pytest

from custom_components.maestra.core.domain import Domain, groups as groups_module
from custom_components.maestra.core.domain.configurations import KEPT_VERSIONS
from custom_components.maestra.core.domain.device import Device
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    TooMany,
    UnknownConfiguration,
    UnknownGroup,
)
from custom_components.maestra.core.domain.events import (
    ConfigurationApplied,
    ConfigurationPushed,
    DeviceRemoved,
    GroupChanged,
    GroupRemoved,
)

from .conftest import Heard


@pytest.fixture
def node(domain: Domain, heard: Heard) -> Device:
    """A registered device."""
    device = domain.devices.register(
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA:BB"}
    )
    heard.forget()
    return device


class TestGroups:
    def test_a_group_is_made_and_told(self, domain: Domain, heard: Heard) -> None:
        group = domain.groups.put("Front", ["a", "b", "a"], description="Front truss")

        assert domain.groups["Front"] is group
        assert group.members == {"a", "b"}
        assert group.description == "Front truss"
        assert list(domain.groups) == [group]
        assert heard.the(GroupChanged).group is group

    def test_a_group_gets_other_members_and_keeps_its_description(
        self, domain: Domain
    ) -> None:
        group = domain.groups.put("Front", ["a"], description="Front truss")

        assert domain.groups.put("Front", iter(["b"])) is group

        assert group.members == {"b"}
        assert group.description == "Front truss"

    def test_a_device_knows_its_groups(self, domain: Domain) -> None:
        front = domain.groups.put("Front", ["a"])
        domain.groups.put("Back", ["b"])
        everything = domain.groups.put("All", ["a", "b"])

        assert domain.groups.of("a") == [front, everything]

    def test_a_device_that_goes_leaves_its_groups(
        self, domain: Domain, node: Device, heard: Heard
    ) -> None:
        group = domain.groups.put("Front", [node.id, "other"])
        domain.groups.put("Back", ["other"])
        heard.forget()

        domain.devices.remove("AA:BB")

        assert group.members == {"other"}
        assert heard.kinds == [DeviceRemoved, GroupChanged]
        assert heard.the(GroupChanged).group is group

    def test_a_removed_group_is_told_and_its_devices_stay(
        self, domain: Domain, node: Device, heard: Heard
    ) -> None:
        domain.groups.put("Front", [node.id])

        domain.groups.remove("Front")

        assert heard.the(GroupRemoved).group.name == "Front"
        assert domain.devices["AA:BB"] is node
        with pytest.raises(UnknownGroup, match="Device group Front is not known"):
            domain.groups["Front"]
        with pytest.raises(UnknownGroup):
            domain.groups.remove("Front")

    @pytest.mark.parametrize(
        "arguments",
        [
            {"name": ""},
            {"name": ["Front"]},
            {"members": [5]},
            {"members": [["a"]]},
            {"members": [""]},
            {"description": 5},
        ],
        ids=str,
    )
    def test_a_wrong_group_leaves_nothing_behind(
        self, domain: Domain, heard: Heard, arguments: Any
    ) -> None:
        with pytest.raises(InvalidField):
            domain.groups.put(**{"name": "Front", "members": ["a"]} | arguments)

        assert list(domain.groups) == []
        assert heard.kinds == []

    def test_the_number_of_groups_is_bounded(
        self, domain: Domain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(groups_module, "MAX_GROUPS", 1)
        domain.groups.put("Front", [])

        with pytest.raises(TooMany, match="at most 1 device groups"):
            domain.groups.put("Back", [])
        domain.groups.put("Front", ["a"])


class TestConfigurations:
    def test_a_configuration_is_the_next_version_and_told(
        self, domain: Domain, node: Device, heard: Heard
    ) -> None:
        first = domain.configurations.push(node, {"rate": 10}, created_by="Ada")
        second = domain.configurations.push(node, {"rate": 20})

        assert (first.version, first.configuration, first.created_by) == (
            1,
            {"rate": 10},
            "Ada",
        )
        assert (second.version, second.created_by, second.applied_at) == (2, None, None)
        assert domain.configurations.of(node.id) == [first, second]
        assert [event.configuration for event in heard.of(ConfigurationPushed)] == [
            first,
            second,
        ]
        assert {event.device for event in heard.of(ConfigurationPushed)} == {node}

    def test_versions_are_counted_per_device(
        self, domain: Domain, node: Device
    ) -> None:
        other = domain.devices.register(
            {"name": "Other", "device_type": "esp32", "hardware_id": "CC"}
        )
        domain.configurations.push(node, {})
        domain.configurations.push(node, {})

        assert domain.configurations.push(other, {}).version == 1
        assert len(list(domain.configurations)) == 3

    def test_the_newest_20_are_kept_and_counting_goes_on(
        self, domain: Domain, node: Device
    ) -> None:
        for rate in range(25):
            domain.configurations.push(node, {"rate": rate})

        versions = [kept.version for kept in domain.configurations.of(node.id)]
        assert versions == list(range(6, 26))
        assert len(versions) == KEPT_VERSIONS

    def test_an_applied_version_is_noted_and_told(
        self, domain: Domain, node: Device, heard: Heard
    ) -> None:
        first = domain.configurations.push(node, {"rate": 1})
        second = domain.configurations.push(node, {"rate": 2})

        domain.configurations.applied(node, 1)

        assert first.applied_at is not None
        assert second.applied_at is None
        assert heard.the(ConfigurationApplied).configuration is first

    @pytest.mark.parametrize("version", [0, 2, -1, "1", None])
    def test_a_version_that_was_never_sent_can_not_be_applied(
        self, domain: Domain, node: Device, version: Any
    ) -> None:
        domain.configurations.push(node, {})

        with pytest.raises(
            UnknownConfiguration, match="AA:BB has no configuration version"
        ):
            domain.configurations.applied(node, version)

    def test_a_device_without_configurations_applies_none(
        self, domain: Domain, node: Device
    ) -> None:
        with pytest.raises(UnknownConfiguration):
            domain.configurations.applied(node, 1)

    def test_the_newest_is_sent_again_until_it_is_applied(
        self, domain: Domain, node: Device, heard: Heard
    ) -> None:
        domain.configurations.resend(node)
        domain.configurations.push(node, {"rate": 1})
        newest = domain.configurations.push(node, {"rate": 2})
        domain.configurations.applied(node, 1)
        heard.forget()

        domain.configurations.resend(node)
        assert heard.the(ConfigurationPushed).configuration is newest

        domain.configurations.applied(node, 2)
        heard.forget()
        domain.configurations.resend(node)
        assert heard.kinds == []

    @pytest.mark.parametrize("configuration", [[1], "a", 5])
    def test_a_configuration_is_an_object(
        self, domain: Domain, node: Device, heard: Heard, configuration: Any
    ) -> None:
        with pytest.raises(InvalidField, match="configuration: must be an object"):
            domain.configurations.push(node, configuration)

        assert domain.configurations.of(node.id) == []
        assert heard.kinds == []

    def test_a_device_that_goes_takes_its_configurations_with_it(
        self, domain: Domain, node: Device
    ) -> None:
        domain.configurations.push(node, {})

        domain.devices.block("AA:BB")

        assert list(domain.configurations) == []
