"""The C++ of the ESPHome components, looked at by clang-tidy as it is compiled for nodes of the tests; kept as long as nothing of it changes."""

from pathlib import Path
import shutil
import subprocess
import sys
from typing import Final

from scripts.devenv.esphome import TIDY
from scripts.devenv.paths import DEVENV, ROOT
from scripts.devenv.process import SetupError, locked, say
from scripts.devenv.tools import provide

from .nodes import (
    COMPONENTS,
    KEPT,
    SOURCES,
    build_node,
    compiler,
    fingerprint,
    node_program,
    node_sources,
)

CONFIGURATION: Final = SOURCES / ".clang-tidy"
NODES: Final = {
    "stage_node": ("host_mqtt", "maestra", "maestra_osc"),
    "plant_node": ("maestra_dmx",),
    "qs_node": ("maestra_qs",),
    "f2_node": ("host_mqtt", "maestra_f2"),
}
"""Which components are looked at in which node of the tests: together all, with all that they can be built with."""
OURS: Final = (
    f".*/components/({'|'.join(sorted(path.name for path in COMPONENTS.iterdir()))})/.*"
)


def compiled(node: Path) -> Path:
    """Return where a node was built: its sources, and how each is compiled."""
    pattern = f"{node.stem}/build/*/.pioenvs/*/compile_commands.json"
    build_node(node)
    if not (found := list((KEPT / "nodes").glob(pattern))):
        # Only its program is left.
        shutil.rmtree(node_program(node).parent)
        build_node(node)
        found = list((KEPT / "nodes").glob(pattern))
    return found[0].parent


def check(node: Path, components: tuple[str, ...]) -> bool:
    """Look at components as they are built into a node; returns whether there is nothing to say."""
    with locked(DEVENV / "lock"):
        program = provide("clang-tidy")
    place = compiled(node)
    folder = place.parent.parent / "src" / "esphome" / "components"
    sources = [path for name in components for path in sorted((folder / name).glob("*.cpp"))]  # fmt: skip
    return not subprocess.run(
        [program, f"--config-file={CONFIGURATION}", f"--header-filter={OURS}", "--quiet", "-p", place, *sources],
        cwd=ROOT,
        check=False,
    ).returncode  # fmt: skip


def main() -> int:
    """Look at all that has changed since nothing was to be said of it; returns the exit code."""
    if compiler() is None:
        say("no C++ compiler (g++ or clang++): clang-tidy has nothing to look at")
        return 0
    failed = []
    for name, components in NODES.items():
        node = ROOT / "tests" / "esphome" / f"{name}.yaml"
        seen = KEPT / "tidy" / name
        now = fingerprint(*node_sources(node), TIDY)
        if seen.exists() and seen.read_text() == now:
            continue
        say(f"clang-tidy: {', '.join(components)}")
        if check(node, components):
            seen.parent.mkdir(parents=True, exist_ok=True)
            seen.write_text(now)
        else:
            failed.append(name)
    return bool(failed)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as err:
        say(str(err))
        sys.exit(1)
