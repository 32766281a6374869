"""From packets to messages at their time."""

import asyncio
from collections.abc import Callable
from time import time
from typing import Final

from ...bus import Counters, Latency
from ..state_command import Malformed
from .codec import MAX_DATAGRAM, OscMessage, decode, split

MAX_WAITING: Final = 10_000
"""Messages whose time has not come."""
LONGEST_WAIT: Final = 3_600.0
"""Seconds that a time tag may lie ahead; the sender's clock is wrong beyond that."""


class Receiver[P]:
    """Decodes the packets of peers and hands each message over when it is meant to work.

    `take` is given a message and its peer, `refuse` the peer, the address, a code and the detail. `within_rate`
    is asked for each message after a packet's first: the packet itself is for whoever received it to count.
    """

    def __init__(
        self,
        take: Callable[[OscMessage, P], None],
        refuse: Callable[[P, str, str, str], None],
        within_rate: Callable[[P], bool],
        counters: Counters,
        latency: Latency,
    ) -> None:
        """Wait for nothing yet."""
        self._take = take
        self._refuse = refuse
        self._within_rate = within_rate
        self._counters = counters
        self._latency = latency
        self._waiting: set[asyncio.TimerHandle] = set()
        self._waiting_messages = 0

    def receive(self, packet: bytes, peer: P, longest: int = MAX_DATAGRAM) -> None:
        """Take one packet of at most `longest` bytes."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._counters.add("bytes_in", len(packet))
        messages = decode(packet, longest)
        if isinstance(messages, Malformed):
            self._counters.add("messages_in")
            self._refuse(peer, "", "malformed", messages.reason)
            return
        self._counters.add("messages_in", len(messages))
        for index, message in enumerate(messages):
            if index and not self._within_rate(peer):
                self._refuse(peer, message.address, "rate", "too many messages")
                messages = messages[:index]
                break
        for at, due in split(messages):
            delay = at - time() if at else 0.0
            if delay <= 0:
                self._hand_over(due, peer)
            else:
                self._wait(delay, due, peer)
        self._latency.add(loop.time() - began)

    def stop(self) -> None:
        """Forget what waits."""
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()
        self._waiting_messages = 0

    def _hand_over(self, messages: list[OscMessage], peer: P) -> None:
        for message in messages:
            self._take(message, peer)

    def _wait(self, delay: float, messages: list[OscMessage], peer: P) -> None:
        if delay > LONGEST_WAIT:
            self._refuse(
                peer, messages[0].address, "time_tag", "more than an hour ahead"
            )
            return
        if self._waiting_messages + len(messages) > MAX_WAITING:
            self._refuse(
                peer, messages[0].address, "time_tag", "too many messages wait"
            )
            return
        self._waiting_messages += len(messages)
        handle: asyncio.TimerHandle

        def due() -> None:
            self._waiting.discard(handle)
            self._waiting_messages -= len(messages)
            self._hand_over(messages, peer)

        handle = asyncio.get_running_loop().call_later(delay, due)
        self._waiting.add(handle)
