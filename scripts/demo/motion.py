"""How things move: on time, and along sine curves."""

import asyncio
from collections.abc import AsyncIterator
from math import sin, tau


async def ticks(interval_s: float) -> AsyncIterator[float]:
    """Yield a running time in seconds, at once and then every `interval_s`."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        yield due
        due = max(due + interval_s, loop.time())
        await asyncio.sleep(due - loop.time())


def wave(
    now: float, period_s: float, low: float, high: float, phase: float = 0
) -> float:
    """Return a value that swings between `low` and `high`; `phase` 0 to 1 shifts it by up to a whole period."""
    return low + (high - low) * (1 + sin(tau * (now / period_s + phase))) / 2
