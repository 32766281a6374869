"""A domain that is kept on disk without Home Assistant, and what a restart finds of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import os
from pathlib import Path
from typing import Any

import orjson

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.snapshot import (
    state_snapshot,
    structure_snapshot,
)
from custom_components.maestra.core.journal.journal import JournalLimits, StateJournal
from custom_components.maestra.core.qs.kept import kept_of
from custom_components.maestra.core.qs.registry import QsRegistry
from custom_components.maestra.core.qs.window import Window, WindowFile

from .process import PATIENCE

QUICK = JournalLimits(gather=0, soon=0, lazy=0, retry=0.01, retry_snapshot=0.01)


class FileSnapshots:
    """Snapshots in two files. `before_states` is called between the two."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.saved = 0
        self.before_states: Callable[[], Awaitable[None]] | None = None

    async def load(self) -> tuple[Any, Any]:
        """Return both."""
        return self._read("structure"), self._read("states")

    async def save(self, structure: Any, states: Any) -> None:
        """Write both."""
        self._write("structure", structure)
        if self.before_states is not None:
            await self.before_states()
        self._write("states", states)
        self.saved += 1

    def _read(self, name: str) -> Any:
        file = self._folder / f"{name}.json"
        return orjson.loads(file.read_bytes()) if file.exists() else {}

    def _write(self, name: str, data: Any) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{name}.new"
        with fresh.open("wb") as file:
            file.write(orjson.dumps(data))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / f"{name}.json")


def journal_of(
    domain: Domain, folder: Path, limits: JournalLimits = QUICK, **options: Any
) -> StateJournal:
    """Return the journal of a domain, not loaded yet."""
    return StateJournal(
        domain,
        folder / "journal",
        FileSnapshots(folder / "snapshots"),
        limits=limits,
        **options,
    )


async def found(folder: Path) -> Domain:
    """Return the domain that a restart would find; nothing on disk is changed."""
    return (await all_found(folder))[0]


async def all_found(folder: Path) -> tuple[Domain, QsRegistry]:
    """Return that, and what it would know of QS."""
    async with asyncio.timeout(PATIENCE):
        while True:
            domain = Domain(Bus())
            journal = journal_of(domain, folder)
            registry = QsRegistry(domain.bus, Window(WindowFile(folder / "qs")))
            journal.keep(kept_of(registry))
            # Who is still at work there may remove a segment between our list and our look.
            with suppress(FileNotFoundError):
                await journal.load()
                return domain, registry


def content(domain: Domain) -> Any:
    """Return all of a domain as JSON, whatever the order in which it came."""
    structure = orjson.loads(orjson.dumps(structure_snapshot(domain)))
    for name, items in structure.items():
        structure[name] = sorted(items, key=orjson.dumps)
    for device in structure["devices"]:
        device["metrics"].sort(key=lambda metric: metric["name"])
    return structure, orjson.loads(orjson.dumps(state_snapshot(domain)))
