"""The Maestra dialect between one MQTT connection and the domain."""

from collections.abc import Callable, Mapping
from functools import partial
import logging
from typing import Any, Final

from ...bus import Counters, Unsubscribe, together
from ...domain import Domain
from ...domain.device import ONLINE
from ...domain.errors import InvalidField, MaestraError
from ...domain.events import StateChanged
from ...domain.rate import TokenBucket
from ...domain.source import Source
from .codec import (
    DEFAULT_SOURCE,
    SUBSCRIPTIONS,
    DeviceReport,
    DeviceReportKind,
    Malformed,
    StateCommand,
    decode,
)
from .render import RENDERERS, Publish, render, render_error, render_state
from .transport import Message, Subscription, Taken, Transport, receipt_of

_LOGGER = logging.getLogger(__name__)

# Answers to refused messages: enough for a person who looks, not enough to double a flood.
ERRORS_AT_ONCE: Final = 50
ERRORS_PER_SECOND: Final = 10
MAX_LOGGED_REFUSALS: Final = 1_000
MAX_CLIENT_LENGTH: Final = 255
MAX_DETAIL_LENGTH: Final = 500


class MaestraGateway:
    """Takes clients' messages into the domain, and tells clients what happens there.

    `key` is the id of the connection: the gateway part of every Source that comes in here.
    """

    def __init__(
        self,
        key: str,
        transport: Transport,
        domain: Domain,
        *,
        event_size_limit: int = 0,
    ) -> None:
        """Wire nothing yet. `event_size_limit` is explained at `render_state`."""
        self.key = key
        self.counters = Counters()
        self._transport = transport
        self._domain = domain
        self._event_size_limit = event_size_limit
        self._default_source = Source(DEFAULT_SOURCE, key)
        self._errors = TokenBucket(ERRORS_AT_ONCE, ERRORS_PER_SECOND)
        self._logged: set[tuple[str | None, str]] = set()

    def start(self) -> Unsubscribe:
        """Listen to both sides until the returned function is called."""
        bus = self._domain.bus
        return together(
            bus.subscribe(StateChanged, self._tell_state),
            *(bus.subscribe(kind, self._tell) for kind in RENDERERS),
            self._transport.subscribe(
                [Subscription(topic, 1) for topic in SUBSCRIPTIONS], self._take
            ),
        )

    def _take(self, message: Message) -> Taken:
        """Take one message over; it is acknowledged once what it changed is durable."""
        journal = self._domain.journal
        if journal is None or not message.packet_id:
            self._handle(message)
            return Taken.NOW
        is_later = journal.take(
            receipt_of(message, self.key), partial(self._handle, message), message.ack
        )
        return Taken.LATER if is_later else Taken.NOW

    def _handle(self, message: Message) -> None:
        """Bring one message into the domain, or refuse and answer it."""
        command = decode(message.topic, message.payload)
        match command:
            case StateCommand():
                self._refusing(message, command.slug, partial(self._set_state, command))
            case DeviceReport():
                # Each element on its own: a bad one does not stop the rest.
                for item in command.items:
                    client = command.hardware_id or _named(item)
                    self._refusing(
                        message,
                        client,
                        partial(self._report, command.kind, client, item),
                    )
            case Malformed():
                self._refuse(message, command.client, "malformed", command.reason)

    def _set_state(self, command: StateCommand) -> None:
        source = (
            self._default_source
            if command.source == DEFAULT_SOURCE
            else Source(command.source, self.key)
        )
        self._domain.entities.report(
            command.slug, command.state, replace=command.replace, source=source
        )

    def _report(
        self, kind: DeviceReportKind, hardware_id: str, item: Mapping[str, Any]
    ) -> None:
        REPORTS[kind](self._domain, hardware_id, item, self._default_source)

    def _refusing(
        self, message: Message, client: str, action: Callable[[], None]
    ) -> None:
        try:
            action()
        except MaestraError as error:
            self._refuse(message, client, error.code, str(error))
        else:
            self.counters.add("accepted")

    def _refuse(
        self, message: Message, client: str | None, code: str, detail: str
    ) -> None:
        # What is logged, remembered and answered is not for the client to make large.
        client, detail = (
            client and client[:MAX_CLIENT_LENGTH],
            detail[:MAX_DETAIL_LENGTH],
        )
        self.counters.add("refused")
        self.counters.add(f"refused_{code}")
        if (client, code) not in self._logged and len(
            self._logged
        ) < MAX_LOGGED_REFUSALS:
            self._logged.add((client, code))
            _LOGGER.warning(
                "Refused a message of %s on %s: %s (further ones are only counted)",
                client or "an unknown client",
                message.topic[:MAX_CLIENT_LENGTH],
                detail,
            )
        if self._errors.take():
            self._publish(render_error(client, message.topic, code, detail))
        else:
            self.counters.add("errors_unanswered")

    def _tell_state(self, change: StateChanged) -> None:
        for publish in render_state(change, self._event_size_limit):
            self._publish(publish)

    def _tell(self, event: Any) -> None:
        for publish in render(event):
            self._publish(publish)

    def _publish(self, publish: Publish) -> None:
        # The protocol is at most once: what can't be sent, for whatever reason, is counted and never sent late.
        try:
            self._transport.publish(publish.topic, publish.payload, qos=publish.qos)
        except MaestraError:
            self.counters.add("unsent")


def _named(item: Mapping[str, Any]) -> str:
    hardware_id = item.get("hardware_id")
    return hardware_id if isinstance(hardware_id, str) else ""


def _heartbeat(
    domain: Domain, hardware_id: str, item: Mapping[str, Any], source: Source
) -> None:
    known = domain.devices.get(hardware_id)
    was_online = known is not None and known.is_online
    device = domain.devices.heartbeat(
        hardware_id,
        status=item.get("status") or ONLINE,
        metadata=item.get("metadata"),
        source=source,
    )
    if not was_online:
        domain.configurations.resend(device)


def _register(domain: Domain, _: str, item: Mapping[str, Any], source: Source) -> None:
    # A board registers at every boot: over MQTT that is no conflict.
    device = domain.devices.register(item, renew=True, source=source)
    domain.configurations.resend(device)


def _applied(
    domain: Domain, hardware_id: str, item: Mapping[str, Any], source: Source
) -> None:
    device = domain.devices[hardware_id]
    version = item.get("version")
    if not isinstance(version, int):
        raise InvalidField(field="version", reason="must be a whole number")
    domain.configurations.applied(device, version)


# How each report of a device enters the domain.
REPORTS: Final[
    dict[DeviceReportKind, Callable[[Domain, str, Mapping[str, Any], Source], object]]
] = {
    DeviceReportKind.REGISTER: _register,
    DeviceReportKind.DISCOVER: lambda domain, _, item, source: domain.devices.discover(
        item, source=source
    ),
    DeviceReportKind.HEARTBEAT: _heartbeat,
    DeviceReportKind.METRICS: lambda domain, hardware_id, item, source: (
        domain.devices.report_metric(hardware_id, item, source=source)
    ),
    DeviceReportKind.EVENTS: lambda domain, hardware_id, item, source: (
        domain.devices.report_event(hardware_id, item, source=source)
    ),
    DeviceReportKind.APPLIED: _applied,
}
