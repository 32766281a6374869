"""The settings of a worker: a TOML file, and secrets from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import socket
import tomllib
from typing import Any, Final

import probatio

from ..nats.client import NatsSettings
from ..nats.partition import StreamSettings
from ..store.settings import StoreSettings, TlsMode
from ..transport.tls import TlsSettings
from .dialects import DIALECTS, Dialects, read_dialects

NATS_PORT: Final = 4222
MAX_SERVERS: Final = 16
HTTP_PORT: Final = 9464
"""As the exporters of OpenTelemetry have it."""
SECRETS: Final[Mapping[str, tuple[str, str]]] = {
    "MAESTRA_NATS_TOKEN": ("nats", "token"),
    "MAESTRA_NATS_PASSWORD": ("nats", "password"),
    "MAESTRA_NATS_SEED": ("nats", "seed"),
    "MAESTRA_DATABASE_PASSWORD": ("database", "password"),
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


SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional("name", default=socket.gethostname): _TEXT,
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
        probatio.Optional("http", default=dict): {
            probatio.Optional("host", default="127.0.0.1"): _TEXT,
            probatio.Optional("port", default=HTTP_PORT): probatio.All(
                int, probatio.Range(0, 65_535)
            ),
        },
    }
)


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


def read_settings(file: Path, environment: Mapping[str, str]) -> WorkerSettings:
    """Read a file; raises SettingsInvalid."""
    try:
        found = tomllib.loads(file.read_text("utf-8"))
        for variable, (section, key) in SECRETS.items():
            if secret := environment.get(variable):
                found.setdefault(section, {})[key] = secret
        checked: dict[str, Any] = SCHEMA(found)
        stream = StreamSettings(**checked["stream"])
        dialects = read_dialects(checked, stream)
    except (OSError, ValueError, AttributeError, TypeError, probatio.Invalid) as error:
        raise SettingsInvalid(f"{file}: {error}") from None
    nats, ca = dict(checked["nats"]), checked["nats"].get("ca")
    uses_tls = nats.pop("tls", False)
    nats.pop("ca", None)
    if servers := nats.pop("servers", None):
        (nats["host"], nats["port"]), *others = servers
        nats["others"] = tuple(others)
    name = checked["name"]
    return WorkerSettings(
        name=name,
        nats=NatsSettings(
            **nats,
            name=f"Maestra worker {name}",
            tls=TlsSettings(ca=ca) if uses_tls else None,
        ),
        stream=stream,
        database=StoreSettings(**checked["database"]),
        dialects=dialects,
        http=(checked["http"]["host"], checked["http"]["port"]),
    )
