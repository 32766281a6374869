"""What the journal keeps of QS: devices, their latest values, and dead letters, each for itself."""

from collections.abc import Iterator
from typing import Any, Final

from ..domain import Domain
from ..domain.snapshot import WHOLE
from ..journal.changes import Change, Find, Kept
from .codec import topic_device
from .events import (
    DeadLettered,
    DeadLetterTaken,
    FormerFileRead,
    TelemetryIdReused,
    TelemetryReceived,
)
from .nodes import Kind, Latest, Node, NodeForgotten, kind_of
from .registry import QsRegistry

NODES: Final = "qs_nodes"
VALUES: Final = "qs_values"
DEAD_LETTERS: Final = "qs_dead_letters"
"""By their ids; how many there have been is kept with them."""


def kept_of(registry: QsRegistry) -> Kept:
    """Return what is to be kept of what QS sources share."""
    nodes, letters = registry.nodes, registry.dead_letters

    def received(_: Domain, event: TelemetryReceived) -> tuple[Change, ...]:
        told = event.event
        if (node := nodes.get(told.device_id)) is None:
            return ()
        if told.value is not None:
            place = told.event_type, kind_of(told.value)
            if latest := node.latest.get(place):
                return _node(node), _value(node, place, latest)
        return (_node(node),)

    def id_reused(_: Domain, event: TelemetryIdReused) -> Iterator[Change]:
        if node := nodes.get(event.device_id):
            yield _node(node)

    def forgotten(_: Domain, event: NodeForgotten) -> Iterator[Change]:
        node = event.node
        yield Change(NODES, node.device_id, None)
        for place in node.latest:
            yield _value(node, place, None)

    def dead_lettered(_: Domain, event: DeadLettered) -> Iterator[Change]:
        if event.replaced is not None:
            yield Change(DEAD_LETTERS, event.replaced, None)
        yield Change(DEAD_LETTERS, event.letter.id, event.letter)
        yield Change(DEAD_LETTERS, WHOLE, letters.total)
        if node := nodes.get(topic_device(event.letter.topic)):
            yield _node(node)

    def everything(_domain: Domain, _event: FormerFileRead) -> Iterator[Change]:
        for node in nodes:
            yield _node(node)
            for place, latest in node.latest.items():
                yield _value(node, place, latest)
        for letter in reversed(list(letters)):
            yield Change(DEAD_LETTERS, letter.id, letter)
        yield Change(DEAD_LETTERS, WHOLE, letters.total)

    changes: dict[type, Find] = {
        TelemetryReceived: received,
        TelemetryIdReused: id_reused,
        NodeForgotten: forgotten,
        DeadLettered: dead_lettered,
        DeadLetterTaken: lambda _, event: (
            Change(DEAD_LETTERS, event.letter_id, None),
        ),
        FormerFileRead: everything,
    }

    def restore_node(device_id: str, saved: Any) -> None:
        if node := nodes.of(device_id):
            node.restore(saved)

    def restore_value(key: str, saved: Any) -> None:
        # No id of a device has a slash in it.
        device_id, _, event_type = key.split("/", 2)
        if node := nodes.of(device_id):
            node.restore_latest(event_type, **saved)

    def restore_letter(key: str, saved: Any) -> None:
        if key == WHOLE:
            letters.total = saved
        else:
            letters.restore(saved)

    return Kept(
        sections={
            NODES: restore_node,
            VALUES: restore_value,
            DEAD_LETTERS: restore_letter,
        },
        changes=changes,
    )


def _node(node: Node) -> Change:
    return Change(NODES, node.device_id, node.facts())


def _value(node: Node, place: tuple[str, Kind], latest: Latest | None) -> Change:
    event_type, kind = place
    return Change(VALUES, f"{node.device_id}/{kind}/{event_type}", latest)
