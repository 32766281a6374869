"""The settings of a worker as a file, for tests and measurements."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from custom_components.maestra.core.store.settings import StoreSettings


def write_worker_settings(
    file: Path,
    *,
    name: str,
    nats_port: int,
    database: StoreSettings,
    http_port: int,
    stream: Mapping[str, Any],
) -> None:
    """Write a TOML file; servers are on this machine."""
    tables: dict[str, Mapping[str, Any]] = {
        "nats": {"port": nats_port},
        "stream": stream,
        "database": {
            "host": database.host,
            "port": database.port,
            "database": database.database,
            "user": database.user,
            "password": database.password or "",
        },
        "http": {"port": http_port},
    }
    lines = [f"name = {json.dumps(name)}"]
    for table, values in tables.items():
        lines.append(f"[{table}]")
        # What these hold, TOML writes as JSON does.
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), "utf-8")
