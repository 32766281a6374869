"""From QS devices to Home Assistant's devices and entities."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast
from uuid import NAMESPACE_URL, uuid5

from homeassistant.const import Platform
from homeassistant.core import callback

from .bus import Unsubscribe, together
from .const import QS_ID, QS_PREFIX
from .domain.telemetry import DeadLettered, TelemetryIdReused, TelemetryReceived
from .presentation import Kind, Presentation
from .sources.qs.nodes import Latest, Node

if TYPE_CHECKING:
    from .qs_entities import MaestraDeadLetterEvent
    from .runtime import MaestraRuntime

NODE_SENSORS: Final = (
    "last_seen",
    "clock_drift",
    "accepted",
    "duplicates",
    "node_dead_letters",
    "ids_reused",
)
QS_SENSORS: Final = ("nodes", "dead_letters")
DEAD_LETTER: Final = "dead_letter"
_NODE_PRESENTATIONS: Final = tuple(
    Presentation(platform=Platform.SENSOR, kind=Kind.NODE, key=key)
    for key in NODE_SENSORS
)
_QS_PRESENTATIONS: Final = (
    *(
        Presentation(platform=Platform.SENSOR, kind=Kind.QS, key=key)
        for key in QS_SENSORS
    ),
    Presentation(platform=Platform.EVENT, kind=Kind.QS, key=DEAD_LETTER),
)


def node_key(device_id: str) -> str:
    """Return what a device is known by in Home Assistant; its id may be anything."""
    return f"{QS_PREFIX}{uuid5(NAMESPACE_URL, device_id)}"


def reading_key(event_type: str, latest: Latest) -> str:
    """Return the key of a value's entity: numbers and texts of one type of event are two."""
    kind = "text" if isinstance(latest.value, str) else "number"
    return f"{kind}.{event_type}"


def present_node(node: Node) -> Iterator[Presentation]:
    """Return what is shown of a device."""
    yield from _NODE_PRESENTATIONS
    for event_type, latest in node.latest.items():
        yield Presentation(
            platform=Platform.SENSOR,
            kind=Kind.READING,
            key=reading_key(event_type, latest),
            metric=event_type,
        )


class QsShow:
    """The QS devices that are shown, and what stands for all of them."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Show nothing yet."""
        self._runtime = runtime
        self._presenter = runtime.presenter
        self._writer = runtime.writer
        self._devices = runtime.devices
        self._nodes: dict[str, Node] = {}
        # What a device was, in other turns: an entity of a type stays, even if it says something else now.
        self._keys: dict[str, str] = {}
        self._is_shown = False

    @property
    def shown(self) -> list[str]:
        """The keys of what is shown."""
        return [*self._nodes, *([QS_ID] if self._is_shown else [])]

    def node(self, key: str) -> Node | None:
        """Return the device that is shown under a key, or None."""
        return self._nodes.get(key)

    @callback
    def start(self) -> Unsubscribe:
        """Listen to the domain until the returned function is called."""
        bus = self._runtime.domain.bus
        return together(
            bus.subscribe(TelemetryReceived, self._received),
            bus.subscribe(TelemetryIdReused, self._id_reused),
            bus.subscribe(DeadLettered, self._dead_lettered),
        )

    @callback
    def refresh(self) -> None:
        """Show what is to be shown by now: options and brokers may be others."""
        desk = self._runtime.qs.desk
        wanted = [node for node in desk.nodes if desk.settings.shows(node.device_id)]
        is_shown = bool(desk.sources or wanted)
        if is_shown and not self._is_shown:
            self._devices.put_qs()
            self._presenter.show(QS_ID, desk, _QS_PRESENTATIONS)
        self._is_shown = is_shown
        for key in self._nodes.keys() - {node_key(node.device_id) for node in wanted}:
            self._withdraw(key)
        for node in wanted:
            self._show(node)
        if not is_shown:
            self._presenter.withdraw(QS_ID)
            self._devices.remove(QS_ID)

    @callback
    def forget(self, key: str) -> None:
        """Forget a device. One that still talks comes back."""
        if node := self._nodes.get(key):
            self._runtime.qs.desk.nodes.forget(node.device_id)
            self._runtime.qs.mark_changed()
            self._withdraw(key)

    def _show(self, node: Node) -> None:
        key = self._keys.setdefault(node.device_id, node_key(node.device_id))
        self._nodes[key] = node
        self._devices.put_node(key, node.device_id)
        known = {
            entity.presentation.key: entity.presentation
            for entity in self._presenter.of(key)
        }
        known |= {item.key: item for item in present_node(node)}
        self._presenter.show(key, node, known.values())

    def _withdraw(self, key: str) -> None:
        node = self._nodes.pop(key)
        self._keys.pop(node.device_id, None)
        self._presenter.withdraw(key)
        self._devices.remove(key)

    def _received(self, received: TelemetryReceived) -> None:
        event, desk = received.event, self._runtime.qs.desk
        node = desk.nodes.get(event.device_id)
        if node is None or not desk.settings.shows(event.device_id):
            return
        key = self._keys.get(event.device_id)
        latest = node.latest.get(event.event_type)
        reading = latest and reading_key(event.event_type, latest)
        if key is None or self._nodes.get(key) is not node:
            self._show(node)
            self._mark(QS_ID, *QS_SENSORS)
        elif reading and not self._presenter.find(key, Platform.SENSOR, reading):
            self._show(node)
        else:
            self._mark(key, *NODE_SENSORS, *((reading,) if reading else ()))

    def _id_reused(self, event: TelemetryIdReused) -> None:
        if key := self._keys.get(event.device_id):
            self._mark(key, *NODE_SENSORS)

    def _dead_lettered(self, event: DeadLettered) -> None:
        self._mark(QS_ID, *QS_SENSORS)
        entity = cast(
            "MaestraDeadLetterEvent | None",
            self._presenter.find(QS_ID, Platform.EVENT, DEAD_LETTER),
        )
        if entity is not None:
            entity.take(event.letter)

    def _mark(self, owner_id: str, *keys: str) -> None:
        for key in keys:
            if entity := self._presenter.find(owner_id, Platform.SENSOR, key):
                self._writer.mark(entity)
