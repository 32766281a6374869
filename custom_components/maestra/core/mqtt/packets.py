"""Packets of MQTT as the codec has them, and what it does not take: reasons that a packet should not have, text that is none."""

from collections.abc import Iterable
import enum
from typing import Final

import mqtt5

from ..bus import cached_by_text

MAX_PACKET: Final = 268_435_455
"""Bytes of a packet when nobody names a limit (MQTT 5 §2.1.4)."""
PINGREQ: Final = mqtt5.PingReqPacket().write()
DISCONNECT: Final = mqtt5.DisconnectPacket().write()
_SUBSCRIBE_OVERHEAD: Final = 8
"""Bytes of a SUBSCRIBE beside its filters, at most."""
_PUBLISH: Final = 0x30
_DUPLICATE: Final = 0x08
_CONTINUES: Final = 0x80
"""Bit of a byte of a length that another one follows (MQTT 5 §1.5.5)."""


class PacketType(enum.IntEnum):
    """The first four bits of a packet (MQTT 5 §2.1.2)."""

    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    SUBACK = 9
    UNSUBACK = 11
    PINGRESP = 13
    DISCONNECT = 14


class ProtocolError(Exception):
    """The other side does not keep to MQTT; the text says in what."""


def publish_packet(
    topic: str,
    payload: bytes,
    qos: int,
    retain: bool,
    packet_id: int | None = None,
    *,
    properties: bytes,
) -> bytes:
    """Return a PUBLISH (MQTT 5 §3.3), its `properties` as they are on the wire; raises ValueError for what is no topic."""
    name = _name(topic)
    identifier = b"" if packet_id is None else packet_id.to_bytes(2)
    length = len(name) + len(identifier) + len(properties) + len(payload)
    first = _PUBLISH | qos << 1 | retain
    return fixed_header(first, length) + name + identifier + properties + payload


def publish_size(topic: str, payload: bytes, qos: int) -> int:
    """Return the bytes of a PUBLISH without properties (MQTT 3.1.1 needs one less); raises ValueError for what is no topic."""
    length = len(_name(topic)) + (2 if qos else 0) + 1 + len(payload)
    return 2 + (length > 0x7F) + (length > 0x3FFF) + (length > 0x1FFFFF) + length


def fixed_header(first: int, length: int) -> bytes:
    """Return how a packet begins (MQTT 5 §2.1)."""
    if length < 0x80:
        return bytes((first, length))
    if length < 0x4000:
        return bytes((first, length & 0x7F | _CONTINUES, length >> 7))
    sizes = [first]
    while length > 0x7F:
        sizes.append(length & 0x7F | _CONTINUES)
        length >>= 7
    return bytes((*sizes, length))


@cached_by_text(8_192)
def _name(topic: str) -> bytes:
    """Return a topic as packets have it; the same ones are published on again and again."""
    if "\0" in topic:
        raise ValueError("Invalid topic")
    packet = mqtt5.PublishPacket(topic, b"").write()
    # Behind it is the length of no properties.
    return bytes(body(memoryview(packet))[:-1])


def again(packet: bytes) -> bytes:
    """Return a PUBLISH that has been sent before as it is sent again."""
    return bytes((packet[0] | _DUPLICATE,)) + packet[1:]


def topic_of(packet: bytes) -> str:
    """Return the topic of a PUBLISH of ours."""
    content = body(memoryview(packet))
    return str(content[2 : 2 + int.from_bytes(content[:2])], "utf-8")


def in_packets(filters: Iterable[str], most: int) -> list[list[str]]:
    """Return filters by the SUBSCRIBE or UNSUBSCRIBE that they fit into, of so many bytes at most; one is in each at least."""
    groups: list[list[str]] = []
    size = most
    for topic_filter in filters:
        own = 3 + len(topic_filter.encode())
        if groups and size + own <= most:
            groups[-1].append(topic_filter)
            size += own
        else:
            groups.append([topic_filter])
            size = _SUBSCRIBE_OVERHEAD + own
    return groups


def unsupported(topic_filter: str, server: mqtt5.ConnAckPacket) -> int:
    """Return the reason why a broker would end the connection over a subscription; 0 when it would not."""
    if topic_filter.startswith("$share/") and not server.shared_subscription_available:
        return int(mqtt5.SubAckReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED)
    has_wildcard = "+" in topic_filter or "#" in topic_filter
    if has_wildcard and not server.wildcard_subscription_available:
        return int(mqtt5.SubAckReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED)
    return 0


def puback(packet_id: int) -> bytes:
    """Return the acknowledgement of a message."""
    return b"\x40\x02" + packet_id.to_bytes(2)


def packet_end(data: memoryview, begin: int = 0) -> int | None:
    """Return where the packet that begins there ends, perhaps behind the data; None when that can't be told yet. Raises ProtocolError."""
    length = shift = 0
    for at in range(begin + 1, min(len(data), begin + 5)):
        byte = data[at]
        length |= (byte & 0x7F) << shift
        if byte < _CONTINUES:
            return at + 1 + length
        shift += 7
    if len(data) >= begin + 5:
        raise ProtocolError("a packet without a valid length")
    return None


def read(packet: memoryview) -> mqtt5.Packet:
    """Return one whole packet; raises ProtocolError."""
    try:
        if packet[0] >> 4 == PacketType.PUBLISH:
            content = body(packet)
            # Said by the codec too, but loudly.
            str(content[2 : 2 + (content[0] << 8 | content[1])], "utf-8")
        return mqtt5.read(packet)[0]
    except (IndexError, ValueError) as error:
        raise ProtocolError(f"a malformed packet: {error}") from None
    except BaseException as error:
        # What the codec raises for text that is no UTF-8 is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ProtocolError("a packet with text that is no UTF-8") from None


def body(packet: memoryview) -> memoryview:
    """Return what follows the length of a whole packet."""
    at = 1
    while packet[at] & _CONTINUES:
        at += 1
    return packet[at + 1 :]


def acknowledged(packet: memoryview) -> tuple[int, int]:
    """Return packet id and reason of a PUBACK or PUBREC; raises ProtocolError."""
    # Nearly all are without a reason.
    if packet[1] == 2:
        return packet[2] << 8 | packet[3], 0
    content = body(packet)
    if len(content) < 2:
        raise ProtocolError("a PUBACK without a packet id")
    return content[0] << 8 | content[1], content[2] if len(content) > 2 else 0


def reason_of(packet: memoryview) -> int:
    """Return the reason of a DISCONNECT, 0 where it has none."""
    content = body(packet)
    return content[0] if content else 0


def id_of_unreadable(packet: memoryview) -> int:
    """Return the packet id of a PUBLISH that the codec can't read, 0 at QoS 0; raises ProtocolError."""
    content = body(packet)
    if len(content) < 2:
        raise ProtocolError("a PUBLISH without a topic")
    if not packet[0] & 0x06:
        return 0
    at = 2 + (content[0] << 8 | content[1])
    if len(content) < at + 2:
        raise ProtocolError("a PUBLISH without a packet id")
    return content[at] << 8 | content[at + 1]
