"""The protocol between the MQTT dialects and the connection that carries them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import enum
from hashlib import blake2b
from typing import Final, Protocol

from ..bus import get_logger
from ..domain.journal import RECEIPT_BYTES, Journal, Place, Receipt
from .reconnect import ConnectionListener

_LOGGER = get_logger(__name__)


class Taken(enum.Enum):
    """What a handler answers to a message."""

    NOW = enum.auto()
    """The message is taken over: the transport acknowledges it."""
    LATER = enum.auto()
    """The handler calls `Message.ack` once the message is durable."""


class Link(Protocol):
    """The connection on which a message arrived."""

    def acknowledge(self, packet_id: int) -> None:
        """Acknowledge one message; without effect when the connection is gone (the broker then redelivers)."""


@dataclass(slots=True)
class Message:
    """One received message.

    `packet_id` is 0 when there is nothing to acknowledge (QoS 0). `is_duplicate` says that it may have come before.
    `holders` counts the handlers that have not taken the message over yet. `place` is where it stands in a log, if it is of one.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool
    link: Link
    packet_id: int = 0
    holders: int = 1
    is_duplicate: bool = False
    place: Place | None = None

    def ack(self) -> None:
        """Say that one handler has taken the message over; after the last one it is acknowledged.

        Without effect at QoS 0, once acknowledged, and after the connection was lost.
        """
        self.holders -= 1
        if self.holders == 0 and self.packet_id:
            self.link.acknowledge(self.packet_id)


def receipt_of(message: Message, connection: str) -> Receipt:
    """Return what a message of QoS 1 is recognised by when the broker sends it again.

    The broker keeps the packet id of what we have not acknowledged (MQTT 5 §4.4). The content tells
    such a message from a later one with the same id. `connection` names our session at the broker.
    """
    place = message.place
    if place is not None:
        connection = f"{connection} {place.log}"
    digest = blake2b(
        f"{connection} {message.packet_id} {message.topic}\0".encode(),
        digest_size=RECEIPT_BYTES,
    )
    digest.update(message.payload)
    return Receipt(digest.digest(), message.is_duplicate, place)


def handle_durably(
    message: Message,
    connection: str,
    journal: Journal | None,
    handle: Callable[[], None],
) -> Taken:
    """Call `handle`; the message is acknowledged now, or by the journal once what `handle` changed is durable."""
    if journal is None or not message.packet_id:
        handle()
        return Taken.NOW
    is_later = journal.take(receipt_of(message, connection), handle, message.ack)
    return Taken.LATER if is_later else Taken.NOW


type Handler = Callable[[Message], Taken]
"""Takes one message, synchronously. An exception is logged, counted and acknowledged: a bad message must not loop."""


class Delivery:
    """Hands messages to their handlers. What one of them raises is counted, logged once of its kind, and stops no other."""

    def __init__(self, name: str, counters: TransportCounters) -> None:
        """`name` is how log lines call who the messages come from."""
        self._name = name
        self._counters = counters
        self._logged: set[tuple[Handler, type[Exception]]] = set()

    def hand_out(self, message: Message, handlers: Iterable[Handler]) -> None:
        """Let each handler take a message over."""
        for handler in handlers:
            try:
                taken = handler(message)
            except Exception as error:  # noqa: BLE001  a dialect's mistake must not stop the others
                self._failed(handler, error)
                taken = Taken.NOW
            if taken is Taken.NOW:
                message.ack()

    def _failed(self, handler: Handler, error: Exception) -> None:
        self._counters.handler_errors += 1
        kind = (handler, type(error))
        if kind not in self._logged:
            self._logged.add(kind)
            _LOGGER.exception("A message from %s could not be handled", self._name)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic filter (`+`, `#` and `$share/<group>/` as in MQTT 5 §4.7) and the highest QoS wanted, 0 or 1.

    `no_local` asks the broker to leave out what we published ourselves, where the transport can. `wants_retained`: what
    is retained comes with each connection, also to a session that goes on. That a broker refuses what is not needed
    (`is_needed` False) is nobody's concern.
    """

    filter: str
    qos: int = 0
    no_local: bool = False
    wants_retained: bool = False
    is_needed: bool = True

    @property
    def topics(self) -> str:
        """The filter of the topics that come: that of a shared subscription without `$share/<group>/` (MQTT 5 §4.8.2)."""
        if self.filter.startswith("$share/"):
            return self.filter.split("/", 2)[2]
        return self.filter


OF_BROKER: Final = "$SYS/"
"""What topics begin with in which a broker speaks of itself."""


@dataclass(slots=True)
class TransportCounters:
    """What a transport did since it was made."""

    received: int = 0
    """But for what the broker says of itself."""
    unmatched: int = 0
    """Received for a filter that nobody holds any more; acknowledged and dropped."""
    undecodable: int = 0
    """Received with a topic that is not UTF-8; acknowledged and dropped."""
    handler_errors: int = 0
    published: int = 0
    discarded: int = 0
    """Not sent: the outgoing backlog was full, or the broker accepts only smaller messages."""
    refused: int = 0
    """Sent, and refused by the broker's acknowledgement."""
    reconnects: int = 0
    sessions_lost: int = 0
    """Reconnects where the broker had forgotten the session, and with it whatever it held for us."""


class Transport(Protocol):
    """A connection to one MQTT broker that comes back by itself."""

    @property
    def name(self) -> str:
        """How people know this broker."""

    @property
    def connected(self) -> bool:
        """Whether the broker is there, and lets us hear what we have to."""

    @property
    def counters(self) -> TransportCounters:
        """What was received, sent and lost."""

    @property
    def unacknowledged(self) -> int:
        """How many published messages the broker has not taken yet."""

    @property
    def accepted(self) -> int:
        """How many messages `unacknowledged` has counted so far: `accepted - unacknowledged` are out of our hands, the oldest first."""

    @property
    def window(self) -> int | None:
        """How many messages of QoS 1 the broker lets us have on the wire at once, or fewer where we want fewer; None if not known."""
        return None

    @property
    def protocol(self) -> str | None:
        """Which version of MQTT is spoken; None if not known."""
        return None

    def subscribe(
        self,
        subscriptions: Iterable[Subscription],
        handler: Handler,
        *,
        former: Iterable[str] = (),
    ) -> Callable[[], None]:
        """Give every message that matches to `handler`, now and after every reconnect; returns what ends it.

        Filters must not overlap: a broker may send a message once for each. `former` are
        filters that the broker's session may still have from a time with other settings.
        """

    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        """Tell `listener` whenever the connection, or the reason why there is none, changes; returns what ends it."""

    def on_drained(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Tell `listener` whenever messages are out of our hands, and there may be room for others; returns what ends it.

        Once for all of one turn of the loop. What waits for a connection is told of by `on_connection`.
        """

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Hand one message to the connection, without waiting.

        A message taken at QoS 1 is sent again after a reconnect until the broker acknowledges it.
        Raises NotConnected, OutgoingFull, MessageTooLarge, and InvalidField for a topic
        that is not one.
        """

    async def run(self) -> None:
        """Connect, and reconnect, until cancelled; then disconnect and leave nothing behind."""
