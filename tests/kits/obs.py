"""A double of OBS for tests: the one that `scripts/develop` has, on a free port."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from scripts.simulators.obs_server import JPEG, PASSWORD, ObsDouble

from .process import free_port

__all__ = ["JPEG", "PASSWORD", "ObsDouble", "obs_double"]


@asynccontextmanager
async def obs_double(password: str | None = PASSWORD) -> AsyncGenerator[ObsDouble]:
    """Run a server for a test."""
    double = ObsDouble(free_port(), password)
    async with double.running():
        yield double
