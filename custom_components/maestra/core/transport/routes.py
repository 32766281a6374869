"""Which handlers get the messages of a topic: subscriptions, and a cache by topic."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from ..bus import LONGEST
from .transport import Handler, Subscription

MAX_CACHED_TOPICS: Final = 16_384


def topic_matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic is among those of a filter (MQTT 5 §4.7)."""
    if topic.startswith("$") and not topic_filter.startswith("$"):
        return False
    levels = topic.split("/")
    wanted = topic_filter.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at == len(levels) or level not in ("+", levels[at]):
            return False
    return len(levels) == len(wanted)


class Routes:
    """The subscribed dialects, and a cache from topic to handlers: filters are matched once for each topic."""

    def __init__(self) -> None:
        """Start without dialects."""
        self.former: set[str] = set()
        """Filters that a session of the past may have, wanted or not."""
        self._dialects: dict[Handler, tuple[Subscription, ...]] = {}
        self._cache: dict[str, tuple[Handler, ...]] = {}

    def add(
        self,
        subscriptions: Iterable[Subscription],
        handler: Handler,
        former: Iterable[str] = (),
    ) -> Callable[[], None]:
        """Register a dialect; returns what removes it."""
        self._dialects[handler] = tuple(subscriptions)
        self.former.update(former)
        self._cache.clear()

        def remove() -> None:
            self._dialects.pop(handler, None)
            self._cache.clear()

        return remove

    def wanted(self) -> dict[str, Subscription]:
        """Return the subscriptions by filter, each with the highest QoS that any dialect wants."""
        wanted: dict[str, Subscription] = {}
        for subscriptions in self._dialects.values():
            for subscription in subscriptions:
                known = wanted.get(subscription.filter, subscription)
                wanted[subscription.filter] = replace(
                    subscription,
                    qos=max(known.qos, subscription.qos),
                    no_local=known.no_local and subscription.no_local,
                    wants_retained=known.wants_retained or subscription.wants_retained,
                    is_needed=known.is_needed or subscription.is_needed,
                )
        return wanted

    def find(self, topic: str) -> tuple[Handler, ...]:
        """Return the handlers of a topic, none when nobody wants it."""
        handlers = self._cache.get(topic)
        if handlers is None:
            handlers = tuple(
                handler
                for handler, subscriptions in self._dialects.items()
                if any(
                    topic_matches(subscription.topics, topic)
                    for subscription in subscriptions
                )
            )
            # Topics come from the network: forget all rather than grow without end.
            if len(self._cache) >= MAX_CACHED_TOPICS:
                self._cache.clear()
            if len(topic) <= LONGEST:
                self._cache[topic] = handlers
        return handlers
