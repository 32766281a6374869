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
    while head := spool.oldest():
        found += [frame.body for frame in head]
        spool.remove(len(head))
    return found


def test_first_in_first_out(tmp_path: Path) -> None:
    """Frames come in the order in which they went in."""
    spool = opened(tmp_path)
    for number in range(5):
        spool.append(frame(number))
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


def test_a_full_spool_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the cap what is there stays, and what comes is refused until there is room."""
    monkeypatch.setattr(module, "SEGMENT_BYTES", 50)
    spool = opened(tmp_path, max_bytes=130)
    for number in range(5):
        spool.append(frame(number))
    assert spool.fill == 1.0
    with pytest.raises(OSError) as caught:
        spool.append(frame(5))
    assert caught.value.errno == errno.ENOSPC
    assert spool.oldest(2) == [frame(0), frame(1)]
    spool.remove(2)
    spool.append(frame(6))
    assert drained(spool) == [frame(number).body for number in (2, 3, 4, 6)]


def test_several_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many frames as have so many rows together, over the ends of files, at least one; they stay until they are removed."""
    monkeypatch.setattr(module, "SEGMENT_BYTES", 50)
    spool = opened(tmp_path)
    frames = [Frame(b"", b"body", rows) for rows in (4, 3, 3, 9, 20, 1)]
    for one in frames:
        spool.append(one)
    assert spool.oldest(10) == spool.oldest(11) == frames[:3]
    spool.remove(2)
    assert spool.oldest(10) == frames[2:3]
    spool.remove(1)
    assert spool.oldest(10) == frames[3:4]
    spool.remove(1)
    assert spool.oldest(10) == frames[4:5]
    spool.remove(1)
    assert spool.oldest(10) == frames[5:]
    assert spool.rows == 1


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
    spool.oldest()
    spool.set_oldest_aside()
    assert drained(spool) == [frame(2).body]
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == frame(1).body


def test_removing_from_an_empty_spool_does_nothing(tmp_path: Path) -> None:
    """There may be nothing left when its turn comes."""
    spool = opened(tmp_path)
    spool.remove(3)
    spool.set_oldest_aside()
    assert spool.oldest() == []


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


def fails(
    monkeypatch: pytest.MonkeyPatch, call: str, code: int, *, of: str = ""
) -> pytest.MonkeyPatch:
    """Let a call of the operating system fail, for paths with a text in them."""
    real = getattr(os, call)

    def failing(path: Any, *arguments: Any, **options: Any) -> Any:
        if of in str(path):
            raise OSError(code, os.strerror(code))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, call, failing)
    return monkeypatch


TRANSIENT = [errno.EMFILE, errno.ENOMEM, errno.EACCES]


@pytest.mark.parametrize("code", TRANSIENT)
def test_what_can_not_be_read_now_is_found_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """An error while opening hides no rows for good, and nothing is written over them."""
    for number in (1, 2, 3):
        opened(tmp_path).append(Frame(bytes([number]) * 16, frame(number).body, 1))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 3

    spool = Spool(tmp_path, LARGE)
    with monkeypatch.context() as patched:
        fails(patched, "open", code, of="00000002")
        with pytest.raises(OSError):
            spool.open()
        assert list(spool.receipts) == [b"\1" * 16, b"\3" * 16]
        spool.append(frame(4))
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    # One that was read before is not mixed up with the one that is found in front of it.
    assert spool.oldest() == [Frame(b"\1" * 16, frame(1).body, 1)]
    spool.remove(1)
    (third,) = spool.oldest()
    spool.open()
    assert spool.is_complete
    spool.remove(1)
    assert third.body == frame(3).body
    assert drained(spool) == [frame(2).body, frame(4).body]


