"""What a device is told once it is let in, and who else is not."""

from typing import Any

import orjson
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.device import Device
from custom_components.maestra.core.domain.errors import (
    DeviceNotPending,
    InvalidField,
    UnknownEntity,
)
from custom_components.maestra.core.domain.events import DeviceProvisioned
from custom_components.maestra.core.domain.provisioning import Provision
from custom_components.maestra.core.domain.snapshot import restore, structure_snapshot

from .conftest import Heard

SECRETS = {"WIFI_PASSWORD": "tigers"}


@pytest.fixture
def node(domain: Domain) -> Device:
    """A device that waits, and asked from its own address."""
    return asks(domain, "AA", "192.168.1.20")


def asks(domain: Domain, hardware_id: str, address: str | None, **said: Any) -> Device:
    """A device asks to be let in."""
    data = {"name": "Node", "device_type": "esp32", "hardware_id": hardware_id}
    return domain.devices.discover({**data, **said}, address=address)


def provision_of(domain: Domain, device: Device) -> Provision:
    found = domain.provisioning.of(device)
    assert found is not None
    return found


def test_provision_goes_from_pending_over_approved_to_provisioned(
    domain: Domain, node: Device, heard: Heard
) -> None:
    provision = provision_of(domain, node)
    assert provision.status == "pending"
    domain.provisioning.approve(node.id)
    assert provision_of(domain, node).status == "approved"
    assert heard.of(DeviceProvisioned) == []
    domain.provisioning.downloads(node, "192.168.1.20")
    domain.provisioning.downloads(node, "192.168.1.20")
    assert provision_of(domain, node).status == "provisioned"
    assert [event.device for event in heard.of(DeviceProvisioned)] == [node]


def test_however_a_device_is_approved_it_has_a_provision(
    domain: Domain, node: Device
) -> None:
    domain.devices.approve(node.id)
    assert provision_of(domain, node).status == "approved"


def test_a_device_that_registered_itself_has_none(domain: Domain) -> None:
    device = domain.devices.register(
        {"name": "Node", "device_type": "esp32", "hardware_id": "AA"}
    )
    assert domain.provisioning.of(device) is None
    assert domain.provisioning.change(device, {"env_vars": SECRETS}) is None


def test_entity_is_linked(domain: Domain, node: Device) -> None:
    entity = domain.entities.create(name="Wash", entity_type="light")
    domain.provisioning.approve(node.id, entity=entity.slug)
    assert provision_of(domain, node).entity_id == entity.id
    assert domain.entities["wash"].device_id == node.id


def test_refused_approval_changes_nothing(domain: Domain, node: Device) -> None:
    with pytest.raises(UnknownEntity):
        domain.provisioning.approve(node.id, entity="nobody")
    with pytest.raises(InvalidField):
        domain.provisioning.approve(node.id, env_vars=["no object"])
    with pytest.raises(InvalidField):
        domain.provisioning.approve(node.id, env_vars={"": 1})
    assert provision_of(domain, node).status == node.status == "pending"
    domain.provisioning.approve(node.id)
    with pytest.raises(DeviceNotPending):
        domain.provisioning.approve(node.id, env_vars=SECRETS)
    assert provision_of(domain, node).env_vars == {}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.168.1.20", SECRETS),
        ("::ffff:192.168.1.20", SECRETS),
        ("192.168.1.21", {}),
        ("127.0.0.1", {}),
        ("not an address", {}),
        (None, {}),
    ],
)
def test_secrets_go_to_the_device_only(
    domain: Domain, node: Device, address: str | None, expected: dict[str, str]
) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    assert domain.provisioning.downloads(node, address) == expected


def test_stranger_does_not_use_up_the_approval(
    domain: Domain, node: Device, heard: Heard
) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    domain.provisioning.downloads(node, "192.168.1.99")
    assert provision_of(domain, node).status == "approved"
    assert heard.of(DeviceProvisioned) == []


def test_device_found_otherwise_is_where_it_says_it_is(domain: Domain) -> None:
    device = asks(domain, "BB", None, ip_address="192.168.1.30")
    domain.provisioning.approve(device.id, env_vars=SECRETS)
    assert domain.provisioning.downloads(device, "192.168.1.30") == SECRETS


@pytest.mark.parametrize("declared", ["127.0.0.1", "::1", "0.0.0.0", "nonsense"])
def test_nobody_is_this_host_by_saying_so(domain: Domain, declared: str) -> None:
    device = asks(domain, "BB", "192.168.1.30", ip_address=declared)
    domain.provisioning.approve(device.id, env_vars=SECRETS)
    assert domain.provisioning.downloads(device, "127.0.0.1") == {}


def test_device_on_this_host_gets_its_secrets_here(domain: Domain) -> None:
    device = asks(domain, "BB", "127.0.0.1")
    domain.provisioning.approve(device.id, env_vars=SECRETS)
    assert domain.provisioning.downloads(device, "127.0.0.1") == SECRETS


def test_nobody_takes_the_place_of_a_device(domain: Domain, node: Device) -> None:
    """Neither while it waits nor once it has its secrets."""
    asks(domain, "AA", "192.168.1.66")
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    asks(domain, "AA", "192.168.1.66", ip_address="192.168.1.66")
    domain.provisioning.change(node, {"entity_id": None})
    assert domain.provisioning.downloads(node, "192.168.1.66") == {}


