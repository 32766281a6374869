"""What cards follow of databases: how rows get there, imports and exports, and how large the tables are."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ...core.bus import Unsubscribe
from ...core.domain.clock import optional_wire_time
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.store.export import ExportFormat
from ...hub.hub import Hub
from ...hub.live import Live, differing, live_command, telling_all
from ...hub.permissions import Needs, may
from .importer import IMPORT_SOURCES, HistoryImporter
from .link import StoreLink

TICK: Final = timedelta(seconds=1)


class LiveStores:
    """The figures of each database, by the id of its connection. They are read once a second while somebody looks."""

    def __init__(self, hub: Hub, user: User, _msg: dict[str, Any]) -> None:
        """Know who looks: why a database is away, and where it is, is for administrators."""
        self._hub = hub
        self._user = user

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids."""
        return (link.id for link in self._hub.links.of(StoreLink))

    def show(self, key: str) -> JsonObject | None:
        """Return the figures of a database; `lag` is in seconds, `size` in bytes and None until it is known."""
        link = self._hub.links.get(key)
        if not isinstance(link, StoreLink):
            return None
        store = link.store
        return {
            "title": link.title,
            "state": store.state.value,
            "tier": store.server.tier.value if store.server else None,
            "version": f"{link.model} {link.sw_version}" if store.server else None,
            "reason": link.reason if self._user.is_admin else None,
            "rows_per_second": round(store.rows_per_second, 1),
            "lag": round(store.lag, 1),
            "waiting": store.queue_depth,
            "spool_rows": store.spool_rows,
            "spool_bytes": store.spool_bytes,
            "spool_fill": round(store.spool_fill, 3),
            "size": store.database_size,
            **{
                name: store.counters[name]
                for name in ("rows_written", "rows_rejected", "rows_dropped")
            },
            "compress_after_days": _days(store.lifetimes.compress_after),
            "can_flush": may(self._user, Needs.CONTROL),
            "exported": link.exported,
            "import": _import(link.importer),
            "exports": list[JsonValue](self._hub.records.exports),
            "formats": [form.value for form in ExportFormat],
            "sources": list[JsonValue](IMPORT_SOURCES),
        }

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` once a second with every database."""
        return async_track_time_interval(
            self._hub.hass, telling_all(self, changed), TICK
        )


class LiveTables:
    """The tables of all databases that grow, by connection and name. Who looks first lets the database be asked, for all."""

    def __init__(self, hub: Hub, _user: User, _msg: dict[str, Any]) -> None:
        """Know none yet."""
        self._hub = hub
        self._shown: dict[str, JsonObject] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._shown)

    def show(self, key: str) -> JsonObject | None:
        """Return a table: bytes, since when it has rows, how long they are kept (None: for ever), and how large what is compressed was and is."""
        return self._shown.get(key)

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with what is larger or smaller than before."""

        @callback
        def look(_now: object) -> None:
            before, self._shown = self._shown, self._found()
            for key in differing(before, self._shown):
                changed(key)

        self._shown = self._found()
        return async_track_time_interval(self._hub.hass, look, TICK)

    def _found(self) -> dict[str, JsonObject]:
        found: dict[str, JsonObject] = {}
        for link in self._hub.links.of(StoreLink):
            store, sizes = link.store, link.store.table_sizes
            if sizes.is_due and store.server:
                _ = self._hub.entry.async_create_background_task(
                    self._hub.hass,
                    sizes.look(store.server.tier),
                    "maestra table sizes",
                )
            for name, size in sizes.found.items():
                found[f"{link.id}/{name}"] = {
                    "store": link.id,
                    "name": name,
                    "bytes": size.bytes,
                    "oldest": optional_wire_time(size.oldest),
                    "kept_days": _days(size.lifetime(store.lifetimes)),
                    "before": size.before,
                    "after": size.after,
                }
        return found


def _import(importer: HistoryImporter) -> JsonObject | None:
    """Return how far an import is; None where there is none."""
    if (source := importer.source) is None:
        return None
    progress = importer.progress
    return {
        "source": source,
        "read": progress.read,
        "written": progress.written,
        "total": progress.total,
        "position": optional_wire_time(progress.position),
    }


def _days(lifetime: timedelta | None) -> int | None:
    return None if lifetime is None else lifetime.days


STORE_COMMANDS: Final = tuple(
    map(
        live_command,
        (
            Live(command="store", needs=Needs.READ, view=LiveStores),
            Live(command="store_tables", needs=Needs.READ, view=LiveTables),
        ),
    )
)
"""WebSocket commands that cards follow."""
