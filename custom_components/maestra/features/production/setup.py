"""From a `production` subentry to what a production can show."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ...const import (
    CONF_CONTENT_TYPES,
    CONF_SHOWS,
    CONF_TEMPLATES,
    CONF_TICKER_INTERVAL,
)
from ...core.domain.errors import InvalidField
from ...core.domain.names import checked_name, checked_slug, slugify
from ...core.production.items import MAX_DURATION
from ...core.production.layers import Layer
from ...core.production.production import MAX_PRIORITY
from ...core.production.shows import (
    CONTENT_KINDS,
    SHOWS,
    TICKER_INTERVAL,
    ContentKind,
    ProductionSettings,
    Show,
)
from ...core.production.templates import ContentTemplate, Look, checked_template

ROW_CATEGORIES: Final = "categories"
ROW_DURATION: Final = "duration"
ROW_EXTENDABLE: Final = "extendable"
ROW_LOOK: Final = "look"
ROW_NAME: Final = "name"
ROW_PRIORITY: Final = "priority"
ROW_TEXT: Final = "text"
ROW_TICKER: Final = "ticker"
ROW_TITLE: Final = "title"
ROW_TYPE: Final = "type"
ROW_WORDS: Final = "words"
MAX_ROWS: Final = 50
MAX_CONTENTS: Final = 50
"""Of one layer, or of the ticker, of a show."""


def production_settings(data: Mapping[str, Any]) -> ProductionSettings:
    """Return what a subentry says; raises InvalidField.

    Its rows come on top of what Maestra brings, and stand in for what has the same name there.
    """
    shows = [_show(row) for row in _rows(data, CONF_SHOWS)]
    kinds = dict(_kind(row) for row in _rows(data, CONF_CONTENT_TYPES))
    return ProductionSettings(
        shows={**SHOWS, **{show.key: show for show in shows}},
        kinds={**CONTENT_KINDS, **kinds},
        templates=dict(_template(row) for row in _rows(data, CONF_TEMPLATES)),
        ticker_interval=float(data.get(CONF_TICKER_INTERVAL, TICKER_INTERVAL)),
    )


def _rows(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = data.get(key, [])
    if len(rows) > MAX_ROWS:
        raise InvalidField(field=key, reason=f"more than {MAX_ROWS} rows")
    return rows


def _show(row: Mapping[str, Any]) -> Show:
    name = checked_name(row[ROW_NAME].strip(), ROW_NAME, 100)
    key = slugify(name).replace("-", "_")
    if not key:
        raise InvalidField(field=ROW_NAME, reason="must have letters or digits")
    return Show(
        key=key,
        name=name,
        layers={content: layer for layer in Layer for content in _contents(row, layer)},
        ticker=tuple(_contents(row, ROW_TICKER)),
        categories=frozenset(_texts(row, ROW_CATEGORIES)),
        words=tuple(
            frozenset(words.casefold().split()) for words in _texts(row, ROW_WORDS)
        ),
    )


def _contents(row: Mapping[str, Any], key: str) -> Iterable[str]:
    found = _texts(row, key)
    if len(found) > MAX_CONTENTS:
        raise InvalidField(field=key, reason=f"more than {MAX_CONTENTS} types")
    return [checked_slug(each, key) for each in found]


def _texts(row: Mapping[str, Any], key: str) -> list[str]:
    return [text.strip() for text in row.get(key, ()) if text.strip()]


def _kind(row: Mapping[str, Any]) -> tuple[str, ContentKind]:
    priority, duration = float(row[ROW_PRIORITY]), float(row[ROW_DURATION])
    if not 0 <= priority <= MAX_PRIORITY:
        raise InvalidField(field=ROW_PRIORITY, reason=f"must be 0 to {MAX_PRIORITY}")
    if not 1 <= duration <= MAX_DURATION:
        raise InvalidField(
            field=ROW_DURATION, reason=f"must be 1 to {MAX_DURATION:g} seconds"
        )
    return checked_slug(row[ROW_TYPE].strip(), ROW_TYPE), ContentKind(
        priority=int(priority),
        duration=duration,
        is_extendable=bool(row.get(ROW_EXTENDABLE)),
    )


def _template(row: Mapping[str, Any]) -> tuple[str, ContentTemplate]:
    kind = checked_slug(row[ROW_TYPE].strip(), ROW_TYPE)
    words = (row.get(ROW_TITLE) or "", row.get(ROW_TEXT) or "")
    return kind, checked_template(*words, row.get(ROW_LOOK) or Look.PANEL)