def test_a_folder_that_can_not_be_read_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not know which names are taken takes none of them."""
    for number in (1, 2):
        opened(tmp_path).append(frame(number))
    spool = Spool(tmp_path, LARGE)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "iterdir", _unreadable)
        with pytest.raises(OSError):
            spool.open()
    spool.append(frame(3))
    spool.open()
    assert sorted(drained(spool)) == [frame(number).body for number in (1, 2, 3)]


def _unreadable(_path: Path) -> Any:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("code", TRANSIENT)
def test_an_error_while_reading_sets_nothing_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """What may go well later is tried later."""
    spool = opened(tmp_path)
    spool.append(frame(1))
    with monkeypatch.context() as patched:
        fails(patched, "open", code)
        with pytest.raises(OSError):
            spool.oldest()
    assert drained(spool) == [frame(1).body]


def test_a_bad_sector_costs_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the disk has lost is out of the way of the rest, and kept for those who can read more of it."""
    opened(tmp_path).append(frame(1))
    opened(tmp_path).append(frame(2))
    spool = opened(tmp_path)
    with monkeypatch.context() as patched:
        fails(patched, "open", errno.EIO, of="00000001")
        assert spool.oldest() == [frame(2)]
    assert (tmp_path / "00000001.damaged").exists()


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A folder with a file whose last frame was not written to its end."""
    spool = opened(tmp_path)
    spool.append(Frame(b"a" * 16, frame(1).body, 1))
    whole = spool.bytes
    spool.append(frame(2, size=20))
    (path,) = tmp_path.glob("*.spool")
    os.truncate(path, whole + 9)
    return tmp_path


def test_a_torn_end_on_a_full_disk(torn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rest can't be set aside the frames before it are there, with their receipts; the file is kept when they are written."""
    content = (torn / "00000001.spool").read_bytes()
    spool = Spool(torn, LARGE)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", _full)
        spool.open()
    assert spool.is_complete
    assert list(spool.receipts) == [b"a" * 16]
    spool.append(frame(3))
    assert drained(spool) == [frame(1).body, frame(3).body]
    assert [path.name for path in torn.iterdir()] == ["00000001.damaged"]
    assert (torn / "00000001.damaged").read_bytes() == content


def test_what_nobody_can_read_leaves_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame that makes no sense does not keep the others where they are, and stays in its file."""
    spool = opened(tmp_path)
    spool.append(frame(1))
    spool.append(frame(2))
    content = (tmp_path / "00000001.spool").read_bytes()
    spool.oldest()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", _full)
        spool.set_oldest_aside()
    assert drained(spool) == [frame(2).body]
    assert (tmp_path / "00000001.damaged").read_bytes() == content


def _full(_path: Path, _content: bytes) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fails_is_not_trusted_at_the_same_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an fsync that failed the system believes what it holds to be written: the next frame goes into another file."""
    spool = opened(tmp_path)
    spool.append(frame(1))
    with monkeypatch.context() as patched:
        fails(patched, "fdatasync", errno.EIO)
        with pytest.raises(OSError):
            spool.append(frame(2))
    spool.append(frame(3))
    assert len(list(tmp_path.glob("*.spool"))) == 2
    assert drained(opened(tmp_path)) == [frame(1).body, frame(3).body]


def test_two_on_one_folder_do_not_write_into_each_other_s_files(tmp_path: Path) -> None:
    """One that is on its way out and its successor leave all frames readable."""
    first = opened(tmp_path)
    first.append(frame(1))
    second = opened(tmp_path)
    for number in (2, 4):
        first.append(frame(number))
        second.append(frame(number + 1))
    found = drained(opened(tmp_path))
    assert sorted(found) == [frame(number).body for number in range(1, 6)]


def test_a_folder_that_was_tidied_up_is_made_again(tmp_path: Path) -> None:
    """Whoever deletes the folder loses what was in it, and nothing more."""
    spool = opened(tmp_path / "spool")
    spool.append(frame(1))
    (tmp_path / "spool" / "00000001.spool").unlink()
    (tmp_path / "spool").rmdir()
    with pytest.raises(OSError):
        spool.append(frame(2))
    spool.append(frame(3))
    assert drained(spool) == [frame(3).body]
