"""Actions on history: query, annotate, flush, import, and export into files."""

import asyncio
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import probatio

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.requirements import RequirementsNotFound, async_process_requirements
from homeassistant.util import dt as dt_util

from ...const import CONF_DATABASE, DOMAIN
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject
from ...core.store.export import (
    Export,
    Exported,
    ExportFailed,
    ExportFormat,
    Grown,
    export,
)
from ...core.store.ha_rows import SHOW_ANNOTATIONS
from ...core.store.imports import entity_patterns
from ...core.store.json_text import json_text, optional_text, plain_text
from ...core.store.store import Store
from ...hub.actions import JSON_OBJECT, Action, moment, refusal
from ...hub.files import FILENAME, export_folder
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from ...hub.targets import NAMES
from .importer import IMPORT_SOURCES, HistoryImporter, ImportRequest
from .link import StoreLink
from .queries import async_read_history, touched_by
from .request import ATTR_END, ATTR_START, HISTORY_FIELDS, SPAN_FIELDS, history_request

EXPORT_TIMEOUT: Final = 3600.0
"""Seconds; the server gives up then."""
# It weighs as much as the rest of Home Assistant's libraries together: installed with the first such file.
PARQUET_REQUIREMENTS: Final = ["pyarrow==26.0.1"]
ATTR_CATEGORY: Final = "category"
ATTR_DESCRIPTION: Final = "description"
ATTR_ENTITIES: Final = "entities"
ATTR_FILENAME: Final = "filename"
ATTR_FORMAT: Final = "format"
ATTR_KIND: Final = "kind"
ATTR_METADATA: Final = "metadata"
ATTR_OF: Final = "of"
ATTR_RESTART: Final = "restart"
ATTR_SCHEMA: Final = "schema"
ATTR_SOURCE: Final = "source"
ATTR_STATISTICS: Final = "statistics"
ATTR_TAGS: Final = "tags"
ATTR_TIME: Final = "time"
ATTR_TITLE: Final = "title"
ATTR_WAIT: Final = "wait"
_FLUSH: Final[VolDictType] = {}
_ANNOTATE: Final[VolDictType] = {
    probatio.Required(ATTR_TITLE): probatio.All(cv.string, probatio.Length(min=1)),
    probatio.Optional(ATTR_DESCRIPTION): cv.string,
    probatio.Optional(ATTR_CATEGORY, default="general"): cv.string,
    probatio.Optional(ATTR_TAGS, default=list): NAMES,
    probatio.Optional(ATTR_TIME): moment,
    probatio.Optional(ATTR_METADATA, default=dict): JSON_OBJECT,
}
_IMPORT: Final[VolDictType] = {
    probatio.Required(ATTR_SOURCE): probatio.In(IMPORT_SOURCES),
    probatio.Optional(ATTR_ENTITIES, default=list): NAMES,
    **SPAN_FIELDS,
    probatio.Optional(ATTR_STATISTICS, default=True): cv.boolean,
    probatio.Optional(CONF_DATABASE): cv.string,
    probatio.Optional(ATTR_SCHEMA, default="public"): cv.string,
    probatio.Optional(ATTR_RESTART, default=False): cv.boolean,
    probatio.Optional(ATTR_WAIT, default=False): cv.boolean,
}
_EXPORT: Final[VolDictType] = {
    probatio.Required(ATTR_KIND): cv.string,
    probatio.Optional(ATTR_OF, default=list): NAMES,
    **SPAN_FIELDS,
    probatio.Optional(ATTR_FORMAT, default=ExportFormat.CSV.value): probatio.All(
        probatio.In([form.value for form in ExportFormat]), ExportFormat
    ),
    probatio.Optional(ATTR_FILENAME): FILENAME,
}


async def async_export(
    hass: HomeAssistant,
    store: Store,
    what: Export,
    form: ExportFormat,
    name: str,
    grown: Grown = lambda size: None,
) -> tuple[Path, Exported]:
    """Write a file of this name (without its extension), in the place of one that is there; `grown` is told its size.

    Raises ExportFailed, StoreNotConnected, StoreTimeout.
    """
    if form is ExportFormat.PARQUET:
        try:
            await async_process_requirements(
                hass, DOMAIN, PARQUET_REQUIREMENTS, is_built_in=False
            )
        except RequirementsNotFound as error:
            raise ExportFailed(
                reason=f"{PARQUET_REQUIREMENTS[0]} can't be installed"
            ) from error
    path = export_folder(hass) / f"{name}.{form}"
    async with store.reading(EXPORT_TIMEOUT) as connection:
        return path, await export(connection, what, form, path, grown)


