"""What a topic keeps in the store, and the catalogue of all of it: tables, rollups, exports, series, feeds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.errors import InvalidField
from .export import ExportKind
from .held import rollup_pairs
from .rollups import RollupPair
from .series import Feed, Series, SeriesKind
from .tables import Record, Table

SHIPPED: Final = Path(__file__).parent / "schema"
"""The numbered migrations: they make the tables of the topics that Maestra began with."""


class Recorder(Protocol):
    """Makes rows of what is published on the bus."""

    def start(self) -> Unsubscribe:
        """Record until the returned function is called."""


@dataclass(frozen=True, kw_only=True)
class StoreTopic:
    """What one topic keeps. `recorder` takes the domain, what rows go to, and the name of the store's writer."""

    tables: tuple[Table, ...] = ()
    recorder: Callable[[Domain, Record, str], Recorder] | None = None
    exports: Mapping[str, ExportKind] = field(default_factory=dict)
    happenings: Mapping[str, str] = field(default_factory=dict)
    """What a time line shows, by kind: queries that take the first time, the time behind the last, and how many.

    They yield `time` (seconds since 1970), `title`, `detail`, `severity` and `of` (whom it befell), the newest first.
    """
    series: tuple[SeriesKind, ...] = ()
    feeds: tuple[Feed, ...] = ()
    """What detectors can follow."""
    migrations: Path | None = None
    """A folder with the SQL files that make the tables; None where they are made as they are described."""


class Catalogue:
    """All that some topics keep. Tables are in the order in which a batch writes them: as the topics, and as in each."""

    def __init__(self, topics: Iterable[StoreTopic]) -> None:
        """Take in topics; raises ValueError where two use the same name."""
        self.topics: Final = tuple(topics)
        self.tables: Final[Mapping[str, Table]] = _by_name(
            "table",
            ((table.name, table) for topic in self.topics for table in topic.tables),
        )
        self.exports: Final[Mapping[str, ExportKind]] = _by_name(
            "export", (pair for topic in self.topics for pair in topic.exports.items())
        )
        self.happenings: Final[Mapping[str, str]] = _by_name(
            "happening",
            (pair for topic in self.topics for pair in topic.happenings.items()),
        )
        self.feeds: Final[Mapping[str, Feed]] = _by_name(
            "feed",
            ((feed.prefix, feed) for topic in self.topics for feed in topic.feeds),
        )
        self.rollups: Final[tuple[RollupPair, ...]] = rollup_pairs(self.tables.values())
        kinds = [kind for topic in self.topics for kind in topic.series]
        _by_name("series kind", ((kind.name, kind) for kind in kinds))
        self._kinds = _by_name(
            "series address", ((frozenset(kind.fields), kind) for kind in kinds)
        )
        for kind in kinds:
            if self.tables.get(kind.table.name) is not kind.table:
                raise ValueError(f"series {kind.name} is of an unknown table")
        self.made_here: Final = tuple(
            table
            for topic in self.topics
            if topic.migrations is None
            for table in topic.tables
            if table.is_stored
        )
        """The tables that no SQL file makes."""
        self.migrations: Final = tuple(
            dict.fromkeys(
                (
                    SHIPPED,
                    *(topic.migrations for topic in self.topics if topic.migrations),
                )
            )
        )
        """The folders with SQL files, the numbered ones first."""

    @property
    def kinds(self) -> Iterable[SeriesKind]:
        """The kinds of series that can be asked for."""
        return self._kinds.values()

    def recorder(self, domain: Domain, record: Record, writer: str = "") -> Recorder:
        """Return what records all topics; `writer` is what the store calls itself in its database."""
        return _Recorders(
            [
                topic.recorder(domain, record, writer)
                for topic in self.topics
                if topic.recorder
            ]
        )

    def read_series(self, address: object) -> Series:
        """Return the series that is asked for as a text, or as an object with the fields of its kind.

        Raises InvalidField.
        """
        if isinstance(address, str):
            address = {kind.fields[0]: address for kind in self.kinds if kind.is_plain}
        if not isinstance(address, Mapping):
            raise InvalidField(
                field="series", reason="must be an entity id or an object"
            )
        kind = self._kinds.get(frozenset(map(str, address)))
        if kind is None:
            known = ", ".join(" and ".join(kind.fields) for kind in self.kinds)
            raise InvalidField(field="series", reason=f"must have one of: {known}")
        return kind.series(*(address[field] for field in kind.fields))


class _Recorders:
    def __init__(self, recorders: Iterable[Recorder]) -> None:
        self._recorders = tuple(recorders)

    def start(self) -> Unsubscribe:
        return together(*[recorder.start() for recorder in self._recorders])


def _by_name[K, V](what: str, pairs: Iterable[tuple[K, V]]) -> dict[K, V]:
    found: dict[K, V] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"two topics have the {what} {name}")
        found[name] = value
    return found
