"""What cards follow of QS devices: each with how often it is heard, and the dead letters."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ...core.bus import Unsubscribe, together
from ...core.domain.clock import optional_wire_time
from ...core.domain.json_values import JsonObject
from ...core.domain.names import hardware_key
from ...core.qs.dead_letters import letter_as_dict
from ...core.qs.events import DeadLettered, DeadLetterTaken, TelemetryReceived
from ...core.qs.nodes import Kind, Node, NodeForgotten
from ...hub.hub import Hub
from ...hub.labels import humanize
from ...hub.live import Live, differing, live_command
from ...hub.permissions import Needs
from ...hub.units import look_of
from .entities import reading_key
from .manager import QsManager

NODES_INTERVAL: Final = 0.5
"""Seconds between two pushes of devices: a fleet speaks all the time, and is looked at as a whole."""
TICK: Final = timedelta(seconds=5)
TICKS: Final = 12
"""Over so many ticks a rate is counted: a minute."""
LONGEST_TEXT: Final = 100
"""Characters of a value that are shown."""
LONGEST_PAYLOAD: Final = 2_000
"""Characters of a dead letter that are shown."""


class LiveNodes:
    """The devices that are shown in Home Assistant, by id. How often each is heard is counted while somebody looks."""

    def __init__(self, hub: Hub, _user: User, _msg: dict[str, Any]) -> None:
        """Know no rates yet."""
        self._hub = hub
        self._manager = hub.manager(QsManager)
        self._registry = self._manager.registry
        self._counts: deque[tuple[float, Mapping[str, int]]] = deque(maxlen=TICKS + 1)
        self._rates: dict[str, float] = {}
        self._latest: dict[str, tuple[str, Kind]] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids."""
        return (node.device_id for node in self._shown())

    def show(self, key: str) -> JsonObject | None:
        """Return a device; `drift` is in seconds, `per_minute` None until it is known."""
        node = self._registry.nodes.get(key)
        if node is None or not self._registry.settings.shows(key):
            return None
        owner = self._manager.key_of(key)
        return {
            "id": key,
            "certificate": hardware_key(key),
            "device_id": owner and self._hub.devices.id_of(owner),
            "last_seen": optional_wire_time(node.last_seen),
            "drift": node.drift,
            "per_minute": self._rates.get(key),
            "accepted": node.accepted,
            "duplicates": node.duplicates,
            "dead_letters": node.dead_letters,
            "ids_reused": node.ids_reused,
            "latest": self._reading(node, owner),
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with each device that is heard, is gone, or is heard more or less often."""
        bus = self._hub.domain.bus

        def received(event: TelemetryReceived) -> None:
            told = event.event
            if told.value is not None:
                kind: Kind = "text" if isinstance(told.value, str) else "number"
                self._latest[told.device_id] = told.event_type, kind
            changed(told.device_id)

        def forgotten(event: NodeForgotten) -> None:
            self._latest.pop(event.node.device_id, None)
            changed(event.node.device_id)

        @callback
        def tick(_now: object) -> None:
            before = self._rates
            self._count()
            # Options may show others by now.
            for key in differing(before, self._rates):
                changed(key)

        self._count()
        return together(
            bus.subscribe(TelemetryReceived, received),
            bus.subscribe(NodeForgotten, forgotten),
            async_track_time_interval(self._hub.hass, tick, TICK),
        )

    def _shown(self) -> Iterator[Node]:
        shows = self._registry.settings.shows
        return (node for node in self._registry.nodes if shows(node.device_id))

    def _count(self) -> None:
        now = monotonic()
        counts = {node.device_id: node.accepted for node in self._shown()}
        self._counts.append((now, counts))
        began, first = self._counts[0]
        if now > began:
            self._rates = {
                key: max(0, count - first.get(key, 0)) / (now - began) * 60
                for key, count in counts.items()
            }

    def _reading(self, node: Node, owner: str | None) -> JsonObject | None:
        """Return the latest value, and the entity that shows it."""
        place = self._latest.get(node.device_id) or next(reversed(node.latest), None)
        if place is None or (latest := node.latest.get(place)) is None:
            return None
        event_type, kind = place
        value, look = latest.value, look_of(event_type, latest.unit)
        presenter = self._hub.presenter
        shown = owner and presenter.find(
            owner, Platform.SENSOR, reading_key(event_type, kind)
        )
        return {
            "label": humanize(event_type),
            "value": value[:LONGEST_TEXT] if isinstance(value, str) else value,
            "unit": look.unit,
            "decimals": look.decimals_on_cards(value),
            "entity_id": presenter.entity_id(shown) if shown else None,
        }


class LiveDeadLetters:
    """The dead letters that are kept, by id."""

    def __init__(self, hub: Hub, _user: User, _msg: dict[str, Any]) -> None:
        """Find them."""
        self._bus = hub.domain.bus
        self._letters = hub.manager(QsManager).registry.dead_letters

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids, the newest first."""
        return (letter.id for letter in self._letters)

    def show(self, key: str) -> JsonObject | None:
        """Return one. `is_cut`: it was too large to be kept as a whole, and can't be replayed as it is."""
        if (letter := self._letters.get(key)) is None:
            return None
        payload = letter.payload[:LONGEST_PAYLOAD]
        return {**letter_as_dict(letter), "payload": payload}

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with the id of each that comes, was put right, or made room."""

        def came(event: DeadLettered) -> None:
            changed(event.letter.id)
            if event.replaced is not None:
                changed(event.replaced)

        return together(
            self._bus.subscribe(DeadLettered, came),
            self._bus.subscribe(
                DeadLetterTaken, lambda event: changed(event.letter_id)
            ),
        )


QS_LIVE_COMMANDS: Final = tuple(
    map(
        live_command,
        (
            Live(
                command="qs_nodes",
                needs=Needs.READ,
                view=LiveNodes,
                interval=NODES_INTERVAL,
            ),
            Live(command="qs_dead_letters", needs=Needs.ADMIN, view=LiveDeadLetters),
        ),
    )
)
"""WebSocket commands that cards follow."""
