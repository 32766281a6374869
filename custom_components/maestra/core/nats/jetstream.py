"""Messages of a JetStream stream as an MQTT transport has them: pulled, and acknowledged once they are durable.

A stream is divided into partitions, each with a durable consumer that the server pins to one client (ADR-42), so that
the messages of a device come in their order. Workers say that they are there: each takes the partitions that are its own,
and those of others that were not heard for a while. On taking one over, what another was given and has not acknowledged comes first (ADR-60).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
import itertools
from secrets import token_hex
import time
from typing import Any, Final, override

import orjson

from ..bus import call_each, enlist, get_logger
from ..domain.errors import MaestraError, OutgoingFull
from ..domain.json_values import JsonObject
from ..transport.reconnect import ConnectionListener
from ..transport.routes import Routes
from ..transport.transport import (
    Delivery,
    Handler,
    Message,
    Subscription,
    Transport,
    TransportCounters,
)
from .api import API, API_TIMEOUT, StreamUnusable, ask
from .client import Message as NatsMessage
from .connection import NatsConnection
from .mqtt_spelling import mqtt_of_subject, subject_of_mqtt
from .partition import Delivered, Held, Partition, StreamSettings, read_delivered

_LOGGER = get_logger(__name__)

LOOK_TIMEOUT: Final = 1.5
"""Seconds for each answer, while messages wait for it and others for a word from us."""
RETRY: Final = 2.0
"""Seconds after which consumers that could not be had are asked for again."""
TEND: Final = 0.5
"""Seconds between two looks at pulls and at what is held."""
PULL: Final = 500
"""Messages that are asked for at once."""
EXPIRES: Final = 30.0
"""Seconds after which the server ends a pull that is not filled."""
EXPIRES_SOON: Final = 2.0
"""The same where the partition is another's: it can't be taken back."""
PRESENCE: Final = "maestra.worker"
PRESENT: Final = 0.5
"""Seconds between two times that a worker says that it is there."""
HEARTBEAT: Final = 2.0
"""Seconds after which the server says of a pull that it is still open: one that has become leader meanwhile knows nothing of it."""
SILENT: Final = 3 * HEARTBEAT
"""Seconds of silence after which a pull counts as lost."""
ROOM_AFTER: Final = 0.02
"""Seconds after which there may be room again for what is published."""
GROUP: Final = "maestra"
PIN_TIMEOUT: Final = 3.0
"""Seconds without a pull after which the server pins another client."""
NS: Final = 1_000_000_000
ACK: Final = b"+ACK"
IN_PROGRESS: Final = b"+WPI"
STATUS: Final = "Status"
WRONG_PIN: Final = "423"
IS_OPEN: Final = "100"
NOBODY: Final = "503"
"""Nobody serves a consumer: it, or its stream, was deleted, or has no leader."""
DESCRIPTION: Final = "Description"
DELETED: Final = "Consumer Deleted"
PIN: Final = "Nats-Pin-Id"


class JetStreamTransport(Transport):
    """Gives the messages of a stream to dialects, and what these publish to MQTT clients of the cluster.

    What is acknowledged is lost to no one: the server gives it again, to us or to another, until then. `packet_id` is the
    number of a message in its stream, the same whoever gets it.
    """

    def __init__(self, connection: NatsConnection, settings: StreamSettings) -> None:
        """Make a transport that `run` brings to life. `connection` is run by its owner, and connects after this."""
        self.settings = settings
        self.error: Exception | None = None
        """Why nothing comes, while that is so."""
        self._connection = connection
        self._inbox = f"_INBOX.{token_hex(11)}"
        self._counters = TransportCounters()
        self.redelivered = 0
        """Messages that the server had given before, to us or to another."""
        self._delivery = Delivery(f"stream {settings.stream}", self._counters)
        self._routes = Routes()
        self._created = ""
        """When the stream was made: what tells it from a later one of the same name."""
        self._partitions = self._make_partitions()
        self._pull_numbers = itertools.count(1)
        self._held_bytes = 0
        self._said_held_at = 0.0
        self._said_present_at = 0.0
        self._present_at: dict[int, float] = {}
        self._presence = f"{PRESENCE}.{settings.durable}.{settings.stream}"
        self._is_ready = False
        self._is_gone = False
        """Whether a consumer that we had is not served any more."""
        self._is_stopping = False
        self._on_drained: list[Callable[[], None]] = []
        self._drained: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        connection.listen(f"{self._inbox}.>", self._take)
        connection.listen(f"{self._presence}.*", self._another_is_present)
        connection.on_connection(self._changed)

    @property
    @override
    def name(self) -> str:
        return f"{self.settings.stream} on {self._connection.name}"

    @property
    @override
    def connected(self) -> bool:
        return self._is_ready and self._connection.connected

    @property
    @override
    def counters(self) -> TransportCounters:
        return self._counters

    @property
    @override
    def unacknowledged(self) -> int:
        # What is published to devices is in the server's hands at once.
        return 0

    @property
    @override
    def accepted(self) -> int:
        return self._counters.published

    @property
    def held(self) -> int:
        """How many messages are not acknowledged yet."""
        return sum(len(partition.held) for partition in self._partitions)

    @property
    def pinned(self) -> dict[int, int]:
        """The partitions that are ours at the moment, and what waits in each."""
        return {
            partition.number: partition.pending
            for partition in self._partitions
            if partition.pin is not None
        }

    @property
    def is_first(self) -> bool:
        """Whether the first partition is ours to read: one of all workers does what needs to be done once."""
        return self.connected and self._may_pull(self._partitions[0])

    @override
    def subscribe(
        self,
        subscriptions: Iterable[Subscription],
        handler: Handler,
        *,
        former: Iterable[str] = (),
    ) -> Callable[[], None]:
        return self._routes.add(subscriptions, handler)

    @override
    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        return self._connection.on_connection(listener)

    @override
    def on_drained(self, listener: Callable[[], None]) -> Callable[[], None]:
        return enlist(self._on_drained, listener)

    @override
    def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Hand one message to MQTT clients of the cluster: at QoS 0, and never retained, whatever was asked."""
        try:
            self._connection.publish(subject_of_mqtt(topic), payload)
        except OutgoingFull:
            self._tell_drained(after=ROOM_AFTER)
            raise
        self._counters.published += 1
        self._tell_drained()

    def _tell_drained(self, after: float = 0.0) -> None:
        """Tell those who wait for room, once for all of one turn of the loop."""
        if self._drained is None:
            loop = asyncio.get_running_loop()
            self._drained = loop.call_later(after, self._has_drained)

    def _has_drained(self) -> None:
        self._drained = None
        call_each(self._on_drained)

    def _acknowledge(self, partition: Partition, held: Held) -> None:
        """Tell the server that a message is durable; without a connection it comes again, and is known then."""
        self._held_bytes -= held.size
        with suppress(MaestraError):
            self._connection.publish(held.reply, ACK)
        self._pull(partition)

    def stop_pulling(self) -> None:
        """Ask for nothing more; what came can still be acknowledged."""
        self._is_stopping = True

    @override
    async def run(self) -> None:
        while True:
            self._wake.clear()
            if not self._connection.connected:
                await self._wake.wait()
            elif self._is_gone:
                # Who has lost its leader has another one soon.
                self._is_gone = False
                await self._cannot_be_read(StreamUnusable("a consumer is gone"))
            elif not self._is_ready:
                await self._get_ready()
            else:
                await self._tend()
                with suppress(TimeoutError):
                    async with asyncio.timeout(TEND):
                        await self._wake.wait()

    def _changed(self, is_up: bool, _why: MaestraError | None) -> None:
        self._is_ready = False
        for partition in self._partitions:
            partition.give_up()
        if is_up:
            self._counters.reconnects += 1
        self._wake.set()

    async def _get_ready(self) -> None:
        """Have the consumers; an attempt that fails is told once, and repeated."""
        try:
            for partition in self._partitions:
                await self._prepare(partition)
            self._is_of(await self._ask_created())
        except (MaestraError, StreamUnusable) as error:
            await self._cannot_be_read(error)
            return
        if self.error is not None:
            _LOGGER.info("Stream %s can be read again", self.settings.stream)
        self.error = None
        self._is_ready = True
        now = time.monotonic()
        for partition in self._partitions:
            partition.heard_at = now
            self._present_at[partition.owner] = now

    async def _cannot_be_read(self, error: Exception) -> None:
        """Tell once why, and wait before the next attempt."""
        if str(self.error) != str(error):
            _LOGGER.warning(
                "Stream %s can't be read: %s; trying again until it can",
                self.settings.stream,
                error,
            )
        self.error = error
        await asyncio.sleep(RETRY)

    def _make_partitions(self) -> list[Partition]:
        settings = self.settings
        names = settings.stream, self._created, settings.durable
        layout = settings.partitions > 1
        return [
            Partition(
                settings,
                number,
                " ".join((*names, f"p.{number}" if layout else "all")),
                self._acknowledge,
            )
            for number in range(settings.partitions)
        ]

    async def _ask_created(self, timeout: float = API_TIMEOUT) -> str:
        """Return when the stream was made; raises NotConnected, StreamUnusable."""
        found = await self._ask(f"STREAM.INFO.{self.settings.stream}", {}, timeout)
        return str(found.get("created"))

    def _is_of(self, created: str) -> None:
        """Know which stream it is. The numbers of one that was made anew mean other messages."""
        if created == self._created:
            return
        if self._created:
            _LOGGER.warning(
                "Stream %s was made anew; %s messages of the former one that are not stored yet are not acknowledged",
                self.settings.stream,
                self.held,
            )
        self._created = created
        self._held_bytes -= sum(partition.retire() for partition in self._partitions)
        self._partitions = self._make_partitions()

    async def _prepare(self, partition: Partition) -> None:
        settings = self.settings
        await self._ask(
            f"CONSUMER.DURABLE.CREATE.{settings.stream}.{partition.consumer}",
            {
                "stream_name": settings.stream,
                "config": {
                    "durable_name": partition.consumer,
                    "filter_subjects": self._filters(partition),
                    "ack_policy": "explicit",
                    "ack_wait": int(settings.ack_wait * NS),
                    "deliver_policy": "all",
                    "replay_policy": "instant",
                    "max_ack_pending": 2 * settings.window,
                    "priority_groups": [GROUP],
                    "priority_policy": "pinned_client",
                    "priority_timeout": int(PIN_TIMEOUT * NS),
                },
            },
        )

    def _filters(self, partition: Partition) -> list[str]:
        settings = self.settings
        part = f"p.{partition.number}." if settings.partitions > 1 else ""
        return [
            f"{settings.prefix}{part}{subject_of_mqtt(subscription.topics)}"
            for subscription in self._routes.wanted().values()
        ]

    async def _ask(
        self, what: str, request: Mapping[str, object], timeout: float = API_TIMEOUT
    ) -> JsonObject:
        return await ask(self._connection, what, request, timeout)

    async def _tend(self) -> None:
        """Keep pulls open, and the server from giving to another what is held here."""
        now = time.monotonic()
        self._say_present(now)
        await asyncio.gather(
            *(self._take_over(each) for each in self._partitions if each.is_new)
        )
        for partition in self._partitions:
            if partition.pulls and now - partition.heard_at > SILENT:
                partition.pulls.clear()
            self._pull(partition)
        self._say_held(now)

    async def _take_over(self, partition: Partition) -> None:
        # Without an answer it is looked at again.
        with suppress(MaestraError, StreamUnusable):
            await self._look_at(partition)

    async def _look_at(self, partition: Partition) -> None:
        """Have the server give us at once, and in order, what another was given and has not acknowledged.

        A pin is of one consumer of one stream: once we know which, so do we of all that comes with it.
        """
        pin = partition.pin
        consumer = f"{self.settings.stream}.{partition.consumer}"
        found = await self._ask(f"CONSUMER.INFO.{consumer}", {}, LOOK_TIMEOUT)
        floor = found.get("ack_floor")
        if partition.lacks(found.get("num_ack_pending"), found.get("delivered")):
            await self._ask(f"CONSUMER.RESET.{consumer}", {}, LOOK_TIMEOUT)
            # What came before comes again now, behind what is older.
            partition.forget_waiting()
        is_known = await self._ask_created(LOOK_TIMEOUT) == self._created
        if partition.pin != pin:
            return
        if not is_known:
            self._has_gone()
            return
        if isinstance(floor, dict) and isinstance(
            acked := floor.get("stream_seq"), int
        ):
            partition.floor = acked
        partition.is_new = False
        waiting, partition.waiting = partition.waiting, []
        for message, given in waiting:
            self._take_message(partition, message, given)
        self._pull(partition)

    def _say_present(self, now: float) -> None:
        """Let others know that our partitions are taken care of."""
        if now < self._said_present_at + PRESENT:
            return
        self._said_present_at = now
        settings = self.settings
        with suppress(MaestraError):
            self._connection.publish(
                f"{self._presence}.{settings.ordinal % settings.workers}", b""
            )

    def _another_is_present(self, message: NatsMessage) -> None:
        """Leave to another worker what is its own."""
        ordinal = message.subject.rpartition(".")[2]
        if not ordinal.isdecimal():
            return
        self._present_at[int(ordinal) % self.settings.workers] = time.monotonic()
        for partition in self._partitions:
            if partition.pin is None or self._may_pull(partition):
                continue
            partition.give_up()
            with suppress(MaestraError):
                self._connection.publish(
                    f"{API}.CONSUMER.UNPIN.{self.settings.stream}.{partition.consumer}",
                    orjson.dumps({"group": GROUP}),
                    f"{self._inbox}.{partition.number}.0",
                )

    def _may_pull(self, partition: Partition) -> bool:
        return partition.is_own or (
            time.monotonic()
            > self._present_at.get(partition.owner, 0.0) + self.settings.takeover
        )

    def _say_held(self, now: float) -> None:
        """Say of what is held that it is in work, twice in the time after which the server would give it again."""
        if now < self._said_held_at + self.settings.ack_wait / 2:
            return
        self._said_held_at = now
        with suppress(MaestraError):
            for partition in self._partitions:
                for held in partition.held.values():
                    self._connection.publish(held.reply, IN_PROGRESS)

    def _pull(self, partition: Partition) -> None:
        """Ask for more, where there is room and it is our turn."""
        settings = self.settings
        expected = partition.expected
        if (
            not self._is_ready
            or self._is_stopping
            or partition.is_new
            or expected > PULL // 2
            or self._held_bytes >= settings.window_bytes
            or not self._may_pull(partition)
        ):
            return
        taken = self.held + sum(it.expected for it in self._partitions)
        room = min(PULL - expected, settings.window - taken)
        if room <= 0:
            return
        number = next(self._pull_numbers)
        expires = EXPIRES if partition.is_own else EXPIRES_SOON
        request: dict[str, Any] = {
            "batch": room,
            "expires": int(expires * NS),
            "idle_heartbeat": int(min(HEARTBEAT, expires / 2) * NS),
            "group": GROUP,
        }
        if partition.pin is not None:
            request["id"] = partition.pin
        with suppress(MaestraError):
            self._connection.publish(
                f"{API}.CONSUMER.MSG.NEXT.{settings.stream}.{partition.consumer}",
                orjson.dumps(request),
                f"{self._inbox}.{partition.number}.{number}",
            )
            partition.pulls.append([number, room])

    def _take(self, message: NatsMessage) -> None:
        """Handle one message of a pull: a message of the stream, or what the server says of the pull."""
        headers = message.headers or {}
        if message.subject.startswith(self._inbox):
            self._status(message.subject, headers)
            return
        if (given := read_delivered(message.reply)) is None:
            return
        partition = self._partitions[given.partition]
        partition.came()
        partition.heard_at = time.monotonic()
        partition.pending = given.pending
        if (pin := headers.get(PIN)) is not None and pin != partition.pin:
            partition.now_ours(pin)
            self._wake.set()
        if not self._is_ready:
            # Of a pull of before: it comes again.
            return
        if partition.is_new:
            partition.waiting.append((message, given))
            return
        self._take_message(partition, message, given)
        self._pull(partition)

    def _take_message(
        self, partition: Partition, message: NatsMessage, given: Delivered
    ) -> None:
        sequence = given.sequence
        self._counters.received += 1
        self.redelivered += given.times > 1
        size = len(message.payload) + len(message.subject)
        if sequence in partition.held:
            partition.held[sequence].reply = message.reply
        else:
            partition.held[sequence] = Held(message.reply, size)
            self._held_bytes += size
        self._hand_out(partition, message, given)

    def _hand_out(
        self, partition: Partition, message: NatsMessage, given: Delivered
    ) -> None:
        subject = message.subject.removeprefix(self.settings.prefix)
        if self.settings.partitions > 1:
            subject = subject.removeprefix(f"p.{partition.number}.")
        topic = mqtt_of_subject(subject)
        handlers = self._routes.find(topic)
        if not handlers:
            self._counters.unmatched += 1
            partition.acknowledge(given.sequence)
            return
        self._delivery.hand_out(
            Message(
                topic=topic,
                payload=message.payload,
                qos=1,
                retain=False,
                link=partition,
                packet_id=given.sequence,
                holders=len(handlers),
                is_duplicate=given.times > 1,
                place=partition.place(given),
            ),
            handlers,
        )

    def _has_gone(self) -> None:
        """Have the consumers made anew: without that, nothing would come of them ever again."""
        for partition in self._partitions:
            partition.give_up()
        self._is_ready, self._is_gone = False, True
        self._wake.set()

    def _status(self, subject: str, headers: Mapping[str, str]) -> None:
        status = headers.get(STATUS, "")
        number, _, pull = subject.removeprefix(f"{self._inbox}.").partition(".")
        partition = self._partitions[int(number)]
        partition.heard_at = time.monotonic()
        if status == NOBODY or headers.get(DESCRIPTION) == DELETED:
            self._has_gone()
        elif status == WRONG_PIN:
            partition.give_up()
        elif status != IS_OPEN:
            partition.end_pull(int(pull))
