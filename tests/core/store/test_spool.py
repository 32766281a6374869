"""The queue on disk: what was promised is there after a crash, and nothing else."""

import errno
import os
from pathlib import Path
import resource
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.maestra.core.store import spool as module
from custom_components.maestra.core.store.spool import Frame, Spool

LARGE = 1024**2


def opened(folder: Path, max_bytes: int = LARGE) -> Spool:
    spool = Spool(folder, max_bytes)
    spool.open()
    return spool


def frame(number: int, size: int = 10) -> Frame:
    return Frame(b"", f"{number:0{size}}".encode(), 1)


def drained(spool: Spool) -> list[bytes]:
    """Take everything out."""
    found = []
    while head := spool.first():
        found.append(head.body)
        spool.remove_first()
    return found


def test_first_in_first_out(tmp_path: Path) -> None:
    """Frames come in the order in which they went in."""
    spool = opened(tmp_path)
    for number in range(5):
        assert spool.append(frame(number)) == 0
    assert spool.rows == 5
    assert drained(spool) == [frame(number).body for number in range(5)]
    assert spool.is_empty
    assert spool.rows == spool.bytes == 0
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30)
@given(
    bodies=st.lists(st.binary(max_size=200), max_size=20),
    receipts=st.binary(max_size=64),
)
def test_everything_survives_a_restart(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], receipts: bytes
) -> None:
    """A new spool on the same folder has the same frames, whatever is in them."""
    folder = tmp_path_factory.mktemp("spool")
    first = opened(folder)
    for body in bodies:
        first.append(Frame(receipts, body, 3))
    second = opened(folder)
    assert second.rows == 3 * len(bodies)
    assert drained(second) == bodies


def test_receipts_are_found_again(tmp_path: Path) -> None:
    """A restart knows whose rows are on disk."""
    opened(tmp_path).append(Frame(b"a" * 32, b"body", 2))
    assert list(opened(tmp_path).receipts) == [b"a" * 32]


@pytest.mark.parametrize("kept", range(1, 30, 4))
def test_a_torn_end_is_cut_off(tmp_path: Path, kept: int) -> None:
    """A crash in the middle of a frame costs this frame only, and the next one is readable."""
    spool = opened(tmp_path)
    spool.append(frame(1))
    whole = spool.bytes
    spool.append(frame(2, size=20))
    (path,) = tmp_path.glob("*.spool")
    os.truncate(path, whole + kept)

    again = opened(tmp_path)
    again.append(frame(3))
    assert drained(again) == [frame(1).body, frame(3).body]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    """What the checksum refuses is set aside, the rest goes on."""
    spool = opened(tmp_path)
    spool.append(frame(1))
    size = spool.bytes
    (path,) = tmp_path.glob("*.spool")
    content = bytearray(path.read_bytes())
    content[size - 1] ^= 1
    path.write_bytes(content)

    again = opened(tmp_path)
    assert again.is_empty
    again.append(frame(2))
    assert drained(again) == [frame(2).body]
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == bytes(content)


def test_a_length_out_of_bounds_is_noticed(tmp_path: Path) -> None:
    """A damaged header does not ask for gigabytes."""
    (tmp_path / "00000001.spool").write_bytes(b"\xff" * 40)
    assert opened(tmp_path).is_empty


def test_a_file_that_vanishes_is_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody deleted is skipped."""
    monkeypatch.setattr(module, "SEGMENT_BYTES", 1)
    spool = opened(tmp_path)
    spool.append(frame(1))
    spool.append(frame(2))
    (tmp_path / "00000001.spool").unlink()
    assert drained(spool) == [frame(2).body]


def test_the_oldest_goes_at_the_cap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the cap whole files go, the oldest first, and their rows are told."""
    monkeypatch.setattr(module, "SEGMENT_BYTES", 50)
    spool = opened(tmp_path, max_bytes=130)
    dropped = [spool.append(frame(number)) for number in range(6)]
    assert sum(dropped) == 2
    assert spool.bytes <= 130
    assert drained(spool) == [frame(number).body for number in range(2, 6)]


def test_what_went_at_the_cap_is_not_removed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame that is dropped while it is being written takes no other with it."""
    monkeypatch.setattr(module, "SEGMENT_BYTES", 1)
    spool = opened(tmp_path, max_bytes=60)
    spool.append(frame(1))
    spool.append(frame(2))
    assert spool.first() == frame(1)
    assert spool.append(frame(3)) == 1
    spool.remove_first()
    assert drained(spool) == [frame(2).body, frame(3).body]


def test_a_full_disk_leaves_no_half_frame(tmp_path: Path) -> None:
    """When the disk takes no more the frame is not there, and later ones are."""
    spool = opened(tmp_path)
    spool.append(frame(1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (spool.bytes + 20, limits[1]))
    try:
        with pytest.raises(OSError) as caught:
            spool.append(frame(2, size=100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG
    spool.append(frame(3))
    assert drained(opened(tmp_path)) == [frame(1).body, frame(3).body]


def test_what_nobody_can_read_is_kept_beside(tmp_path: Path) -> None:
    """A frame that makes no sense leaves the way, and its content stays."""
    spool = opened(tmp_path)
    spool.append(frame(1))
    spool.append(frame(2))
    spool.set_first_aside()
    assert drained(spool) == [frame(2).body]
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == frame(1).body


def test_removing_from_an_empty_spool_does_nothing(tmp_path: Path) -> None:
    """There may be nothing left at the cap."""
    spool = opened(tmp_path)
    spool.remove_first()
    spool.set_first_aside()
    assert spool.first() is None


def test_names_are_never_used_twice(tmp_path: Path) -> None:
    """A file that was set aside keeps its number."""
    (tmp_path / "00000007.damaged").write_bytes(b"x")
    spool = opened(tmp_path)
    spool.append(frame(1))
    assert [path.name for path in tmp_path.glob("*.spool")] == ["00000008.spool"]


def test_a_new_file_that_fails_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full for the first frame too leaves an empty spool."""

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    spool = opened(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(OSError):
            spool.append(frame(1))
    assert spool.is_empty
    spool.append(frame(2))
    assert drained(opened(tmp_path)) == [frame(2).body]
