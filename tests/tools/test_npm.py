"""Unpacking a package of the npm registry."""

import base64
import hashlib
import io
from pathlib import Path
import tarfile

import pytest

from scripts.devenv.npm import Package
from scripts.devenv.process import SetupError


def package(cache: Path, *names: str) -> Package:
    """Return a package whose tarball, already downloaded, has these files and a link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    tarball = cache / "maestra-devenv" / "npm" / "stage-1.0.0.tgz"
    tarball.parent.mkdir(parents=True)
    tarball.write_bytes(buffer.getvalue())
    sha512 = base64.b64encode(hashlib.sha512(buffer.getvalue()).digest()).decode()
    return Package(name="@maestra/stage", version="1.0.0", sha512=sha512)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Download to a folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_files_are_unpacked_and_links_are_not(cache: Path, tmp_path: Path) -> None:
    package(cache, "package/dist/index.js").unpack(tmp_path / "there")

    files = [path for path in (tmp_path / "there").rglob("*") if path.is_file()]
    assert files == [tmp_path / "there" / "package" / "dist" / "index.js"]
    assert files[0].read_text() == "package/dist/index.js"
    assert not (tmp_path / "there" / "package" / "link").is_symlink()


@pytest.mark.parametrize(
    "name", ["../outside.js", "/tmp/outside.js", "package/../../o"]
)
def test_nothing_is_unpacked_elsewhere(cache: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(SetupError, match="outside of"):
        package(cache, name).unpack(tmp_path / "there")
