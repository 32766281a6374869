"""A connection is kept whatever ends it, and ends when it is told to."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging

import pytest

from custom_components.maestra.core.domain.errors import MaestraError
from custom_components.maestra.core.transport.errors import (
    ConnectionFailed,
    UnexpectedFailure,
)
from custom_components.maestra.core.transport.reconnect import Backoff, Reconnector
from tests.kits.process import PATIENCE

QUICK = Backoff(timedelta(), timedelta())


class Told:
    """What a listener hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[bool, MaestraError | None]] = []

    def __call__(self, connected: bool, why: MaestraError | None) -> None:
        self.heard.append((connected, why))


class Service:
    """Fails in the given ways, one an attempt, and then stays up."""

    def __init__(self, *failures: Callable[[], Awaitable[None]]) -> None:
        self.reconnector = Reconnector("the stage", QUICK)
        self.told = Told()
        self.reconnector.on_connection(self.told)
        self.is_up = asyncio.Event()
        self._failures = list(failures)

    async def serve(self) -> None:
        if self._failures:
            await self._failures.pop(0)()
            return
        self.reconnector.came_up()
        self.is_up.set()
        await asyncio.get_running_loop().create_future()

    async def comes_up(self) -> None:
        """Run until it is up, and stop it then."""
        task = asyncio.create_task(self.reconnector.run(self.serve))
        async with asyncio.timeout(PATIENCE):
            await self.is_up.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def raises_unicode_error() -> None:
    await asyncio.sleep(0)
    "a..b".encode("idna")


async def raises_what_a_library_may() -> None:
    raise ZeroDivisionError("out of tune")


async def leaks_a_cancellation() -> None:
    inner = asyncio.get_running_loop().create_future()
    inner.cancel()
    await inner


async def fails_as_foreseen() -> None:
    raise ConnectionFailed(host="stage", port=1, reason="dark")


@pytest.mark.parametrize(
    "failure",
    [raises_unicode_error, raises_what_a_library_may, leaks_a_cancellation],
)
async def test_what_nobody_foresaw_is_told_logged_once_and_tried_again(
    failure: Callable[[], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(failure, failure, failure)

    await service.comes_up()

    (down, why), *rest = service.told.heard
    assert not down
    assert isinstance(why, UnexpectedFailure)
    assert rest == [(True, None), (False, None)]
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.exc_info


async def test_what_was_foreseen_has_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await Service(fails_as_foreseen, fails_as_foreseen).comes_up()

    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert record.levelno == logging.WARNING
    assert not record.exc_info


async def test_an_error_after_it_was_up_is_logged_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def comes_and_breaks() -> None:
        service.reconnector.came_up()
        raise ZeroDivisionError

    service = Service(comes_and_breaks, comes_and_breaks)

    await service.comes_up()

    assert caplog.text.count("Traceback") == 2


async def test_a_listener_that_fails_ends_nothing() -> None:
    def fails(connected: bool, why: MaestraError | None) -> None:
        raise RuntimeError("This listener always fails")

    service = Service(fails_as_foreseen)
    service.reconnector.on_connection(fails)

    await service.comes_up()

    assert [connected for connected, _ in service.told.heard] == [False, True, False]


@pytest.mark.parametrize("failure", [fails_as_foreseen, raises_what_a_library_may])
async def test_what_fails_while_it_is_cancelled_is_not_tried_again(
    failure: Callable[[], Awaitable[None]],
) -> None:
    attempts = []
    reconnector = Reconnector("the stage", QUICK)
    told = Told()
    reconnector.on_connection(told)

    async def fails_at_the_end() -> None:
        attempts.append(1)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await failure()

    task = asyncio.create_task(reconnector.run(fails_at_the_end))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE)

    assert task.done()
    assert len(attempts) == 1
    # On purpose: nobody is told of a loss.
    assert told.heard == [(False, None)]
    assert task.cancelled() or task.exception() is not None
