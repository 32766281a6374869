"""TimescaleDB's community edition as a WASM build: one session, no background workers."""

import os
from pathlib import Path
import shutil
import subprocess
from typing import Final
from uuid import uuid4

import asyncpg

from custom_components.maestra.core.store.settings import StoreSettings

from ..database import add_tables
from ..process import HOST, PATIENCE

PROXY: Final = Path(__file__).parent / "proxy.mjs"
USER: Final = "postgres"
TABLES: Final = "tables_"
"""How a database is called that starts with our tables."""
KEEP: Final = "keep"
"""Whoever asks for this one gets the last, whose tables the others start with from then on."""
PASSWORD: Final = "any"
"""It asks for one, and takes every one."""


class Pglite:
    """Runs the build behind a port of 127.0.0.1.

    Whoever connects with another database name than the last gets an empty database with
    the extension; the one before is gone. All connections share one session and one
    transaction: at most one of them may be doing something at a time.
    """

    def __init__(self) -> None:
        node = os.environ.get("MAESTRA_NODE") or shutil.which("node")
        assert node, "Node is missing: set MAESTRA_NODE to its program"
        package = os.environ.get("MAESTRA_PGLITE")
        assert package, "PGlite is missing: set MAESTRA_PGLITE to its dist/index.js"
        self._command = [node, str(PROXY), str(Path(package).parent)]
        self._process: subprocess.Popen[str] | None = None
        self.host = HOST
        self.port = 0
        self._has_tables = False

    def start(self) -> None:
        """Start, and return when it takes connections."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """Stop; nothing is left behind."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    async def create_database(self, *, tables: bool = False) -> StoreSettings:
        """Go to another database, which is empty or has our `tables`; returns how to reach it."""
        if tables and not self._has_tables:
            template = self.settings()
            await (await self.connect(template)).close()
            await add_tables(template)
            await (await self.connect(self.settings(KEEP))).close()
            self._has_tables = True
        name = f"{TABLES}{uuid4().hex[:12]}" if tables else None
        settings = self.settings(name)
        await (await self.connect(settings)).close()
        return settings

    def settings(self, database: str | None = None) -> StoreSettings:
        """Return how to reach a database; without a name an empty one of its own."""
        return StoreSettings(
            host=self.host,
            port=self.port,
            database=database or f"maestra_{uuid4().hex[:12]}",
            user=USER,
            password=PASSWORD,
        )

    async def connect(self, settings: StoreSettings) -> asyncpg.Connection:
        """Return a connection of the tests' own."""
        return await asyncpg.connect(
            host=settings.host,
            port=settings.port,
            database=settings.database,
            user=settings.user,
            password=settings.password,
            timeout=PATIENCE,
        )
