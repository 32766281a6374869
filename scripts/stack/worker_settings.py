"""The settings of a worker as a file, and how servers divide its messages, for tests and measurements."""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from custom_components.maestra.core.store.settings import StoreSettings

# What is divided by its first wildcard, and what comes behind that as it is.
MAPPED: Final = (
    "qs.v1.*.events",
    "maestra.device.metrics.*",
    "maestra.device.events.*",
    "stat.*.sensor-mode.*.*",
    "tele.*.sensor-mode.*.*",
)


def mapped(partitions: int) -> tuple[str, ...]:
    """Return what divides the devices' messages in a server's configuration."""
    lines = []
    for subject in MAPPED:
        target = subject
        for number in range(1, subject.count("*") + 1):
            target = target.replace("*", f"{{{{wildcard({number})}}}}", 1)
        part = f"{{{{partition({partitions},1)}}}}"
        lines.append(f'"{subject}": "p.{part}.{target}"')
    return (f"mappings = {{ {', '.join(lines)} }}",)


def write_worker_settings(
    file: Path,
    *,
    name: str,
    nats_port: int | Sequence[int],
    database: StoreSettings,
    http_port: int,
    stream: Mapping[str, Any],
    dialects: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Write a TOML file; servers are on this machine. `dialects` are sections as the worker has them."""
    tables: dict[str, Mapping[str, Any]] = {
        "nats": {"port": nats_port}
        if isinstance(nats_port, int)
        else {"servers": [f"127.0.0.1:{port}" for port in nats_port]},
        "stream": stream,
        "database": {
            "host": database.host,
            "port": database.port,
            "database": database.database,
            "user": database.user,
            "password": database.password or "",
        },
        "http": {"port": http_port},
        **dialects,
    }
    lines = [f"name = {json.dumps(name)}"]
    for table, values in tables.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), "utf-8")


def _toml(value: Any) -> str:
    """Write a value; what holds no others, TOML has as JSON does."""
    match value:
        case Mapping():
            pairs = (
                f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()
            )
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
