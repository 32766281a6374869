"""Discovering devices that announce themselves over DNS-SD."""

import asyncio
from collections.abc import Mapping
from typing import Final

from zeroconf import Error, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from ..bus import Counters, get_logger
from ..domain import Domain
from ..domain.clock import utcnow, wire_time
from ..domain.errors import MaestraError
from ..domain.json_values import JsonObject
from ..transport.access import RejectionLog

_LOGGER = get_logger(__name__)

SERVICE_TYPE: Final = "_maestra-device._tcp.local."
ANSWER_TIMEOUT: Final = 3_000  # milliseconds
MAX_ASKED: Final = 32
"""Devices that are asked for their records at a time; who comes meanwhile is heard at its next announcement."""
# What stands in fields of its own; the rest goes into the metadata.
_FIELDS: Final = ("hardware_id", "device_type", "name", "firmware_version")
DEFAULT_TYPE: Final = "unknown"


class DeviceBrowser:
    """Lets devices that it finds ask to be let in."""

    def __init__(self, domain: Domain, zeroconf: AsyncZeroconf) -> None:
        """Look for nothing yet."""
        self.counters = Counters()
        self._rejections = RejectionLog("mDNS", self.counters)
        self._domain = domain
        self._zeroconf = zeroconf
        self._browser: AsyncServiceBrowser | None = None
        self._asking: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Look until stopped."""
        self._browser = AsyncServiceBrowser(
            self._zeroconf.zeroconf, SERVICE_TYPE, handlers=[self._changed]
        )

    async def stop(self) -> None:
        """Look no more."""
        browser, self._browser = self._browser, None
        if browser is not None:
            await browser.async_cancel()
        for task in self._asking:
            task.cancel()
        if self._asking:
            await asyncio.wait(self._asking)
        self._rejections.close()

    def _changed(
        self,
        zeroconf: Zeroconf,
        service_type: str,
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        # A device that leaves falls silent, which everybody's silence tells.
        if state_change is ServiceStateChange.Removed or len(self._asking) >= MAX_ASKED:
            return
        task = asyncio.get_running_loop().create_task(
            self._ask(service_type, name), name="maestra mdns device"
        )
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, service_type: str, name: str) -> None:
        try:
            # Its name is anything that somebody has said on the network.
            info = AsyncServiceInfo(service_type, name)
            if not await info.async_request(self._zeroconf.zeroconf, ANSWER_TIMEOUT):
                return
        except (Error, OSError) as error:
            self._rejections.note(name, "malformed", repr(error), SERVICE_TYPE)
            return
        found = describe(info.name, info.decoded_properties, info.parsed_addresses())
        if found is None:
            return
        try:
            self._domain.devices.discover(found)
        except MaestraError as error:
            self._rejections.note(info.name, error.code, str(error), SERVICE_TYPE)


def describe(
    name: str, records: Mapping[str, str | None], addresses: list[str]
) -> JsonObject | None:
    """Return what a device says of itself, None where it has no hardware id (maestra.md §9.4)."""
    said = {key: value for key, value in records.items() if value}
    if "hardware_id" not in said:
        return None
    instance = name.removesuffix(f".{SERVICE_TYPE}")
    others: JsonObject = {
        key: value for key, value in said.items() if key not in _FIELDS
    }
    return {
        "hardware_id": said["hardware_id"],
        "name": said.get("name", instance),
        "device_type": said.get("device_type", DEFAULT_TYPE),
        "firmware_version": said.get("firmware_version"),
        "ip_address": addresses[0] if addresses else None,
        "metadata": others
        | {
            "mdns_name": instance,
            "discovered_via": "zeroconf",
            "discovered_at": wire_time(utcnow()),
        },
    }
