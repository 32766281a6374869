"""What each reason code of a broker does here (MQTT 5 §2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from .errors import (
    BrokerBusy,
    BrokerError,
    BrokerMoved,
    BrokerRefused,
    BrokerTooOld,
    BrokerUnreachable,
    ClientIdTaken,
)

FAILURE: Final = 0x80
"""Reasons from here on are failures."""
PACKET_TOO_LARGE: Final = 0x95
RETAIN_NOT_SUPPORTED: Final = 0x9A
UNSUPPORTED_VERSION: Final = 0x84


class Fate(Enum):
    """What becomes of a message or a subscription after PUBACK, PUBREC or SUBACK. The connection lives in any case."""

    DONE = auto()
    DROPPED = auto()
    """Not sent again: counted and logged."""
    REFUSED = auto()
    """Asked for again every minute, and told by a repair; until then we do not count as connected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason code; None where MQTT 5 has it not in this packet.

    `connack`, `disconnect`: how the connection ends. `is_of_message`: a DISCONNECT that speaks of something we have
    sent; what is first in line at two such ends in a row is dropped, or it would end every connection.
    """

    name: str
    publish: Fate | None = None
    """PUBACK and PUBREC."""
    subscribe: Fate | None = None
    """SUBACK."""
    connack: type[BrokerError] | None = None
    disconnect: type[BrokerError] | None = None
    is_of_message: bool = False


REASONS: Final[Mapping[int, Reason]] = {
    0x00: Reason(
        name="Success",
        publish=Fate.DONE,
        subscribe=Fate.DONE,
        disconnect=BrokerUnreachable,
    ),
    0x01: Reason(name="Granted QoS 1", subscribe=Fate.DONE),
    0x02: Reason(name="Granted QoS 2", subscribe=Fate.DONE),
    0x10: Reason(name="No matching subscribers", publish=Fate.DONE),
    0x80: Reason(
        name="Unspecified error",
        publish=Fate.DROPPED,
        subscribe=Fate.REFUSED,
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
    ),
    0x81: Reason(
        name="Malformed packet",
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x82: Reason(
        name="Protocol error",
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x83: Reason(
        name="Implementation specific error",
        publish=Fate.DROPPED,
        subscribe=Fate.REFUSED,
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
    ),
    0x84: Reason(name="Unsupported protocol version", connack=BrokerTooOld),
    0x85: Reason(name="Client identifier not valid", connack=BrokerRefused),
    0x86: Reason(name="Bad user name or password", connack=BrokerRefused),
    0x87: Reason(
        name="Not authorized",
        publish=Fate.DROPPED,
        subscribe=Fate.REFUSED,
        connack=BrokerRefused,
        # Whether it is our account is said when we come back; some brokers end it for one topic.
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x88: Reason(name="Server unavailable", connack=BrokerUnreachable),
    0x89: Reason(name="Server busy", connack=BrokerBusy, disconnect=BrokerBusy),
    0x8A: Reason(name="Banned", connack=BrokerRefused),
    0x8B: Reason(name="Server shutting down", disconnect=BrokerUnreachable),
    0x8C: Reason(
        name="Bad authentication method",
        connack=BrokerRefused,
        disconnect=BrokerRefused,
    ),
    0x8D: Reason(name="Keep alive timeout", disconnect=BrokerUnreachable),
    0x8E: Reason(
        name="Session taken over: another client uses our client id",
        disconnect=ClientIdTaken,
    ),
    0x8F: Reason(
        name="Topic filter invalid",
        subscribe=Fate.REFUSED,
        disconnect=BrokerUnreachable,
    ),
    0x90: Reason(
        name="Topic name invalid",
        publish=Fate.DROPPED,
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x91: Reason(
        name="Packet identifier in use",
        publish=Fate.DROPPED,
        subscribe=Fate.REFUSED,
    ),
    0x93: Reason(name="Receive maximum exceeded", disconnect=BrokerUnreachable),
    0x94: Reason(
        name="Topic alias invalid", disconnect=BrokerUnreachable, is_of_message=True
    ),
    0x95: Reason(
        name="Packet too large",
        # Mosquitto says it in PUBACK too (`message_size_limit`), where MQTT 5 has it not.
        publish=Fate.DROPPED,
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x96: Reason(name="Message rate too high", disconnect=BrokerBusy),
    0x97: Reason(
        name="Quota exceeded",
        publish=Fate.DROPPED,
        subscribe=Fate.REFUSED,
        connack=BrokerBusy,
        disconnect=BrokerBusy,
    ),
    0x98: Reason(name="Administrative action", disconnect=BrokerUnreachable),
    0x99: Reason(
        name="Payload format invalid",
        publish=Fate.DROPPED,
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x9A: Reason(
        name="Retain not supported",
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x9B: Reason(
        name="QoS not supported",
        connack=BrokerUnreachable,
        disconnect=BrokerUnreachable,
        is_of_message=True,
    ),
    0x9C: Reason(
        name="Use another server", connack=BrokerMoved, disconnect=BrokerMoved
    ),
    0x9D: Reason(name="Server moved", connack=BrokerMoved, disconnect=BrokerMoved),
    0x9E: Reason(
        name="Shared subscriptions not supported",
        subscribe=Fate.REFUSED,
        disconnect=BrokerUnreachable,
    ),
    0x9F: Reason(
        name="Connection rate exceeded", connack=BrokerBusy, disconnect=BrokerBusy
    ),
    0xA0: Reason(name="Maximum connect time", disconnect=BrokerUnreachable),
    0xA1: Reason(
        name="Subscription identifiers not supported",
        subscribe=Fate.REFUSED,
        disconnect=BrokerUnreachable,
    ),
    0xA2: Reason(
        name="Wildcard subscriptions not supported",
        subscribe=Fate.REFUSED,
        disconnect=BrokerUnreachable,
    ),
}


def reason(code: int) -> Reason:
    """Return what a code does; one that nobody knows does what an unspecified error, or a success, does."""
    known = REASONS.get(code)
    if known is not None:
        return known
    usual = REASONS[FAILURE if code >= FAILURE else 0]
    return Reason(
        name=f"Reason 0x{code:02X}",
        publish=usual.publish,
        subscribe=usual.subscribe,
        connack=usual.connack,
        disconnect=usual.disconnect,
    )


def fate_of_message(code: int) -> Fate:
    """Return what PUBACK or PUBREC with this code does to a message."""
    return reason(code).publish or _usual(code, Fate.DROPPED)


def fate_of_subscription(code: int) -> Fate:
    """Return what SUBACK with this code does to a subscription."""
    return reason(code).subscribe or _usual(code, Fate.REFUSED)


def error_of_connack(code: int) -> type[BrokerError]:
    """Return what CONNACK with this code, which is no success, is."""
    return reason(code).connack or BrokerUnreachable


def error_of_disconnect(code: int) -> type[BrokerError]:
    """Return what a DISCONNECT of the broker with this code is."""
    return reason(code).disconnect or BrokerUnreachable


def _usual(code: int, failure: Fate) -> Fate:
    return failure if code >= FAILURE else Fate.DONE
