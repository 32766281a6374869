"""Whether Maestra entities and devices can be heard now."""

from ...core.domain.device import Device
from ...core.domain.entity import Entity
from ...hub.hub import Hub


def is_device_online(hub: Hub, device: Device) -> bool:
    """Whether a device was heard lately, and can be heard now."""
    return device.is_online and hub.links.is_reachable(device.gateway)


def is_entity_online(hub: Hub, entity: Entity) -> bool:
    """Whether the entity's device is online and the link it was last heard on is up."""
    device = hub.domain.devices.get(entity.device_id) if entity.device_id else None
    return (device is None or device.is_online) and hub.links.is_reachable(
        entity.gateway
    )
