"""How a cluster and its workers are: the stream's copies, what waits in it, and who reads it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any, Final

from ..bus import Unsubscribe
from ..domain.errors import MaestraError
from .api import StreamUnusable, ask
from .client import Message
from .connection import NatsConnection
from .consumers import list_consumers
from .jetstream import PRESENCE

LOOK: Final = 5.0
"""Seconds between two looks."""
ABSENT: Final = 5.0
"""Seconds after which a worker that does not say that it is there is not."""


@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """What a look has found.

    `waiting` messages are with no worker, `unacknowledged` ones with some. Of the stream's `copies` some are not `behind`.
    `idle` are the partitions that no worker reads.
    """

    messages: int
    bytes: int
    copies: int
    behind: int
    partitions: int
    idle: int
    waiting: int
    unacknowledged: int


class ClusterWatch:
    """Looks at a stream and its consumers every few seconds, and hears workers."""

    def __init__(
        self,
        connection: NatsConnection,
        stream: str,
        durable: str,
        changed: Callable[[], None],
    ) -> None:
        """Look at nothing yet. `connection` is run by its owner, and connects after this."""
        self.state: ClusterState | None = None
        """As of the latest look; None where it was not answered."""
        self.error: str | None = None
        """Why it was not."""
        self._connection = connection
        self._stream = stream
        self._durable = durable
        self._changed = changed
        self._heard_at: dict[str, float] = {}

    def start(self) -> Unsubscribe:
        """Hear workers until the returned function is called."""
        return self._connection.listen(
            f"{PRESENCE}.{self._durable}.{self._stream}.*", self._hear
        )

    @property
    def workers(self) -> int:
        """How many say that they are there."""
        horizon = time.monotonic() - ABSENT
        return sum(heard > horizon for heard in self._heard_at.values())

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                self.state, self.error = await self._look(), None
            except (MaestraError, StreamUnusable, TypeError, KeyError) as error:
                self.state, self.error = None, str(error)
            self._changed()
            await asyncio.sleep(LOOK)

    async def _look(self) -> ClusterState:
        found: Any = await ask(self._connection, f"STREAM.INFO.{self._stream}", {})
        consumers = await list_consumers(self._connection, self._stream, self._durable)
        others = (found.get("cluster") or {}).get("replicas") or []
        state = found["state"]
        return ClusterState(
            messages=state["messages"],
            bytes=state["bytes"],
            copies=1 + len(others),
            behind=sum(
                bool(each.get("offline")) or not each.get("current") for each in others
            ),
            partitions=len(consumers),
            idle=sum(not each.is_read for each in consumers),
            waiting=sum(each.pending for each in consumers),
            unacknowledged=sum(each.unacknowledged for each in consumers),
        )

    def _hear(self, message: Message) -> None:
        ordinal = message.subject.rpartition(".")[2]
        # Whoever may publish there can make some up, but not many.
        if ordinal.isdecimal() and len(ordinal) <= 4:
            self._heard_at[ordinal] = time.monotonic()
