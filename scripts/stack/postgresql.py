"""A private PostgreSQL with TimescaleDB, made and told alike by scripts/develop, the benchmarks and the tests."""

import os
from pathlib import Path
import shutil
from typing import Final

SUPERUSER: Final = "postgres"


def program(name: str) -> Path:
    """Return one of PostgreSQL's programs: beside $MAESTRA_POSTGRESQL, else beside the postgres on PATH."""
    found = os.environ.get("MAESTRA_POSTGRESQL") or shutil.which("postgres")
    if found is None:
        raise FileNotFoundError(
            "PostgreSQL is missing: set MAESTRA_POSTGRESQL to its program"
        )
    return Path(found).with_name(name)


def initdb(data: Path, *options: str) -> list[str]:
    """Return the command that makes an empty cluster in `data`; PostgreSQL refuses to run it as root."""
    return [
        str(program("initdb")),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        # The same on every machine: of the C library's locales unpacked packages bring none.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        *options,
    ]


def configuration(
    *, host: str, port: int, sockets: Path | None = None, timescaledb: bool = True
) -> str:
    """Return lines for postgresql.conf. Without a folder for `sockets` the server has TCP only."""
    lines = [
        f"listen_addresses = '{host}'",
        f"port = {port}",
        f"unix_socket_directories = '{sockets or ''}'",
        "max_connections = 50",
        "shared_buffers = 64MB",
        "jit = off",
    ]
    if timescaledb:
        lines += [
            "shared_preload_libraries = 'timescaledb'",
            "timescaledb.telemetry_level = off",
        ]
    return "".join(f"{line}\n" for line in lines)
