"""The metadata of an F2 pipeline that runs already: what its controllers, sensors and datapoints are (f2.md §7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Any, Final

import asyncpg

from ..domain.errors import MaestraError
from .connection import deadline

SCHEMA: Final = "VtDevice"
TIMEOUT: Final = 60.0
MAX_ROWS: Final = 10_000
"""Of each table."""
_SCHEMA_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")

# Names in any other form than these are reserved words of SQL, or need quotes. The order is that of the ids.
_TABLES: Final[Mapping[str, Sequence[str]]] = {
    "devicetemplates": ("devicetemplateid", "name", "model", "description"),
    "devices": ("deviceid", "devicename", "devicetemplateid", "macaddress"),
    "connectors": ("connectorid", "controllerid", "connectornumber"),
    "pins": ("pinid", "connectorid", "position", "deviceid"),
    "datapoints": (
        "datapointid",
        "devicetemplateid",
        "label",
        "offset",
        "length",
        "append",
        "dataencoding",
        "decimals",
    ),
}

type Rows = Sequence[Mapping[str, Any]]


class F2MetadataUnusable(MaestraError):
    """The tables are not there, are others than expected, or may not be read."""

    code = "f2_metadata_unusable"
    message = "No F2 metadata can be read: {reason}"


@dataclass(frozen=True, kw_only=True)
class F2Metadata:
    """The rows of the tables, each in the order of its ids, as they are: nothing in them refers to what must exist."""

    templates: Rows
    devices: Rows
    connectors: Rows
    pins: Rows
    datapoints: Rows


async def read_f2_metadata(
    connection: asyncpg.Connection, schema: str = SCHEMA
) -> F2Metadata:
    """Read the tables at one moment; raises F2MetadataUnusable, and what asyncpg raises for a lost connection."""
    if not _SCHEMA_NAME.fullmatch(schema):
        raise F2MetadataUnusable(reason=f"{schema[:64]!r} is no name of a schema")
    try:
        with deadline(connection, TIMEOUT):
            async with connection.transaction(
                isolation="repeatable_read", readonly=True
            ):
                rows = {
                    table: [
                        dict(row)
                        for row in await connection.fetch(
                            _select(schema, table, columns)
                        )
                    ]
                    for table, columns in _TABLES.items()
                }
    except (
        asyncpg.UndefinedTableError,
        asyncpg.UndefinedColumnError,
        asyncpg.InsufficientPrivilegeError,
    ) as error:
        raise F2MetadataUnusable(reason=str(error)) from None
    for table, found in rows.items():
        if len(found) > MAX_ROWS:
            raise F2MetadataUnusable(reason=f"more than {MAX_ROWS} rows in {table}")
    return F2Metadata(
        templates=rows["devicetemplates"],
        devices=rows["devices"],
        connectors=rows["connectors"],
        pins=rows["pins"],
        datapoints=rows["datapoints"],
    )


def _select(schema: str, table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'SELECT {names} FROM "{schema}"."{table}" ORDER BY "{columns[0]}" LIMIT {MAX_ROWS + 1}'  # noqa: S608