def test_new_secrets_do_not_follow_who_speaks_in_its_name(
    domain: Domain, node: Device
) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    asks(domain, "AA", None, ip_address="192.168.1.40")
    domain.provisioning.change(node, {"env_vars": {"A": "1"}})
    assert domain.provisioning.downloads(node, "192.168.1.40") == {}
    assert domain.provisioning.downloads(node, "192.168.1.20") == {"A": "1"}


@pytest.mark.parametrize("first", ["192.168.1.20", None])
@pytest.mark.parametrize("again", ["192.168.1.66", None])
def test_what_is_asked_in_its_name_while_it_waits_moves_no_device(
    domain: Domain, first: str | None, again: str | None
) -> None:
    """Whichever wire the device, and whoever else, speaks on."""
    device = asks(domain, "BB", first, ip_address="192.168.1.20")
    asks(domain, "BB", again, ip_address="192.168.1.66")
    assert device.ip_address == "192.168.1.20"
    domain.provisioning.approve(device.id, env_vars=SECRETS)
    assert domain.provisioning.downloads(device, "192.168.1.66") == {}
    assert domain.provisioning.downloads(device, "192.168.1.20") == SECRETS


def test_a_device_that_asks_from_an_address_names_no_other(domain: Domain) -> None:
    device = asks(domain, "BB", "::ffff:192.168.1.66", ip_address="192.168.1.20")
    assert device.ip_address == "192.168.1.66"
    domain.provisioning.approve(device.id, env_vars=SECRETS)
    assert domain.provisioning.downloads(device, "192.168.1.20") == {}


@pytest.mark.parametrize("address", ["192.168.1.66", "127.0.0.1", None])
def test_a_device_gets_its_secrets_anywhere_by_its_code(
    domain: Domain, node: Device, address: str | None
) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    code = domain.provisioning.claim_code(node)
    other = domain.provisioning.claim_code(asks(domain, "BB", "192.168.1.66"))
    assert code != other
    downloads = domain.provisioning.downloads
    for wrong in (None, "", other, code[:-1], "ü" * 12):
        assert downloads(node, address, wrong) == {}
    assert provision_of(domain, node).status == "approved"
    assert downloads(node, address, code.lower().replace("-", " ")) == SECRETS
    assert provision_of(domain, node).status == "provisioned"


def test_a_device_that_comes_again_has_another_code(
    domain: Domain, node: Device
) -> None:
    code = domain.provisioning.claim_code(node)
    domain.devices.reject(node.id)
    again = asks(domain, "AA", "192.168.1.20")
    assert domain.provisioning.claim_code(again) != code


def test_change_touches_only_what_it_names(domain: Domain, node: Device) -> None:
    entity = domain.entities.create(name="Wash", entity_type="light")
    domain.provisioning.approve(node.id, entity="wash", env_vars=SECRETS)
    domain.provisioning.change(node, {})
    provision = provision_of(domain, node)
    assert (provision.entity_id, provision.env_vars) == (entity.id, SECRETS)
    domain.provisioning.change(node, {"entity_id": None, "env_vars": {}})
    assert (provision.entity_id, provision.env_vars) == (None, {})


def test_secrets_go_with_their_device(domain: Domain, node: Device) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    domain.devices.remove(node.id)
    assert list(domain.provisioning) == []


def test_secrets_are_nowhere_to_be_read(domain: Domain, node: Device) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    provision = provision_of(domain, node)
    assert "tigers" not in repr(provision)
    assert "tigers" not in orjson.dumps(structure_snapshot(domain)).decode()


def test_provision_survives_a_restart(domain: Domain, node: Device) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    again = Domain(Bus())
    restore(again, orjson.loads(orjson.dumps(structure_snapshot(domain))), {})
    device = again.devices[node.id]
    again.provisioning.restore_env_vars(node.id, SECRETS)
    again.provisioning.restore_env_vars("gone", SECRETS)
    again.provisioning.claim_key = domain.provisioning.claim_key
    code = domain.provisioning.claim_code(node)
    assert again.provisioning.claim_code(device) == code
    assert provision_of(again, device).to_wire() == provision_of(domain, node).to_wire()
    assert again.provisioning.downloads(device, "192.168.1.20") == SECRETS


def test_snapshot_from_before_has_the_address_with_the_provision(
    domain: Domain, node: Device
) -> None:
    domain.provisioning.approve(node.id, env_vars=SECRETS)
    saved = structure_snapshot(domain)
    del saved["devices"][0]["came_from"]
    saved["provisions"][0] |= {
        "came_from": "192.168.1.20",
        "addresses": ["192.168.1.20", "192.168.1.66"],
    }
    again = Domain(Bus())
    restore(again, orjson.loads(orjson.dumps(saved)), {})
    again.provisioning.restore_env_vars(node.id, SECRETS)
    device = again.devices[node.id]
    assert again.provisioning.downloads(device, "192.168.1.66") == {}
    assert again.provisioning.downloads(device, "192.168.1.20") == SECRETS


def test_older_snapshot_has_no_provisions(domain: Domain, node: Device) -> None:
    saved = structure_snapshot(domain)
    del saved["provisions"]
    again = Domain(Bus())
    restore(again, orjson.loads(orjson.dumps(saved)), {})
    again.provisioning.approve(node.id)
    assert provision_of(again, again.devices[node.id]).status == "approved"
