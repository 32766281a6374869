"""An MQTT client as devices use them, without anything of ours: it keeps what nobody has acknowledged, and sends it again."""

from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from scripts.stack.ports import LOOPBACK

SESSION_EXPIRY_S: Final = 3_600
RECONNECT_S: Final = 1
KEEPALIVE_S: Final = 10


class Sender:
    """MQTT 5 at QoS 1 with a session that outlives connections."""

    def __init__(self, port: int, client_id: str, filters: Sequence[str] = ()) -> None:
        """Connect nowhere yet."""
        self._heard: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
        self._answers: SimpleQueue[tuple[int, bool]] = SimpleQueue()
        self._filters = filters
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.reconnect_delay_set(RECONNECT_S, RECONNECT_S)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        self._client.connect_async(
            LOOPBACK,
            port,
            keepalive=KEEPALIVE_S,
            clean_start=False,
            properties=properties,
        )

    def __enter__(self) -> Self:
        """Connect, in a thread of its own, again and again."""
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: str) -> int:
        """Publish, now or as soon as the broker is there; returns the number of the message."""
        return self._client.publish(topic, payload, qos=1).mid

    def answers(self) -> Iterator[tuple[int, bool]]:
        """Yield the numbers of messages that the broker answered since the last time, and whether it took them."""
        return _drained(self._answers)

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Yield what was heard since the last time."""
        return _drained(self._heard)

    def _on_connect(
        self,
        client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        for topic_filter in self._filters:
            client.subscribe(topic_filter, qos=1)

    def _on_message(
        self, _client: Client, _userdata: Any, message: MQTTMessage
    ) -> None:
        self._heard.put((message.topic, message.payload))

    def _on_publish(
        self,
        _client: Client,
        _userdata: Any,
        number: int,
        reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._answers.put((number, not reason.is_failure))


def _drained[T](queue: SimpleQueue[T]) -> Iterator[T]:
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return
