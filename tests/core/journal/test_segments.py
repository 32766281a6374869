"""The files of the journal: what was promised is there after a crash, and nothing else."""

import errno
import os
from pathlib import Path

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.maestra.core.journal.segments import SUFFIX, Segments


def found(folder: Path) -> list[bytes]:
    return list(Segments(folder).read())


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


@settings(max_examples=50)
@given(runs=st.lists(st.lists(st.binary(max_size=60), max_size=5), max_size=4))
def test_all_frames_of_all_runs_come_back(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    for bodies in runs:
        segments = Segments(folder)
        list(segments.read())
        for body in bodies:
            segments.append(body)
        segments.close_segment()

    assert found(folder) == [body for bodies in runs for body in bodies]


@settings(max_examples=50)
@given(bodies=st.lists(st.binary(max_size=30), min_size=1, max_size=5), data=st.data())
def test_torn_at_any_byte_the_whole_frames_before_are_there(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    segments = Segments(folder)
    ends = []
    for body in bodies:
        segments.append(body)
        ends.append(segments.size)
    (path,) = files(folder)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    rest = data.draw(st.sampled_from([b"", bytes(20), b"\xff" * 20]))
    path.write_bytes(whole[:cut] + rest)

    expected = bodies[: sum(end <= cut for end in ends)]
    assert found(folder) == expected
    # The next run goes on in another file, and both are read.
    again = Segments(folder)
    list(again.read())
    again.append(b"later")
    assert found(folder) == [*expected, b"later"]


@pytest.mark.parametrize("flipped", range(0, 40, 3))
def test_a_damaged_byte_costs_what_comes_after_it(tmp_path: Path, flipped: int) -> None:
    segments = Segments(tmp_path)
    for number in range(4):
        segments.append(b"%04d" % number)
    (path,) = files(tmp_path)
    damaged = bytearray(path.read_bytes())
    damaged[flipped] ^= 0x40
    path.write_bytes(damaged)

    whole = flipped // 12
    assert found(tmp_path) == [b"%04d" % number for number in range(whole)]


@pytest.mark.parametrize("failing", ["write", "fdatasync", "ftruncate"])
def test_a_frame_that_failed_is_not_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """After an error nobody knows what the disk has: it goes again, into another file."""
    segments = Segments(tmp_path)
    segments.append(b"first")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def halves(descriptor: int, data: memoryview) -> int:
        return write(descriptor, data[: max(1, len(data) // 2)])

    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", halves)
        patched.setattr(os, failing, full)
        patched.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="No space"):
            segments.append(b"second")
    segments.append(b"second")
    segments.close_segment()

    assert found(tmp_path)[-1] == b"second"
    assert found(tmp_path)[0] == b"first"
    assert set(found(tmp_path)) == {b"first", b"second"}


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A file whose number was not seen, because nobody has looked, is left alone."""
    Segments(tmp_path).append(b"earlier")
    hasty = Segments(tmp_path)
    hasty.append(b"later")

    assert found(tmp_path) == [b"earlier", b"later"]


def test_what_is_in_a_snapshot_is_removed(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    segments.append(b"old")
    written = segments.rotate()
    segments.append(b"new")
    segments.remove(written)

    assert found(tmp_path) == [b"new"]
    assert segments.size == sum(path.stat().st_size for path in files(tmp_path))


def test_a_folder_that_can_not_be_read_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(OSError, match="exists"):
        found(tmp_path / "journal")
