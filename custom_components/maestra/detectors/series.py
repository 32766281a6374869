"""How a series is named in the settings of a detector, and where the store has it: `iss:NODE3000005`, `ha:sensor.power`."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ..domain.errors import InvalidField
from ..store.series import (
    DATAPOINT,
    ENTITY,
    EVENT,
    HA,
    METRIC,
    TELEMETRY,
    Series,
    SeriesKind,
    read_series,
)

ISS_PREFIX: Final = "iss"
ENTITY_PREFIX: Final = "entity"
HA_PREFIX: Final = "ha"
QS_PREFIX: Final = "qs"
METRIC_PREFIX: Final = "metric"
F2_PREFIX: Final = "f2"


class Form(NamedTuple):
    """How the series of one source are written: the store's kind, and what parts their address."""

    kind: SeriesKind
    separator: str = ""


FORMS: Final[Mapping[str, Form]] = {
    ISS_PREFIX: Form(TELEMETRY),
    HA_PREFIX: Form(HA),
    ENTITY_PREFIX: Form(ENTITY, "."),
    QS_PREFIX: Form(EVENT, "/"),
    METRIC_PREFIX: Form(METRIC, "/"),
    F2_PREFIX: Form(DATAPOINT, "/"),
}


def stored_series(name: str) -> Series:
    """Return where the store has a series; raises InvalidField for what names none."""
    prefix, _, rest = name.strip().partition(":")
    if (form := FORMS.get(prefix)) is None:
        known = ", ".join(FORMS)
        raise InvalidField(field="series", reason=f"must begin with one of: {known}")
    parts = rest.split(form.separator, 1) if form.separator else [rest]
    fields = form.kind.fields
    if len(parts) != len(fields) or not all(parts):
        expected = (form.separator or " ").join(f"<{field}>" for field in fields)
        raise InvalidField(field="series", reason=f"must be {prefix}:{expected}")
    return read_series(dict(zip(fields, parts, strict=True)))


def normal_series(name: str) -> str:
    """Return the one way to write a series; raises InvalidField."""
    series = stored_series(name)
    prefix = name.strip().partition(":")[0]
    return f"{prefix}:{FORMS[prefix].separator.join(series.address)}"


def channel_of(name: str) -> str:
    """Return what the store calls the series of an event: a channel of the ISS by its own name."""
    return name.removeprefix(f"{ISS_PREFIX}:")
