"""Long work in slices, between which everything else has its turn of the loop."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from time import monotonic
from typing import Final

SLICE: Final = 0.01
"""Seconds after which the loop is handed back, so that no work is the reason for a stall."""


async def in_slices[T](items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and let others have the loop after every slice."""
    end = monotonic() + SLICE
    for item in items:
        yield item
        if monotonic() >= end:
            await asyncio.sleep(0)
            end = monotonic() + SLICE
