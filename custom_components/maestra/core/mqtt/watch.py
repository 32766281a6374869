"""Whether a broker throws messages away, where it tells: Mosquitto does."""

from collections.abc import Callable
from typing import Final

from ..bus import Unsubscribe
from ..transport.transport import Message, Subscription, Taken, Transport

DROPPED: Final = "$SYS/broker/publish/messages/dropped"
"""How many messages Mosquitto has thrown away since it started, because the queue of one of its clients was full."""


class DropWatch:
    """Follows how many messages a broker has thrown away; it does not say whose they were."""

    def __init__(self, transport: Transport, on_change: Callable[[], None]) -> None:
        """Follow nothing yet. `on_change` is called whenever `dropped` is another."""
        self.dropped = 0
        """Since the broker started."""
        self._transport = transport
        self._on_change = on_change

    def start(self) -> Unsubscribe:
        """Follow until the returned function is called."""
        return self._transport.subscribe(
            [Subscription(DROPPED, wants_retained=True, is_needed=False)], self._take
        )

    def _take(self, message: Message) -> Taken:
        text = message.payload[:20].decode(errors="replace").strip()
        if text.isdecimal() and (count := int(text)) != self.dropped:
            self.dropped = count
            self._on_change()
        return Taken.NOW
