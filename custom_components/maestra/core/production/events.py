"""Events on the bus about productions: what is shown, what took over, which show is on, what has happened on the stream."""

from dataclasses import dataclass

from .context import ContextRecord
from .items import Item
from .layers import Layer
from .stream_events import StreamEvent


@dataclass(frozen=True, slots=True)
class ProductionChanged:
    """The queue, or anything else of a production, is not as it was."""

    production: str


@dataclass(frozen=True, slots=True)
class LayerChanged:
    """A layer does something else, or shows something else."""

    production: str
    layer: Layer


@dataclass(frozen=True, slots=True)
class AlertShown:
    """An item of the queue is on for the first time."""

    production: str
    item: Item


@dataclass(frozen=True, slots=True)
class TakeoverStarted:
    """Something is shown in place of all else."""

    production: str
    item: Item


@dataclass(frozen=True, slots=True)
class TakeoverEnded:
    """What was shown in place of all else is gone; `reason` is `cleared`, `expired` or `replaced`."""

    production: str
    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class ShowChanged:
    """Another show is on."""

    production: str
    show: str
    previous: str


@dataclass(frozen=True, slots=True)
class StreamHappening:
    """Something has happened on the stream."""

    production: str
    event: StreamEvent


@dataclass(frozen=True, slots=True)
class ContextRecorded:
    """What was said and what has happened in a while is put together."""

    record: ContextRecord


@dataclass(frozen=True, slots=True)
class StreamReported:
    """A source tells what has happened on the stream of a production, or of all of them: productions take it in."""

    event: StreamEvent
    production: str | None = None


@dataclass(frozen=True, slots=True)
class LiveSeen:
    """A source, as `obs`, is seen to stream, or not to, after nobody has seen it for a while."""

    source: str
    is_live: bool
    production: str | None = None
