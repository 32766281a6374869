"""From events on the bus to readings of the series that detectors follow."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
import math
from typing import Final

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.reading import Reading
from ..store.series import Address, Feed, Series, find_feed

CHANNEL_PREFIX: Final = "iss:"
"""What the names of series in `detected_events` are without: channels of the ISS are there by their own names."""


def stored_series(feeds: Mapping[str, Feed], name: str) -> Series:
    """Return where the store has a series; raises InvalidField for what names none."""
    return find_feed(feeds, name)[1]


def normal_series(feeds: Mapping[str, Feed], name: str) -> str:
    """Return the one way to write a series; raises InvalidField."""
    feed, series = find_feed(feeds, name)
    return feed.name(series)


def channel_of(name: str) -> str:
    """Return what the store calls the series of an event."""
    return name.removeprefix(CHANNEL_PREFIX)


type _Followed = defaultdict[Hashable, list[tuple[Address, str]]]
"""By the key of a feed's readings: addresses, and the names of their series."""


class Feeds:
    """Listens to what is followed only: everything else costs a look into a dictionary.

    Each reading has the time that the store keeps it with, so that both find the same.
    """

    def __init__(
        self,
        domain: Domain,
        feeds: Mapping[str, Feed],
        take: Callable[[Reading], None],
    ) -> None:
        """Listen to nothing yet; readings of `feeds`, which are by their prefix, go to `take`."""
        self._bus = domain.bus
        self._feeds = feeds
        self._take = take
        self._followed: dict[str, _Followed] = {
            prefix: defaultdict(list) for prefix in feeds
        }

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        return together(
            *[
                self._bus.subscribe(
                    feed.event, partial(self._receive, feed, self._followed[prefix])
                )
                for prefix, feed in self._feeds.items()
                if feed.event
            ]
        )

    def follow(self, names: Iterable[str]) -> None:
        """Follow these series from now on; raises InvalidField for a name that is none."""
        for followed in self._followed.values():
            followed.clear()
        for name in dict.fromkeys(names):
            feed, series = find_feed(self._feeds, name)
            address = series.address
            self._followed[feed.prefix][feed.key(address)].append((address, name))

    def _receive(self, feed: Feed, followed: _Followed, event: object) -> None:
        if not followed:
            return
        for key, value, time in feed.readings(event):
            for address, name in followed.get(key, ()):
                number = feed.value(value, address)
                if isinstance(number, int | float) and math.isfinite(
                    number := float(number)
                ):
                    self._take(Reading(name, number, time, feed.unit(event)))
