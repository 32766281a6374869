"""The source of a change: who caused it."""

from typing import Final, NamedTuple


class Source(NamedTuple):
    """Who caused a change, as told on the wire, and the gateway it came through.

    `name` is what the client says of itself (free text, or null); `gateway` is
    the id of our own connection, the loop guard of the gateways, and None for
    changes that began inside. `peer` tells the clients of one gateway apart that
    has no connections: `host:port`.
    """

    name: str | None
    gateway: str | None = None
    peer: str | None = None


HOME_ASSISTANT: Final = Source("home_assistant")
SYSTEM: Final = Source(None)
