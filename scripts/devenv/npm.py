"""Packages of the npm registry without npm: one tarball each, checked and unpacked."""

import base64
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
import hashlib
import json
import os
from pathlib import Path
import platform
import shutil
import tarfile
import threading
from typing import Any
import urllib.error
import urllib.request

from .paths import cache
from .process import SetupError

REGISTRY = "https://registry.npmjs.org"
DOWNLOAD_TIMEOUT_S = 120
DOWNLOADS_AT_ONCE = 8
CPUS = {"x86_64": "x64", "aarch64": "arm64"}
"""npm's names of processors, by Python's."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """One version of a package that depends on no other."""

    name: str
    version: str
    sha512: str
    """As in the registry's `integrity`: base64."""

    @property
    def url(self) -> str:
        """Where its tarball is: on the registry that npm would use."""
        registry = os.environ.get("npm_config_registry") or REGISTRY  # noqa: SIM112
        return f"{registry.rstrip('/')}/{self.name}/-/{self._file}"

    @property
    def _file(self) -> str:
        return f"{self.name.rpartition('/')[2]}-{self.version}.tgz"

    def unpack(self, prefix: Path) -> None:
        """Unpack it into an empty folder, where it is `package/`; raises SetupError."""
        tarball = cache() / "npm" / self.name / self._file
        if not (tarball.exists() and self._is_intact(tarball.read_bytes())):
            self._download(tarball)
        shutil.rmtree(prefix, ignore_errors=True)
        prefix.mkdir(parents=True)
        with tarfile.open(tarball) as archive:
            _extract(archive, prefix.resolve())

    def _download(self, tarball: Path) -> None:
        try:
            with urllib.request.urlopen(self.url, timeout=DOWNLOAD_TIMEOUT_S) as answer:
                content = answer.read()
        except (urllib.error.URLError, OSError) as err:
            raise SetupError(f"{self.url} can't be fetched: {err}") from err
        if not self._is_intact(content):
            raise SetupError(f"{self.url} is not what it was (sha512 differs)")
        tarball.parent.mkdir(parents=True, exist_ok=True)
        # Written beside it first: another set-up may be reading.
        part = tarball.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        part.write_bytes(content)
        part.replace(tarball)

    def _is_intact(self, content: bytes) -> bool:
        return (
            base64.b64encode(hashlib.sha512(content).digest()).decode() == self.sha512
        )


def _extract(archive: tarfile.TarFile, prefix: Path) -> None:
    """Unpack plain files, which is all that npm packs; raises SetupError for one that leaves `prefix`.

    `extractall(filter=)` would do, but came with Python 3.11.4.
    """
    for member in archive:
        content = archive.extractfile(member) if member.isreg() else None
        if content is None:
            continue
        target = (prefix / member.name).resolve()
        if not target.is_relative_to(prefix):
            raise SetupError(f"{member.name} would be unpacked outside of {prefix}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.read())
        if member.mode & 0o100:
            target.chmod(0o755)


def locked_packages(lock: Path) -> dict[str, Package]:
    """Return what npm's lock file says this machine needs, by its place (`node_modules/lit`)."""
    places: dict[str, dict[str, Any]] = json.loads(lock.read_text("utf-8"))["packages"]
    return {
        place: Package(
            name=place.rpartition("node_modules/")[2],
            version=entry["version"],
            sha512=entry["integrity"].removeprefix("sha512-"),
        )
        for place, entry in places.items()
        if place and _is_for_this_machine(entry)
    }


def install(packages: Mapping[str, Package], prefix: Path) -> None:
    """Unpack packages to their places in an empty folder, as `npm ci --ignore-scripts` would."""

    def put(place: str, package: Package) -> None:
        unpacked = prefix / "unpacked" / place.replace("/", "+")
        package.unpack(unpacked)
        # Most are in `package/`, but some in another folder.
        (content,) = unpacked.iterdir()
        (prefix / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(content, prefix / place, dirs_exist_ok=True)

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        list(pool.map(put, packages.keys(), packages.values()))
    shutil.rmtree(prefix / "unpacked")


def this_machine() -> dict[str, str]:
    """Return what packages with programs of their own are made for, in npm's words."""
    machine = platform.machine()
    return {
        "os": "linux",
        "cpu": CPUS.get(machine, machine),
        "libc": "glibc" if platform.libc_ver()[0] else "musl",
    }


def _is_for_this_machine(entry: Mapping[str, Any]) -> bool:
    return all(
        value in entry.get(key, [value]) for key, value in this_machine().items()
    )
