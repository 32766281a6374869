"""The consumers of a stream's partitions, as the server tells of them."""

from dataclasses import dataclass
from typing import Any, Final

from .api import StreamUnusable, ask
from .connection import NatsConnection

MAX_PAGES: Final = 16


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A consumer of a partition; `pending` waits there, `unacknowledged` was given out.

    `is_read`: somebody asks for what comes, or has it; who has it is known from the first message on.
    """

    name: str
    number: int
    pending: int
    unacknowledged: int
    is_read: bool

    @property
    def is_empty(self) -> bool:
        """Whether it may go."""
        return not (self.pending or self.unacknowledged)


async def list_consumers(
    connection: NatsConnection, stream: str, durable: str
) -> list[Consumer]:
    """Return the consumers that read a stream under a name, one a partition; raises NotConnected, StreamUnusable."""
    consumers: list[Consumer] = []
    offset = 0
    for _ in range(MAX_PAGES):
        answer: Any = await ask(
            connection, f"CONSUMER.LIST.{stream}", {"offset": offset}
        )
        page = answer.get("consumers") or []
        for each in page:
            name = str(each["name"])
            named, _, number = name.rpartition("-")
            if named == durable and number.isdecimal():
                consumers.append(
                    Consumer(
                        name=name,
                        number=int(number),
                        pending=each["num_pending"],
                        unacknowledged=each["num_ack_pending"],
                        is_read=bool(each.get("num_waiting"))
                        or any(
                            group.get("pinned_client_id")
                            for group in each.get("priority_groups") or []
                        ),
                    )
                )
        offset += len(page)
        if not page or offset >= answer.get("total", 0):
            return consumers
    raise StreamUnusable("too many consumers")
