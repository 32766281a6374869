"""The latest values of a cluster: a stream that keeps one message a subject, written by workers and read at the reader's own pace.

What a reader is too slow for is overwritten, and never queued: a thousand times the rate is no more work for it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex
from typing import Any, Final

import orjson

from ..bus import Counters, Latency, get_logger
from ..domain.errors import MaestraError
from ..domain.json_values import JsonObject
from ..transport.subjects import token
from .api import API, NOT_FOUND, StreamUnusable, ask, with_most_copies
from .client import Message
from .connection import NatsConnection
from .partition import read_delivered

_LOGGER = get_logger(__name__)

STREAM: Final = "MAESTRA_LIVE"
PREFIX: Final = "maestra_live"
"""Not below `maestra.`: who listens to clients there must not hear all of it."""
MAX_BYTES: Final = 256 * 1024 * 1024
"""Of the stream; the oldest values go first."""
BATCH: Final = 250
"""Values that are read at once."""
PAUSE: Final = 0.25
"""Seconds between two times that values are read: a thousand a second at most."""
EXPIRES: Final = 5.0
"""Seconds after which the server ends a request for values that did not come."""
SILENT: Final = EXPIRES + 3.0
RETRY: Final = 2.0
NS: Final = 1_000_000_000


def live_subject(dialect: str, *names: str) -> str:
    """Return where the latest of something is told."""
    return ".".join((PREFIX, dialect, *map(token, names)))


class LiveReader:
    """Gives `handle` the dialect and payload of each value: all that are known at first, and then what changes."""

    def __init__(
        self, connection: NatsConnection, handle: Callable[[str, bytes], None]
    ) -> None:
        """Read nothing yet. `connection` is run by its owner, and connects after this."""
        self.counters = Counters()
        self.latency = Latency()
        self.error: str | None = None
        """Why nothing is read, while that is so."""
        self._connection = connection
        self._handle = handle
        self._inbox = f"_INBOX.{token_hex(11)}"
        self._news = asyncio.Event()
        self._created: object = None
        self._sequence = 0
        self._expected = 0
        self._is_over = False
        connection.listen(f"{self._inbox}.>", self._take)
        connection.on_connection(self._changed)

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            if not self._connection.connected:
                self._news.clear()
                await self._news.wait()
                continue
            try:
                await self._read(await self._begin())
            except (MaestraError, StreamUnusable) as error:
                if self.error != str(error):
                    _LOGGER.warning(
                        "The latest values can't be read: %s; trying again", error
                    )
                self.error = str(error)
            await asyncio.sleep(RETRY)

    def _changed(self, _is_up: bool, _why: MaestraError | None) -> None:
        self._is_over = True
        self._news.set()

    async def _begin(self) -> str:
        """Have the stream, and a consumer of it; returns that one's name."""
        created = await self._have_stream()
        policy: dict[str, Any] = {"deliver_policy": "last_per_subject"}
        if created == self._created:
            # What was read before has not changed.
            policy = {
                "deliver_policy": "by_start_sequence",
                "opt_start_seq": self._sequence + 1,
            }
        # The end of its name is the number of its partition: there is one.
        name = f"{token_hex(8)}-0"
        await ask(
            self._connection,
            f"CONSUMER.CREATE.{STREAM}.{name}",
            {
                "stream_name": STREAM,
                "config": {
                    **policy,
                    "name": name,
                    "filter_subject": f"{PREFIX}.>",
                    "ack_policy": "none",
                    "replay_policy": "instant",
                    "inactive_threshold": int(2 * SILENT * NS),
                    "mem_storage": True,
                    "num_replicas": 1,
                },
            },
        )
        if created != self._created:
            self._sequence = 0
        self._created = created
        if self.error is not None:
            _LOGGER.info("The latest values can be read again")
        self.error = None
        return name

    async def _have_stream(self) -> object:
        """Make the stream where it is not there; returns when it was made."""
        try:
            found = await ask(self._connection, f"STREAM.INFO.{STREAM}", {})
        except StreamUnusable as error:
            if error.code != NOT_FOUND:
                raise
            found = await with_most_copies(self._create)
        return found.get("created")

    async def _create(self, copies: int) -> JsonObject:
        return await ask(
            self._connection,
            f"STREAM.CREATE.{STREAM}",
            {
                "name": STREAM,
                "subjects": [f"{PREFIX}.>"],
                "max_msgs_per_subject": 1,
                "max_bytes": MAX_BYTES,
                "discard": "old",
                "num_replicas": copies,
                "storage": "file",
            },
        )

    async def _read(self, consumer: str) -> None:
        """Ask for values, some at a time, until the consumer or the connection is gone."""
        self._is_over = False
        request = orjson.dumps({"batch": BATCH, "expires": int(EXPIRES * NS)})
        while not self._is_over:
            self._expected = BATCH
            self._news.clear()
            self._connection.publish(
                f"{API}.CONSUMER.MSG.NEXT.{STREAM}.{consumer}",
                request,
                f"{self._inbox}.{consumer}",
            )
            try:
                async with asyncio.timeout(SILENT):
                    while self._expected > 0 and not self._is_over:
                        await self._news.wait()
                        self._news.clear()
            except TimeoutError:
                return
            await asyncio.sleep(PAUSE)

    def _take(self, message: Message) -> None:
        if message.subject.startswith(self._inbox):
            self._status((message.headers or {}).get("Status", ""))
            return
        if (given := read_delivered(message.reply)) is None:
            return
        self._sequence = given.sequence
        self._expected -= 1
        if self._expected <= 0:
            self._news.set()
        self.counters.add("messages_in")
        self.counters.add("bytes_in", len(message.payload))
        self._handle(message.subject.split(".", 2)[1], message.payload)

    def _status(self, status: str) -> None:
        # 404, 408: there was no more. All else: the consumer is gone, or has no leader.
        self._is_over = self._is_over or status not in ("404", "408", "100")
        self._expected = 0
        self._news.set()


class LiveWriter:
    """Tells the latest of what dialects keep, some at a time."""

    def __init__(self, connection: NatsConnection) -> None:
        """Tell nothing yet."""
        self.told = 0
        self._connection = connection

    def tell(self, dialect: str, names: tuple[str, ...], payload: bytes) -> bool:
        """Tell one; False where there is no room, or no connection, and all others can wait too."""
        with suppress(MaestraError):
            self._connection.publish(live_subject(dialect, *names), payload)
            self.told += 1
            return True
        return False