async def _query(hub: Hub, call: ServiceCall) -> JsonObject:
    """Return points or aggregates of a range."""
    request = history_request(hub.records, call.data)
    return await async_read_history(call.hass, request)


def _touched_by_query(hub: Hub, call: ServiceCall) -> Touched:
    return touched_by(history_request(hub.records, call.data).series)


async def _flush(hub: Hub, _call: ServiceCall) -> None:
    await _link(hub).store.flush()


def _annotate(hub: Hub, call: ServiceCall) -> JsonObject:
    """Note something on the time line; returns its id."""
    data, now, id_ = call.data, dt_util.utcnow(), str(uuid4())
    _link(hub).store.record(
        SHOW_ANNOTATIONS,
        (
            id_,
            data.get(ATTR_TIME, now),
            plain_text(data[ATTR_TITLE]),
            optional_text(data.get(ATTR_DESCRIPTION)),
            plain_text(data[ATTR_CATEGORY]),
            [plain_text(tag) for tag in data[ATTR_TAGS]],
            json_text(data[ATTR_METADATA]),
            now,
            now,
        ),
    )
    return {"id": id_}


async def _import(hub: Hub, call: ServiceCall) -> JsonObject:
    """Begin an import, or go on with one; returns how far it is."""
    data, importer = call.data, _link(hub).importer
    _check_span(data)
    task = await importer.start(
        ImportRequest(
            source=data[ATTR_SOURCE],
            entities=[plain_text(name) for name in data[ATTR_ENTITIES]],
            start=data.get(ATTR_START),
            end=data.get(ATTR_END, dt_util.utcnow()),
            database=data.get(CONF_DATABASE),
            schema=data[ATTR_SCHEMA],
            statistics=data[ATTR_STATISTICS],
            restart=data[ATTR_RESTART],
        )
    )
    if not data[ATTR_WAIT]:
        return _described(importer, running=True)
    # Whoever waits may be stopped; the import is not.
    await asyncio.wait([task])
    if task.cancelled():
        raise refusal("import_interrupted")
    task.result()
    return _described(importer, running=False)


async def _export(hub: Hub, call: ServiceCall) -> JsonObject:
    """Write a file; returns its path and size."""
    data, link = call.data, _link(hub)
    _check_span(data)
    kind, form = data[ATTR_KIND], data[ATTR_FORMAT]
    if kind not in hub.records.exports:
        known = ", ".join(hub.records.exports)
        raise InvalidField(field=ATTR_KIND, reason=f"must be one of {known}")
    usual = f"{kind} {dt_util.now():%Y-%m-%d %H.%M.%S}"
    what = Export(
        kind=hub.records.exports[kind],
        start=data.get(ATTR_START),
        end=data.get(ATTR_END),
        patterns=entity_patterns(map(plain_text, data[ATTR_OF])) or None,
    )
    name = data.get(ATTR_FILENAME, usual).removesuffix(f".{form}")
    written = await link.exporting(
        lambda grown: async_export(call.hass, link.store, what, form, name, grown)
    )
    if written is None:
        raise refusal("export_interrupted")
    path, done = written
    return {"path": str(path), "rows": done.rows, "bytes": done.size}


def _link(hub: Hub) -> StoreLink:
    if (link := hub.links.first(StoreLink)) is None:
        raise refusal("no_store")
    return link


def _check_span(data: dict[str, Any]) -> None:
    if ATTR_START in data and ATTR_END in data and data[ATTR_START] >= data[ATTR_END]:
        raise InvalidField(field=ATTR_END, reason="must be after the start")


def _described(importer: HistoryImporter, *, running: bool) -> JsonObject:
    progress = importer.progress
    position = progress.position
    return {
        "running": running,
        "read": progress.read,
        "written": progress.written,
        "total": progress.total,
        "position": None if position is None else position.isoformat(),
        "left_out": dict(progress.left_out),
        "unmatched": [*importer.unmatched],
    }


HISTORY_ACTIONS: Final = (
    Action(
        name="query_history",
        handler=_query,
        fields=HISTORY_FIELDS,
        needs=Needs.READ,
        touches=_touched_by_query,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="flush",
        handler=_flush,
        fields=_FLUSH,
        needs=Needs.CONTROL,
    ),
    Action(
        name="annotate",
        handler=_annotate,
        fields=_ANNOTATE,
        needs=Needs.CONTROL,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="import_history",
        handler=_import,
        fields=_IMPORT,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="export_history",
        handler=_export,
        fields=_EXPORT,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
)
