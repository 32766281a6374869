"""What happens to cue lists, on the bus."""

from dataclasses import dataclass

from .cue_list import Cue


@dataclass(slots=True, eq=False)
class CueStarted:
    """A cue went: by hand, or `is_automatic`."""

    list_id: str
    cue: Cue
    is_automatic: bool


@dataclass(slots=True, eq=False)
class CueEnded:
    """A cue is complete; `is_last` where the list is at its end with it."""

    list_id: str
    cue: Cue
    is_last: bool


@dataclass(slots=True, eq=False)
class CueFailed:
    """A cue that had to go by itself was refused."""

    list_id: str
    cue: Cue
    reason: str


@dataclass(slots=True, eq=False)
class Panicked:
    """Everything of a list was brought to its safe state."""

    list_id: str


@dataclass(slots=True, eq=False)
class CueListChanged:
    """A list, or where it stands, is another: what is shown of it is to be shown anew. `is_gone` for one that was removed."""

    list_id: str
    is_gone: bool = False


@dataclass(slots=True, eq=False)
class CueListReplaced:
    """Another version takes the place of a list, which is kept."""

    list_id: str


@dataclass(slots=True, eq=False)
class ScheduleChanged:
    """A change that has a time was added, or has begun, or was taken away."""
