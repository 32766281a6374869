"""Unpacking a package of the npm registry."""

import base64
import hashlib
import io
import json
import os
from pathlib import Path
import tarfile

import pytest

from scripts.devenv.npm import Package, install, locked_packages, this_machine
from scripts.devenv.process import SetupError


def package(cache: Path, *names: str, name: str = "@maestra/stage") -> Package:
    """Return a package whose tarball, already downloaded, has these files and a link; those in `bin/` are programs."""
    base = name.rpartition("/")[2]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in names:
            member = tarfile.TarInfo(path)
            member.size = len(path)
            member.mode = 0o755 if "/bin/" in path else 0o644
            archive.addfile(member, io.BytesIO(path.encode()))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    tarball = cache / "maestra-devenv" / "npm" / name / f"{base}-1.0.0.tgz"
    tarball.parent.mkdir(parents=True)
    tarball.write_bytes(buffer.getvalue())
    sha512 = base64.b64encode(hashlib.sha512(buffer.getvalue()).digest()).decode()
    return Package(name=name, version="1.0.0", sha512=sha512)


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


def test_a_lock_file_is_installed_as_npm_does(cache: Path, tmp_path: Path) -> None:
    """Each where the lock file says, programs as such; not what is for other machines, nor the project itself."""
    scoped = package(cache, "package/a.js", "package/bin/a", name="@maestra/lamp")
    # Its name without the scope is the same, and it comes in another folder.
    plain = package(cache, "lamp/index.js", name="lamp")
    own, others = this_machine(), {"os": "windows", "cpu": "none", "libc": "none"}
    places = {
        "": {"name": "cards"},
        "node_modules/@maestra/lamp": locked(scoped) | {"cpu": [own["cpu"]]},
        "node_modules/@maestra/lamp/node_modules/lamp": locked(plain),
        "node_modules/lamp": locked(plain) | {"os": [own["os"]]},
        **{
            f"node_modules/not-{key}": locked(plain) | {key: [value]}
            for key, value in others.items()
        },
    }
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": places}))

    install(locked_packages(lock), tmp_path / "there")

    there = tmp_path / "there"
    found = {path for path in there.rglob("*") if path.is_file()}
    lamp = there / "node_modules" / "@maestra" / "lamp"
    assert found == {
        lamp / "a.js",
        lamp / "bin" / "a",
        lamp / "node_modules" / "lamp" / "index.js",
        there / "node_modules" / "lamp" / "index.js",
    }
    assert os.access(lamp / "bin" / "a", os.X_OK)
    assert not os.access(lamp / "a.js", os.X_OK)


def locked(package: Package) -> dict[str, object]:
    """Return what a lock file says of a package."""
    return {"version": package.version, "integrity": f"sha512-{package.sha512}"}
