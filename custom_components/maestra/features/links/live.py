"""What passes through the connections, for cards: figures of each gateway, and the messages themselves as they pass."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, time
from typing import Any, Final

import probatio

from homeassistant.auth.models import User
from homeassistant.core import callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_track_time_interval

from ...const import CONF_DIALECTS
from ...core.bus import MessagePassed, Unsubscribe, together
from ...core.domain.json_values import JsonObject
from ...core.transport.subjects import is_pattern, subject_matches
from ...hub.hub import Hub
from ...hub.labels import humanize
from ...hub.live import Live, live_command, telling_all
from ...hub.permissions import Needs

SUBJECT: Final = "subject"
TICK: Final = timedelta(seconds=1)
SLOTS: Final = 200
"""Messages that are kept for a card."""
STEADY: Final = 50
"""Messages that go into each push of a flood, the latest: nobody reads more. A burst is pushed as a whole."""
LONGEST_PAYLOAD: Final = 2_000
"""Bytes of a payload that are shown."""
LONGEST_PLACE: Final = 512
MESSAGES_INTERVAL: Final = 0.25
"""Seconds between two pushes of messages, which people read."""
_RATES: Final = ("messages_in", "messages_out", "bytes_in", "bytes_out")
_REFUSED: Final = "refused_"
_IN_PATTERN: Final = str.maketrans({"/": ".", "+": "*", "#": ">"})


class LiveTraffic:
    """The figures of each gateway; of a broker, of each dialect on it. They are read once a second while somebody looks."""

    def __init__(self, hub: Hub, _user: User, _msg: dict[str, Any]) -> None:
        """Know no rates yet."""
        self._hub = hub
        self._counts: dict[str, tuple[float, Mapping[str, int]]] = {}
        self._rates: dict[str, JsonObject] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys of gateways."""
        return iter(self._gateways())

    def show(self, key: str) -> JsonObject | None:
        """Return the figures of a gateway; rates are by the second, None where they are not known yet, times in milliseconds."""
        if (found := self._gateways().get(key)) is None:
            return None
        link, dialect, gateway = found
        counts: Mapping[str, int] = gateway.counters.as_dict() if gateway else {}
        return {
            "title": link.title,
            "dialect": dialect and humanize(dialect),
            "connected": link.connected,
            "clients": getattr(gateway, "clients", None),
            "rates": self._rates.get(key),
            "received": counts.get("messages_in", 0),
            "sent": counts.get("messages_out", 0),
            "unsent": counts.get("unsent", 0),
            "refused": counts.get("refused", 0),
            "reasons": {
                humanize(name.removeprefix(_REFUSED)): count
                for name, count in counts.items()
                if name.startswith(_REFUSED)
            },
            "latency_p50": _milliseconds(gateway, 0.5),
            "latency_p99": _milliseconds(gateway, 0.99),
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` once a second with every gateway, and at once where a connection comes or goes."""
        all_changed = telling_all(self, changed)

        @callback
        def tick(_now: object) -> None:
            self._count()
            all_changed()

        self._count()
        return together(
            self._hub.links.follow(all_changed),
            async_track_time_interval(self._hub.hass, tick, TICK),
        )

    def _gateways(self) -> dict[str, tuple[Any, str | None, Any]]:
        found: dict[str, tuple[Any, str | None, Any]] = {}
        for link in self._hub.links.gateways:
            names = link.data.get(CONF_DIALECTS) or (None,)
            # A listener has none until it has found out where to listen.
            gateways = link.dialects or (getattr(link, "gateway", None),)
            for name, gateway in zip(names, gateways, strict=False):
                found[f"{link.id}:{name or ''}"] = (link, name, gateway)
        return found

    def _count(self) -> None:
        before, self._counts, self._rates = self._counts, {}, {}
        for key, (_, _, gateway) in self._gateways().items():
            if gateway is None:
                continue
            now, counts = monotonic(), gateway.counters.as_dict()
            self._counts[key] = now, counts
            if key in before:
                then, others = before[key]
                self._rates[key] = {
                    # One that was started anew counts from zero.
                    name: max(0, counts.get(name, 0) - others.get(name, 0))
                    / max(now - then, 0.001)
                    for name in _RATES
                }


@dataclass(frozen=True, slots=True)
class _Passed:
    """A message, as much of it as is shown."""

    number: int
    time: float
    gateway: str
    is_incoming: bool
    place: str
    payload: bytes
    size: int


class LiveMessages:
    """The latest messages of all gateways that fit a filter, each in a slot, which a later one takes over."""

    def __init__(self, hub: Hub, _user: User, msg: dict[str, Any]) -> None:
        """Know none yet."""
        self._hub = hub
        self._fits = subject_filter(msg.get(SUBJECT, ""))
        self._slots: dict[str, _Passed] = {}
        self._number = 0
        # Slots that are taken for good, and how many are there for the messages of this push.
        self._taken = 0
        self._room = SLOTS
        self._fresh = 0
        self._since = monotonic()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the slots that hold one."""
        return iter(self._slots)

    def show(self, key: str) -> JsonObject | None:
        """Return a message. Those that were passed over are missing among the numbers."""
        if (passed := self._slots.get(key)) is None:
            return None
        link = self._hub.links.get(passed.gateway)
        return {
            "number": passed.number,
            "time": passed.time,
            "gateway": link.title if link else passed.gateway,
            "is_incoming": passed.is_incoming,
            "place": passed.place,
            "payload": passed.payload.decode(errors="replace"),
            "size": passed.size,
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with the slot of each message."""

        def passed(message: MessagePassed) -> None:
            if not self._fits(message.place):
                return
            key = self._slot()
            self._slots[key] = _Passed(
                self._number,
                time(),
                message.gateway,
                message.is_incoming,
                message.place[:LONGEST_PLACE],
                message.payload[:LONGEST_PAYLOAD],
                len(message.payload),
            )
            self._number += 1
            changed(key)

        return self._hub.domain.bus.subscribe(MessagePassed, passed)

    def _slot(self) -> str:
        """Return the slot of the next message: where there is no room for all of a push, they take turns."""
        now = monotonic()
        if pushes := int((now - self._since) / MESSAGES_INTERVAL):
            taken = min(self._fresh, self._room)
            self._taken += taken
            self._room = min(SLOTS, self._room - taken + STEADY * pushes)
            self._fresh, self._since = 0, now
        slot = self._taken + self._fresh % self._room
        self._fresh += 1
        return str(slot % SLOTS)


def subject_filter(text: str) -> Callable[[str], bool]:
    """Return what tells whether a topic, subject, address or path is meant.

    With wildcards it is a pattern as MQTT (`+`, `#`) or NATS (`*`, `>`) have them, else a part of what is meant.
    """
    pattern = text.strip().translate(_IN_PATTERN).strip(".")
    if any(wildcard in pattern for wildcard in "*>") and is_pattern(pattern):
        return lambda place: subject_matches(
            pattern, place.replace("/", ".").strip(".")
        )
    part = text.strip().lower()
    return lambda place: part in place.lower()


def _milliseconds(gateway: Any, share: float) -> float | None:
    seconds = gateway.latency.quantile(share) if gateway else None
    return None if seconds is None else round(seconds * 1000, 3)


LINK_COMMANDS: Final = tuple(
    map(
        live_command,
        (
            Live(command="traffic", needs=Needs.ADMIN, view=LiveTraffic),
            Live(
                command="messages",
                needs=Needs.ADMIN,
                view=LiveMessages,
                fields={probatio.Optional(SUBJECT, default=""): cv.string},
                interval=MESSAGES_INTERVAL,
            ),
        ),
    )
)
"""WebSocket commands."""
