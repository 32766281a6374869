"""What is shown of QS devices in Home Assistant: devices and entities, in line with what is heard of them."""

from collections.abc import Iterable, Iterator
from typing import Final

from homeassistant.const import Platform
from homeassistant.core import callback

from ...const import QS_ID
from ...core.bus import Unsubscribe, together
from ...core.domain.names import mac_of
from ...core.qs.events import DeadLettered, TelemetryIdReused, TelemetryReceived
from ...core.qs.nodes import Kind, Node
from ...core.qs.registry import QsRegistry
from ...entity import MaestraEventEntity
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .entities import NODE_SENSORS, QS_SENSORS, REFUSED, node_key, reading_key

READING: Final = "reading"
NODE: Final = "node"
QS: Final = "qs"
DEAD_LETTER: Final = "dead_letter"
MAX_SHOWN_PAYLOAD: Final = 500
_NODE_PRESENTATIONS: Final = tuple(
    Presentation(platform=Platform.SENSOR, kind=NODE, key=key) for key in NODE_SENSORS
)
_QS_PRESENTATIONS: Final = (
    *(Presentation(platform=Platform.SENSOR, kind=QS, key=key) for key in QS_SENSORS),
    Presentation(platform=Platform.EVENT, kind=QS, key=DEAD_LETTER),
)


def present_node(node: Node) -> Iterator[Presentation]:
    """Return what is shown of a device."""
    yield from _NODE_PRESENTATIONS
    for event_type, kind in node.latest:
        yield Presentation(
            platform=Platform.SENSOR,
            kind=READING,
            key=reading_key(event_type, kind),
            shows=(event_type,),
        )


class QsEntitySync:
    """The QS devices that are shown, and what stands for all of them."""

    def __init__(self, hub: Hub, registry: QsRegistry) -> None:
        """Show nothing yet."""
        self._registry = registry
        self._bus = hub.domain.bus
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._nodes: dict[str, Node] = {}
        # What a device was, in other turns: an entity of a type stays, even if it says something else now.
        self._keys: dict[str, str] = {}
        self._is_shown = False

    @property
    def owners(self) -> Iterable[str]:
        """The identifiers of the devices that are shown."""
        return [*self._nodes, *([QS_ID] if self._is_shown else [])]

    def node(self, key: str) -> Node | None:
        """Return the device that is shown under a key, or None."""
        return self._nodes.get(key)

    @callback
    def start(self) -> Unsubscribe:
        """Listen to the domain until the returned function is called."""
        subscribe = self._bus.subscribe
        return together(
            subscribe(TelemetryReceived, self._received),
            subscribe(TelemetryIdReused, self._id_reused),
            subscribe(DeadLettered, self._dead_lettered),
        )

    @callback
    def refresh(self) -> None:
        """Show what is to be shown by now: options and brokers may be others."""
        registry = self._registry
        wanted = [
            node for node in registry.nodes if registry.settings.shows(node.device_id)
        ]
        is_shown = bool(registry.sources or wanted)
        if is_shown and not self._is_shown:
            self._devices.put(QS_ID, translation_key=QS_ID, is_service=True)
            self._presenter.show(QS_ID, registry, _QS_PRESENTATIONS)
        self._is_shown = is_shown
        for key in self._nodes.keys() - {node_key(node.device_id) for node in wanted}:
            self.withdraw(key)
        for node in wanted:
            self._show(node)
        if not is_shown:
            self._presenter.withdraw(QS_ID)
            self._devices.remove(QS_ID)

    def key_of(self, device_id: str) -> str | None:
        """Return the key of a device that is shown."""
        return self._keys.get(device_id)

    @callback
    def withdraw(self, key: str) -> None:
        """Show a device no longer."""
        node = self._nodes.pop(key)
        self._keys.pop(node.device_id, None)
        self._presenter.withdraw(key)
        self._devices.remove(key)

    def _show(self, node: Node) -> None:
        key = self._keys.setdefault(node.device_id, node_key(node.device_id))
        self._nodes[key] = node
        self._devices.put(
            key,
            name=node.device_id,
            model="QS node",
            serial_number=node.device_id,
            mac=mac_of(node.device_id),
            above=QS_ID,
        )
        known = {
            entity.presentation.key: entity.presentation
            for entity in self._presenter.of(key)
        }
        known |= {item.key: item for item in present_node(node)}
        self._presenter.show(key, node, known.values())

    def _received(self, received: TelemetryReceived) -> None:
        event, registry = received.event, self._registry
        node = registry.nodes.get(event.device_id)
        if node is None or not registry.settings.shows(event.device_id):
            return
        key = self._keys.get(event.device_id)
        reading = None
        if event.value is not None:
            kind: Kind = "text" if isinstance(event.value, str) else "number"
            if (event.event_type, kind) in node.latest:
                reading = reading_key(event.event_type, kind)
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
        letter = event.letter
        entity = self._presenter.find(QS_ID, Platform.EVENT, DEAD_LETTER)
        if isinstance(entity, MaestraEventEntity):
            entity.fire(
                REFUSED,
                {
                    "id": letter.id,
                    "device_id": letter.device_id,
                    "topic": letter.topic,
                    "error": letter.error,
                    "index": letter.index,
                    "payload": letter.payload[:MAX_SHOWN_PAYLOAD],
                },
            )

    def _mark(self, owner_id: str, *keys: str) -> None:
        for key in keys:
            if entity := self._presenter.find(owner_id, Platform.SENSOR, key):
                self._writer.mark(entity)
