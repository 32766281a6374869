"""The idempotency window: what it knows, and what it still knows after a crash."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.maestra.core.qs.codec import CONTENT_BYTES, KEY_BYTES, Mark
from custom_components.maestra.core.qs.window import (
    RECORD_BYTES,
    Seen,
    Window,
    WindowFile,
)

from ...kits.process import PATIENCE


def mark(key: int, content: int = 1) -> Mark:
    return Mark(key.to_bytes(KEY_BYTES, "big"), content.to_bytes(CONTENT_BYTES, "big"))


async def kept(window: Window, *marks: Mark) -> None:
    """Give marks to the window, and wait until they are on disk."""
    done = asyncio.Event()
    window.keep([window.check(it)[1] for it in marks], done.set)
    async with asyncio.timeout(PATIENCE):
        await done.wait()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "window"


@pytest.fixture
async def window(path: Path) -> AsyncGenerator[Window]:
    """A window for four events."""
    window = Window(WindowFile(path), size=4)
    await window.open()
    yield window
    await window.close()


async def test_an_event_waits_and_is_known(window: Window) -> None:
    assert window.check(mark(1))[0] is Seen.NEW
    assert window.check(mark(1))[0] is Seen.WAITING
    await kept(window, mark(1))
    assert window.check(mark(1))[0] is Seen.KNOWN


async def test_what_is_durable_elsewhere_is_known_at_once(window: Window) -> None:
    _, it = window.check(mark(1))
    window.note([it])
    assert window.check(mark(1))[0] is Seen.KNOWN


async def test_other_content_has_a_place_of_its_own(window: Window) -> None:
    await kept(window, mark(1, content=1))
    assert window.check(mark(1, content=2))[0] is Seen.REUSED
    assert window.check(mark(1, content=2))[0] is Seen.WAITING
    await kept(window, mark(1, content=2))
    assert window.check(mark(1, content=2))[0] is Seen.KNOWN
    assert window.check(mark(1, content=1))[0] is Seen.KNOWN
    assert window.check(mark(1, content=3))[0] is Seen.REUSED


async def test_the_oldest_are_forgotten(window: Window, path: Path) -> None:
    """In memory, and on disk before that grows without end."""
    for number in range(20):
        await kept(window, mark(number))
    assert len(window) == 4
    assert path.stat().st_size <= 8 * RECORD_BYTES
    assert window.check(mark(16))[0] is Seen.KNOWN
    assert window.check(mark(0))[0] is Seen.NEW


async def test_it_outlives_a_restart_and_a_crash(window: Window, path: Path) -> None:
    """Half a record is no record."""
    await kept(window, mark(1), mark(2))
    with path.open("ab") as file:
        file.write(b"half")
    again = Window(WindowFile(path))
    await again.open()
    assert again.check(mark(2))[0] is Seen.KNOWN
    assert again.check(mark(3))[0] is Seen.NEW
    await again.close()
    assert path.stat().st_size == 2 * RECORD_BYTES


async def test_what_nobody_waits_for_is_written_at_the_end(path: Path) -> None:
    window = Window(WindowFile(path))
    await window.open()
    window.note([mark(1)])
    await window.close()
    assert path.stat().st_size == RECORD_BYTES


async def test_a_full_disk_keeps_everybody_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is acknowledged that is not on disk; it goes on once there is room."""
    place = tmp_path / "file"
    place.write_text("not a folder")
    window = Window(WindowFile(place / "window"))
    await window.open()
    done = asyncio.Event()
    window.keep([window.check(mark(1))[1]], done.set)
    async with asyncio.timeout(PATIENCE):
        while "can't be written down" not in caplog.text:
            await asyncio.sleep(0.01)
        assert not done.is_set()
        place.unlink()
        await done.wait()
    await window.close()
