"""What a worker takes, and how it is to be understood: as Home Assistant's side says, in a form that TOML and JSON both have."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from secrets import token_bytes
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import probatio

from ..domain.errors import MaestraError
from ..f2.decoding import F2Settings
from ..f2.grammar import F2Malformed, parse_mac
from ..f2.wiring import Wiring, wiring_from_json
from ..iss.catalogue import STATE_VECTOR, TIME
from ..iss.session import PUBLIC_FEED, SILENCE, IssSettings
from ..nats.partition import StreamSettings
from ..qs.registry import Mismatch, QsSettings

MAX_CONTROLLERS: Final = 10_000
MAX_NAME: Final = 255
MAX_CHANNELS: Final = 1_000
SALT_BYTES: Final = 16

_TEXT: Final = probatio.All(str, probatio.Length(1, MAX_NAME))
_NUMBERS: Final = {probatio.Extra: probatio.All(int, probatio.Range(1, 2**31 - 1))}


def _zone(name: Any) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise probatio.Invalid(f"{name!r} is no time zone") from error


def _wiring(data: Any) -> Wiring:
    try:
        return wiring_from_json(data)
    except MaestraError as error:
        raise probatio.Invalid(str(error)) from error


def _mac(text: Any) -> str:
    try:
        return parse_mac(text)
    except (F2Malformed, TypeError, AttributeError) as error:
        raise probatio.Invalid(f"{text!r} is no MAC address") from error


# Who publishes at QoS 0, or not over MQTT, is in another stream than the others.
_OF_STREAM: Final = {"stream": _TEXT, "prefix": str}
_CONTROLLER: Final[dict[Any, Any]] = {
    probatio.Optional("name", default=""): probatio.All(
        str, probatio.Length(max=MAX_NAME)
    ),
    probatio.Optional("zone", default=None): probatio.Any(None, _zone),
    probatio.Required("wiring"): _wiring,
}
DIALECTS: Final[dict[Any, Any]] = {
    probatio.Optional("qs", default=dict): {
        **_OF_STREAM,
        "zone": _zone,
        "mismatch": probatio.Coerce(Mismatch),
    },
    "f2": {
        **_OF_STREAM,
        probatio.Optional("zone", default=UTC): probatio.Any(UTC, _zone),
        probatio.Optional("templates", default=list): [dict],
        probatio.Optional("numbers", default=dict): {
            probatio.Optional("sensors", default=dict): _NUMBERS,
            probatio.Optional("datapoints", default=dict): _NUMBERS,
        },
        probatio.Optional("controllers", default=dict): probatio.All(
            {probatio.Extra: _CONTROLLER}, probatio.Length(max=MAX_CONTROLLERS)
        ),
    },
    "reports": {**_OF_STREAM},
    "iss": {
        probatio.Optional("url", default=PUBLIC_FEED): _TEXT,
        probatio.Required("channels"): probatio.All(
            [_TEXT], probatio.Length(1, MAX_CHANNELS)
        ),
        probatio.Optional("position", default=False): bool,
        probatio.Optional("silence", default=SILENCE): probatio.All(
            probatio.Coerce(float), probatio.Range(1, 86_400)
        ),
        probatio.Optional("feed", default=""): str,
    },
}
"""The sections of settings that are about dialects; of those that are left out, but for QS, nothing is taken."""


@dataclass(frozen=True, kw_only=True)
class F2Setup:
    """A controller; `zone` is that of its clock, where it is another than the others'."""

    mac: str
    name: str
    zone: tzinfo | None
    wiring: Wiring


@dataclass(frozen=True, kw_only=True)
class Dialects:
    """What is taken, and out of which stream. None: not taken."""

    qs: QsSettings
    qs_stream: StreamSettings
    f2: F2Settings | None = None
    f2_stream: StreamSettings
    controllers: tuple[F2Setup, ...] = field(default=(), repr=False)
    reports_stream: StreamSettings | None = None
    iss: IssSettings | None = None


def read_dialects(checked: Mapping[str, Any], stream: StreamSettings) -> Dialects:
    """Make settings of what `DIALECTS` has checked; raises probatio.Invalid. `stream` is that of all that name no other."""
    qs, f2, reports = checked["qs"], checked.get("f2"), checked.get("reports")
    iss = checked.get("iss")
    controllers = tuple(
        F2Setup(mac=_mac(mac), **facts)
        for mac, facts in (f2["controllers"] if f2 else {}).items()
    )
    return Dialects(
        qs=QsSettings(**_without_stream(qs)),
        qs_stream=_stream_of(qs, stream),
        f2=None if f2 is None else _f2_settings(f2, controllers),
        f2_stream=_stream_of(f2 or {}, stream),
        controllers=controllers,
        reports_stream=None if reports is None else _stream_of(reports, stream),
        iss=None if iss is None else _iss_settings(iss),
    )


def _f2_settings(
    data: Mapping[str, Any], controllers: tuple[F2Setup, ...]
) -> F2Settings:
    # No card is read here, and no hash made.
    settings = F2Settings(salt=token_bytes(SALT_BYTES), zone=data["zone"])
    try:
        settings.templates.load(data["templates"])
    except MaestraError as error:
        raise probatio.Invalid(f"templates: {error}") from error
    numbers = data["numbers"]
    settings.numbers.restore(numbers)
    # Rows have numbers for names. They are Home Assistant's to give: two would give the same to different things.
    for controller in controllers:
        for wired in controller.wiring:
            if template := settings.templates.get(wired.template):
                _check_number(numbers["sensors"], f"{controller.mac}/{wired.path}")
                for datapoint in template.datapoints:
                    _check_number(
                        numbers["datapoints"], f"{template.id}/{datapoint.id}"
                    )
    return settings


def _check_number(numbers: Mapping[str, int], name: str) -> None:
    if name not in numbers:
        raise probatio.Invalid(f"numbers: {name} has none")


def _iss_settings(data: Mapping[str, Any]) -> IssSettings:
    channels = [TIME, *(STATE_VECTOR if data["position"] else ()), *data["channels"]]
    return IssSettings(
        url=data["url"],
        channels=tuple(dict.fromkeys(channels)),
        silence=data["silence"],
        feed=data["feed"],
    )


def _stream_of(data: Mapping[str, Any], stream: StreamSettings) -> StreamSettings:
    return replace(stream, **{key: data[key] for key in _OF_STREAM if key in data})


def _without_stream(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in _OF_STREAM}
