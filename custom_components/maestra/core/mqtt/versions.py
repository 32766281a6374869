"""MQTT 5 and MQTT 3.1.1: the packets in which they differ."""

from typing import Final, Protocol, override

import mqtt5

from .packets import ProtocolError, body, fixed_header, packet_end, publish_packet, read
from .reasons import FAILURE, UNSUPPORTED_VERSION

REFUSALS: Final = {1: UNSUPPORTED_VERSION, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}
"""What MQTT 5 calls the return codes of CONNACK (MQTT 3.1.1 §3.2.2.3)."""
_LONGEST_TEXT: Final = 65_535


class Version(Protocol):
    """How one version of MQTT says it. Packets are described by the classes of MQTT 5, which can say all that the older one can."""

    name: str
    has_properties: bool
    """Whether packets say more than they must: reasons, limits of the broker, what to do with what is retained."""
    no_properties: bytes
    """What stands for them in a packet that has none."""

    def connect(self, connect: mqtt5.ConnectPacket) -> bytes:
        """Return a CONNECT."""

    def connack(self, packet: memoryview) -> mqtt5.ConnAckPacket | int:
        """Return what the broker can do, or its reason for refusing us; raises ProtocolError."""

    def publish(
        self,
        topic: str,
        payload: bytes,
        qos: int,
        retain: bool,
        packet_id: int | None = None,
    ) -> bytes:
        """Return a PUBLISH; raises ValueError for what is no topic."""
        properties = self.no_properties
        return publish_packet(
            topic, payload, qos, retain, packet_id, properties=properties
        )

    def published(self, packet: memoryview) -> mqtt5.PublishPacket:
        """Return a message; raises ProtocolError."""

    def subscribe(self, packet_id: int, filters: list[mqtt5.TopicFilter]) -> bytes:
        """Return a SUBSCRIBE."""

    def unsubscribe(self, packet_id: int, filters: list[str]) -> bytes:
        """Return an UNSUBSCRIBE."""

    def answered(self, packet: memoryview) -> tuple[int, bytes]:
        """Return packet id and reasons of a SUBACK or UNSUBACK; raises ProtocolError."""


class _Mqtt5(Version):
    """As the codec has it."""

    name = "5"
    has_properties = True
    no_properties = b"\0"

    @override
    def connect(self, connect: mqtt5.ConnectPacket) -> bytes:
        return connect.write()

    @override
    def connack(self, packet: memoryview) -> mqtt5.ConnAckPacket | int:
        content = body(packet)
        # Without properties it is of an older version, and so is the broker.
        if len(content) == 2:
            return UNSUPPORTED_VERSION
        if len(content) > 1 and content[1]:
            return UNSUPPORTED_VERSION if content[1] == 1 else content[1]
        server = read(packet)
        assert isinstance(server, mqtt5.ConnAckPacket)
        return server

    @override
    def published(self, packet: memoryview) -> mqtt5.PublishPacket:
        published = read(packet)
        assert isinstance(published, mqtt5.PublishPacket)
        return published

    @override
    def subscribe(self, packet_id: int, filters: list[mqtt5.TopicFilter]) -> bytes:
        return mqtt5.SubscribePacket(packet_id, filters).write()

    @override
    def unsubscribe(self, packet_id: int, filters: list[str]) -> bytes:
        return mqtt5.UnsubscribePacket(packet_id, filters).write()

    @override
    def answered(self, packet: memoryview) -> tuple[int, bytes]:
        content = body(packet)
        properties = packet_end(content[1:])
        if len(content) < 3 or properties is None:
            raise ProtocolError("a SUBACK without reasons")
        return int.from_bytes(content[:2]), bytes(content[1 + properties :])


class _Mqtt311(Version):
    """The same without properties: what a broker does not say there is what a broker without limits would say."""

    name = "3.1.1"
    has_properties = False
    no_properties = b""

    @override
    def connect(self, connect: mqtt5.ConnectPacket) -> bytes:
        flags = connect.clean_start << 1
        content = _text(connect.client_id)
        username, password = connect.username, connect.password
        if password is not None and username is None:
            # Alone it may not be (§3.1.2.9).
            username = ""
        if username is not None:
            flags |= 0x80
            content += _text(username)
        if password is not None:
            flags |= 0x40
            content += len(password).to_bytes(2) + password
        head = _text("MQTT") + bytes((4, flags)) + connect.keep_alive.to_bytes(2)
        return _packet(0x10, head + content)

    @override
    def connack(self, packet: memoryview) -> mqtt5.ConnAckPacket | int:
        content = body(packet)
        # With properties it is of a newer version, and so is the broker.
        if len(content) > 2:
            return UNSUPPORTED_VERSION
        if len(content) != 2 or content[0] > 1:
            raise ProtocolError("a malformed CONNACK")
        if content[1]:
            return REFUSALS.get(content[1], FAILURE)
        return mqtt5.ConnAckPacket(session_present=bool(content[0]))

    @override
    def published(self, packet: memoryview) -> mqtt5.PublishPacket:
        flags, content = packet[0], body(packet)
        at = 2 + int.from_bytes(content[:2])
        packet_id = None
        try:
            qos = mqtt5.QoS(flags >> 1 & 3)
            topic = str(content[2:at], "utf-8")
        except ValueError as error:
            raise ProtocolError(f"a malformed packet: {error}") from None
        if qos != mqtt5.QoS.AT_MOST_ONCE:
            packet_id, at = int.from_bytes(content[at : at + 2]), at + 2
        if at > len(content) or not _is_topic(topic) or packet_id == 0:
            raise ProtocolError("a malformed PUBLISH")
        return mqtt5.PublishPacket(
            topic,
            bytes(content[at:]),
            qos=qos,
            retain=bool(flags & 1),
            packet_id=packet_id,
            duplicate=bool(flags & 8),
        )

    @override
    def subscribe(self, packet_id: int, filters: list[mqtt5.TopicFilter]) -> bytes:
        asked = (_text(each.pattern) + bytes((int(each.max_qos),)) for each in filters)
        return _packet(0x82, packet_id.to_bytes(2) + b"".join(asked))

    @override
    def unsubscribe(self, packet_id: int, filters: list[str]) -> bytes:
        return _packet(0xA2, packet_id.to_bytes(2) + b"".join(map(_text, filters)))

    @override
    def answered(self, packet: memoryview) -> tuple[int, bytes]:
        content = body(packet)
        if len(content) < 2:
            raise ProtocolError("a SUBACK without a packet id")
        return int.from_bytes(content[:2]), bytes(content[2:])


def _is_topic(text: str) -> bool:
    return text != "" and not any(sign in text for sign in "+#\0")


def _text(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > _LONGEST_TEXT:
        raise ValueError(f"Text longer than {_LONGEST_TEXT} bytes")
    return len(encoded).to_bytes(2) + encoded


def _packet(first: int, content: bytes) -> bytes:
    return fixed_header(first, len(content)) + content


MQTT_5: Final[Version] = _Mqtt5()
MQTT_3_1_1: Final[Version] = _Mqtt311()
