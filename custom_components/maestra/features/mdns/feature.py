"""What multicast DNS brings to Home Assistant: the hub is found, and finds devices."""

from typing import Final

from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from ...core.mdns.devices import describe
from ...hub.feature import Discovered, Feature
from .manager import MdnsManager


def _discovered(info: ZeroconfServiceInfo) -> Discovered | None:
    """A device on the network looks for a hub."""
    device = describe(info.name, info.properties, [info.host])
    return None if device is None else Discovered(name=str(device["name"]))


FEATURE: Final = Feature(
    key="mdns", make=MdnsManager, discovery={"zeroconf": _discovered}
)
