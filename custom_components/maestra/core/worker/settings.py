"""The settings of a worker: a TOML file, secrets from the environment, and what all workers share from a bucket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
import re
import socket
import tomllib
from typing import Any, Final

import probatio

from ..domain.json_values import JsonObject
from ..nats.client import NatsSettings
from ..nats.partition import StreamSettings
from ..store.settings import StoreSettings, TlsMode
from ..transport.tls import TlsSettings
from .dialects import DIALECTS, Dialects, read_dialects

NATS_PORT: Final = 4222
MAX_SERVERS: Final = 16
HTTP_PORT: Final = 9464
"""As the exporters of OpenTelemetry have it."""
DATABASE_PASSWORD: Final = "MAESTRA_DATABASE_PASSWORD"
SECRETS: Final[Mapping[str, tuple[str, str]]] = {
    "MAESTRA_NATS_TOKEN": ("nats", "token"),
    "MAESTRA_NATS_PASSWORD": ("nats", "password"),
    "MAESTRA_NATS_SEED": ("nats", "seed"),
    DATABASE_PASSWORD: ("database", "password"),
}
"""Variables that go before what the file says."""

_PORT: Final = probatio.All(int, probatio.Range(1, 65_535))
_TEXT: Final = probatio.All(str, probatio.Length(1, 255))
_COUNT: Final = probatio.All(int, probatio.Range(1, 1_000_000))
_SECONDS: Final = probatio.All(
    probatio.Any(int, float), probatio.Coerce(float), probatio.Range(0.1, 3_600)
)


def _address(text: Any) -> tuple[str, int]:
    host, colon, port = str(text).rpartition(":")
    if not (host and colon and port.isdecimal() and 0 < int(port) < 65_536):
        raise probatio.Invalid(f"{text!r} is not a host and a port")
    return host.removeprefix("[").removesuffix("]"), int(port)


_OWN: Final[dict[Any, Any]] = {
    probatio.Optional("name", default=socket.gethostname): _TEXT,
    probatio.Optional("bucket", default=None): probatio.Any(
        None, probatio.All(str, probatio.Match(r"^[A-Za-z0-9_-]{1,64}$"))
    ),
    probatio.Optional("nats", default=dict): {
        probatio.Optional("host", default="127.0.0.1"): _TEXT,
        probatio.Optional("port", default=NATS_PORT): _PORT,
        "servers": probatio.All([_address], probatio.Length(1, MAX_SERVERS)),
        "token": _TEXT,
        "user": _TEXT,
        "password": _TEXT,
        "seed": _TEXT,
        "tls": bool,
        "ca": _TEXT,
    },
    probatio.Optional("http", default=dict): {
        probatio.Optional("host", default="127.0.0.1"): _TEXT,
        probatio.Optional("port", default=HTTP_PORT): probatio.All(
            int, probatio.Range(0, 65_535)
        ),
    },
}
"""The sections that each worker has for itself."""
_SHARED: Final[dict[Any, Any]] = {
    probatio.Optional("stream", default=dict): {
        "stream": _TEXT,
        "prefix": str,
        "durable": probatio.All(str, probatio.Match(r"^[A-Za-z0-9_]{1,64}$")),
        "partitions": probatio.All(int, probatio.Range(1, 1_024)),
        "ordinal": probatio.All(int, probatio.Range(0, 1_023)),
        "workers": probatio.All(int, probatio.Range(1, 1_024)),
        "window": _COUNT,
        "window_bytes": probatio.All(int, probatio.Range(1_024)),
        "ack_wait": _SECONDS,
        "takeover": _SECONDS,
    },
    probatio.Required("database"): {
        probatio.Required("host"): _TEXT,
        probatio.Required("database"): _TEXT,
        probatio.Required("user"): _TEXT,
        "port": _PORT,
        "password": str,
        "tls": probatio.Coerce(TlsMode),
        "ca": _TEXT,
    },
    **DIALECTS,
}
"""The sections that a bucket has, where one is named: for all workers."""
SHARED: Final = frozenset(str(key) for key in _SHARED)
_OWN_SCHEMA: Final = probatio.Schema({**_OWN, **dict.fromkeys(SHARED, dict)})
_SHARED_SCHEMA: Final = probatio.Schema(_SHARED)
_NUMBERED: Final = re.compile(r"-(\d{1,4})$")


class SettingsInvalid(Exception):
    """The settings can't be read; the text says which, and why."""


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What a worker is told. `name` is its alone among all that write to the database; `http` where it tells how it is, on port 0 any."""

    name: str
    nats: NatsSettings
    stream: StreamSettings
    database: StoreSettings
    dialects: Dialects
    http: tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class OwnSettings:
    """What a worker is told by its file; `sections` are those that the file has of what all share, and go first."""

    name: str
    nats: NatsSettings
    http: tuple[str, int]
    bucket: str | None
    sections: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def complete(self, shared: JsonObject) -> WorkerSettings:
        """Return all settings, with what all workers share; raises SettingsInvalid."""
        try:
            merged = {
                name: {**_section(shared, name), **_section(self.sections, name)}
                for name in shared.keys() | self.sections.keys()
            }
            stream = merged.setdefault("stream", {})
            if "ordinal" not in stream and (found := _NUMBERED.search(self.name)):
                stream["ordinal"] = int(found[1])
            checked: dict[str, Any] = _SHARED_SCHEMA(merged)
            settings = StreamSettings(**checked["stream"])
            return WorkerSettings(
                name=self.name,
                nats=self.nats,
                stream=settings,
                database=StoreSettings(**checked["database"]),
                dialects=read_dialects(checked, settings),
                http=self.http,
            )
        except (ValueError, AttributeError, TypeError, probatio.Invalid) as error:
            raise SettingsInvalid(str(error)) from None


def _section(sections: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = sections.get(name, {})
    if not isinstance(section, Mapping):
        raise probatio.Invalid(f"{name} is not a section")
    return section


def read_own_settings(
    file: Path, environment: Mapping[str, str], name: str | None = None
) -> OwnSettings:
    """Read a file; raises SettingsInvalid. `name` goes before the file's."""
    try:
        found = tomllib.loads(file.read_text("utf-8"))
        if name is not None:
            found["name"] = name
        for variable, (section, key) in SECRETS.items():
            if secret := environment.get(variable):
                found.setdefault(section, {})[key] = secret
        checked: dict[str, Any] = _OWN_SCHEMA(found)
    except (OSError, ValueError, AttributeError, TypeError, probatio.Invalid) as error:
        raise SettingsInvalid(f"{file}: {error}") from None
    nats, ca = dict(checked["nats"]), checked["nats"].get("ca")
    uses_tls = nats.pop("tls", False)
    nats.pop("ca", None)
    if servers := nats.pop("servers", None):
        (nats["host"], nats["port"]), *others = servers
        nats["others"] = tuple(others)
    name = checked["name"]
    return OwnSettings(
        name=name,
        nats=NatsSettings(
            **nats,
            name=f"Maestra worker {name}",
            tls=TlsSettings(ca=ca) if uses_tls else None,
        ),
        http=(checked["http"]["host"], checked["http"]["port"]),
        bucket=checked["bucket"],
        sections={name: checked[name] for name in SHARED if name in checked},
    )


def read_settings(file: Path, environment: Mapping[str, str]) -> WorkerSettings:
    """Read a file that says all; raises SettingsInvalid."""
    own = read_own_settings(file, environment)
    try:
        return own.complete({})
    except SettingsInvalid as error:
        raise SettingsInvalid(f"{file}: {error}") from None
