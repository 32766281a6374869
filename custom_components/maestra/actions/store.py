"""Actions on the store: what is recorded, brought in, taken out and noted."""

import asyncio
import re
from typing import Any, Final
from uuid import uuid4

import probatio

from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util

from ..const import CONF_DATABASE
from ..domain.errors import InvalidField
from ..domain.json_types import JsonObject
from ..history_export import async_export
from ..history_import import IMPORT_SOURCES, ImportRequest
from ..history_request import ATTR_END, ATTR_START, moment
from ..runtime import MaestraRuntime
from ..store.export import Export, ExportFormat
from ..store.export_kinds import EXPORT_KINDS
from ..store.imports import Progress, entity_patterns
from ..store.json_text import json_text, optional_text, plain_text
from ..store.tables import SHOW_ANNOTATIONS
from ..store_link import StoreLink
from ..targets import NAMES
from .action import JSON_OBJECT, Action, calling_user, refusal
from .entities import ATTR_DESCRIPTION, ATTR_METADATA, ATTR_TAGS

ATTR_CATEGORY: Final = "category"
ATTR_ENTITIES: Final = "entities"
ATTR_FILENAME: Final = "filename"
ATTR_FORMAT: Final = "format"
ATTR_KIND: Final = "kind"
ATTR_OF: Final = "of"
ATTR_RESTART: Final = "restart"
ATTR_SCHEMA: Final = "schema"
ATTR_SOURCE: Final = "source"
ATTR_STATISTICS: Final = "statistics"
ATTR_TIME: Final = "time"
ATTR_TITLE: Final = "title"
ATTR_WAIT: Final = "wait"

# Nothing that a file system reads as more than a name.
_FILENAME: Final = probatio.All(
    cv.string,
    probatio.Match(
        re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()+-]{0,99}\Z"),
        msg="must be a name without a path, of letters, digits, spaces and ._()+-",
    ),
)
_SPAN: Final[VolDictType] = {
    probatio.Optional(ATTR_START): moment,
    probatio.Optional(ATTR_END): moment,
}
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
    **_SPAN,
    probatio.Optional(ATTR_STATISTICS, default=True): cv.boolean,
    probatio.Optional(CONF_DATABASE): cv.string,
    probatio.Optional(ATTR_SCHEMA, default="public"): cv.string,
    probatio.Optional(ATTR_RESTART, default=False): cv.boolean,
    probatio.Optional(ATTR_WAIT, default=False): cv.boolean,
}
_EXPORT: Final[VolDictType] = {
    probatio.Required(ATTR_KIND): probatio.In(list(EXPORT_KINDS)),
    probatio.Optional(ATTR_OF, default=list): NAMES,
    **_SPAN,
    probatio.Optional(ATTR_FORMAT, default=ExportFormat.CSV.value): probatio.All(
        probatio.In([form.value for form in ExportFormat]), ExportFormat
    ),
    probatio.Optional(ATTR_FILENAME): _FILENAME,
}


async def _flush(runtime: MaestraRuntime, _call: ServiceCall) -> None:
    await _link(runtime).store.flush()


def _annotate(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Note something on the time line; returns its id."""
    data, now, id_ = call.data, dt_util.utcnow(), str(uuid4())
    _link(runtime).store.record(
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


async def _import(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Begin an import, or go on with one; returns how far it is."""
    await _check_admin(call)
    data, importer = call.data, _link(runtime).importer
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
        return _told(importer.progress, running=True)
    # Whoever waits may be stopped; the import is not.
    await asyncio.wait([task])
    if task.cancelled():
        raise refusal("import_interrupted")
    return _told(task.result(), running=False)


async def _export(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Write a file; returns its path and size."""
    await _check_admin(call)
    data, link = call.data, _link(runtime)
    _check_span(data)
    kind, form = data[ATTR_KIND], data[ATTR_FORMAT]
    usual = f"{kind} {dt_util.now():%Y-%m-%d %H.%M.%S}"
    what = Export(
        kind=EXPORT_KINDS[kind],
        start=data.get(ATTR_START),
        end=data.get(ATTR_END),
        patterns=entity_patterns(map(plain_text, data[ATTR_OF])) or None,
    )
    name = data.get(ATTR_FILENAME, usual).removesuffix(f".{form}")
    path, done = await async_export(call.hass, link.store, what, form, name)
    return {"path": str(path), "rows": done.rows, "bytes": done.size}


def _link(runtime: MaestraRuntime) -> StoreLink:
    if runtime.store is None:
        raise refusal("no_store")
    return runtime.store


async def _check_admin(call: ServiceCall) -> None:
    """Let automations and administrators pass: it concerns all entities, whoever may see them."""
    user = await calling_user(call)
    if user is not None and not user.is_admin:
        raise Unauthorized(context=call.context)


def _check_span(data: dict[str, Any]) -> None:
    if ATTR_START in data and ATTR_END in data and data[ATTR_START] >= data[ATTR_END]:
        raise InvalidField(field=ATTR_END, reason="must be after the start")


def _told(progress: Progress, *, running: bool) -> JsonObject:
    position = progress.position
    return {
        "running": running,
        "read": progress.read,
        "written": progress.written,
        "position": None if position is None else position.isoformat(),
    }


STORE_ACTIONS: Final = (
    Action(name="flush", handler=_flush, fields=_FLUSH),
    Action(
        name="annotate",
        handler=_annotate,
        fields=_ANNOTATE,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="import_history",
        handler=_import,
        fields=_IMPORT,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="export_history",
        handler=_export,
        fields=_EXPORT,
        response=SupportsResponse.OPTIONAL,
    ),
)
