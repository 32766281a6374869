"""Metrics and events that Maestra devices report, as Home Assistant's own gateway takes them."""

from functools import partial
from typing import Final, override

from ..domain import Domain
from ..domain.source import Source
from ..mqtt.codec import DEFAULT_SOURCE
from ..mqtt.gateway import MaestraGateway
from ..transport.event_encoder import EventEncoder
from ..transport.transport import Message, Taken, Transport
from .known_devices import KnownDevices

TOPICS: Final = ("maestra/device/metrics/+", "maestra/device/events/+")


class ReportGateway(MaestraGateway):
    """Takes reports of devices that are known; those of others wait until they are, and are refused where that takes too long."""

    def __init__(
        self, key: str, transport: Transport, domain: Domain, devices: KnownDevices
    ) -> None:
        """Wire nothing yet."""
        super().__init__(key, transport, domain, EventEncoder(), hears=TOPICS)
        # Each worker sees each metric for a first time: what may be new is for Home Assistant to say.
        self._default_source = Source(DEFAULT_SOURCE)
        self._devices = devices

    @override
    def _take(self, message: Message) -> Taken:
        hardware_id = message.topic.rpartition("/")[2]
        if self._devices.lacks(hardware_id):
            self._devices.wait(hardware_id, partial(self._take_late, message))
            return Taken.LATER
        return super()._take(message)

    def _take_late(self, message: Message) -> None:
        if super()._take(message) is Taken.NOW:
            message.ack()
