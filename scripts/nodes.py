"""ESPHome nodes that run on this computer: built of the working copy, and kept as long as nothing of them changes."""

from collections.abc import Iterable
from functools import cache
import hashlib
from pathlib import Path
import platform
import re
import shutil
import tempfile
import time

from scripts.devenv import paths
from scripts.devenv.esphome import PACKAGES
from scripts.devenv.paths import DEVENV, ROOT
from scripts.devenv.process import SetupError, locked, run, say
from scripts.devenv.tools import provide

SOURCES = ROOT / "esphome"
COMPONENTS = SOURCES / "components"
KEPT = DEVENV / "esphome"
DATA = KEPT / "data"
"""Where ESPHome writes what it generates, in a folder `build` by the name of the node."""
OPTIONS = ("-s", "maestra_components", COMPONENTS)
"""With which ESPHome takes the components of the working copy."""
COMPILE_TIMEOUT_S = 600
SHARED_VERSIONS = 4
"""Of each program, for all working copies of a user: as many as are worked on at a time."""

_INCLUDED = re.compile(r"!include (\S+)")

FADER = SOURCES / "examples" / "host-fader.yaml"
WEATHER = SOURCES / "examples" / "host-qs.yaml"
ALARM = SOURCES / "examples" / "host-f2-alarm.yaml"
DEMO = (FADER, WEATHER, ALARM)
"""What `scripts/develop` lets run on this computer."""


def compiler() -> str | None:
    """Return the machine's C++ compiler, None where it has none."""
    return shutil.which("g++") or shutil.which("clang++")


@cache
def toolchain() -> str:
    """Name what programs are built with and for."""
    version = run([str(compiler()), "--version"]).splitlines()[0]
    return f"{compiler()} {version} {platform.machine()}"


def esphome_folder() -> Path:
    """Return the folder of ESPHome's programs, which are installed where they are not there yet."""
    with locked(DEVENV / "lock"):
        return provide("esphome").parent


def esphome(*words: str | Path, data: Path = DATA) -> str:
    """Run ESPHome with the components of the working copy; returns what it prints, SetupError when it fails."""
    return run(
        [esphome_folder() / "esphome", *OPTIONS, *words],
        env=esphome_environment(data),
        timeout=COMPILE_TIMEOUT_S,
    )


def esphome_environment(data: Path = DATA) -> dict[str, str]:
    """Return what ESPHome is told beside its command line."""
    return {
        # Our own folder `esphome` is none of its Python packages.
        "PYTHONPATH": "",
        "ESPHOME_CCACHE_ENABLE": "0",
        "ESPHOME_DATA_DIR": str(data),
    }


def node_program(node: Path) -> Path:
    """Return where the program of a node is once it is built."""
    return KEPT / node.stem / fingerprint(*node_sources(node), toolchain())


def node_sources(node: Path) -> tuple[Path | str, ...]:
    """Return all that a node, described by a YAML file, is built of."""
    return (SOURCES, *_with_included(node), *PACKAGES)


def build_node(node: Path) -> Path:
    """Return the program of a node for the platform `host`, described by a YAML file."""
    program = node_program(node)
    with locked(KEPT / "lock"):
        if not program.exists() and not _take(program):
            # Of its own: another of the same name would make it compile all anew.
            data = KEPT / "nodes" / node.stem
            esphome("compile", node, data=data)
            (built,) = (data / "build").glob("*/.pioenvs/*/program")
            _keep(built, program)
    return program


def build_program(source: Path) -> Path:
    """Return the program of one C++ file that includes headers of the components, checked for what it does wrong at run time."""
    command = str(compiler())
    beside = sorted(source.parent.glob("*.h"))
    program = KEPT / source.stem / fingerprint(COMPONENTS, source, *beside, toolchain())
    with locked(KEPT / "lock"):
        if not program.exists() and not _take(program):
            with tempfile.TemporaryDirectory() as folder:
                built = Path(folder) / source.stem
                run([command, "-std=gnu++20", "-O1", "-fno-exceptions", "-Wall", "-Wextra", "-Werror",
                     "-Wno-missing-field-initializers", "-fsanitize=address,undefined", "-fno-sanitize-recover",
                     "-I", ROOT, "-I", COMPONENTS, source, "-o", built])  # fmt: skip
                _keep(built, program)
    return program


def fingerprint(*parts: Path | str) -> str:
    """Identify files, folders and texts by their content."""
    digest = hashlib.sha256()
    for part in parts:
        for file in _files(part) if isinstance(part, Path) else ():
            digest.update(f"{file.relative_to(ROOT)}\0".encode())
            digest.update(file.read_bytes())
        digest.update(f"{part}\0".encode())
    return digest.hexdigest()[:16]


def main() -> None:
    """Build the nodes of the demo that are not built yet, as far as this machine can."""
    if compiler() is None:
        say("no C++ compiler (g++ or clang++): the demo has no ESPHome nodes")
        return
    for node in DEMO:
        if node_program(node).exists():
            continue
        say(f"ESPHome node {node.stem} …")
        begin = time.monotonic()
        try:
            build_node(node)
        except SetupError as err:
            say(f"the demo goes without {node.stem}: {err}")
        else:
            say(f"ESPHome node {node.stem}: {time.monotonic() - begin:.1f} s")


def _with_included(node: Path) -> Iterable[Path]:
    """Return a YAML file and those that it includes, but what is in SOURCES."""
    yield node
    for included in _INCLUDED.findall(node.read_text("utf-8")):
        file = (node.parent / included).resolve()
        if not file.is_relative_to(SOURCES):
            yield from _with_included(file)


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        # ESPHome leaves a hidden file beside what it compiles.
        if file.is_file()
        and not file.name.startswith(".")
        and "__pycache__" not in file.parts
    )


def _shared(program: Path) -> Path:
    return paths.cache() / "esphome" / program.relative_to(KEPT)


def _take(program: Path) -> bool:
    """Take a program over that another working copy has built of the same sources; tells whether there was one."""
    shared = _shared(program)
    if not shared.exists():
        return False
    # It was of use.
    shared.touch()
    _replace(shared, program)
    return True


def _keep(built: Path, program: Path) -> None:
    """Take a program over, in place of those of other sources, and let other working copies have it."""
    _replace(built, program)
    shared = _shared(program)
    shared.parent.mkdir(parents=True, exist_ok=True)
    _copy(built, shared)
    newest = sorted(shared.parent.iterdir(), key=lambda file: -file.stat().st_mtime)
    for file in newest[SHARED_VERSIONS:]:
        file.unlink(missing_ok=True)


def _replace(source: Path, program: Path) -> None:
    shutil.rmtree(program.parent, ignore_errors=True)
    program.parent.mkdir(parents=True)
    _copy(source, program)


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that nobody sees a part of it."""
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as new:
        shutil.copy2(source, new.name)
    Path(new.name).replace(target)


if __name__ == "__main__":
    main()
