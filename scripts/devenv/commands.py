"""What each command needs and what it runs."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import subprocess
from typing import NoReturn

from . import cards
from .environment import environment
from .paths import DEVENV, ROOT, VENV, VENV_PYTHON
from .process import SetupError, locked, run, say
from .python import ensure_home_assistant, ensure_venv
from .shipped import copy_blueprints
from .tools import TOOLS

SERVERS = ("mosquitto", "postgresql", "nats-server")
"""What the development server and the tests start."""

CARD_TOOLS = ("node", "card-tools")
"""What the cards are built and checked with."""

TEST_TOOLS = (*CARD_TOOLS, "pglite", "phoenix", "chromium")
"""What only tests need."""

MEMORY = Path("/dev/shm")  # noqa: S108  whoever runs the tests has a folder of their own there
"""Where files are made without a disk: databases of tests are there in a quarter of the time."""

MEMORY_NEEDED = 8 * 2**30
"""Bytes that must be free there; a run takes less than one tenth."""

WORKERS = 4
"""Tests at a time; on two cores too, as they often wait for a server or a clock."""

PARALLEL = (
    "-n",
    str(WORKERS),
    # Tests of a group, and of a file, run one after the other.
    "--dist",
    "loadgroup",
    "--no-loadscope-reorder",
    "-p",
    "tests.kits.scheduling",
)

FULL_RUN = (*PARALLEL, "--cov", "--cov-report", "term:skip-covered")
"""Options of a test run without arguments; the coverage it must reach is in pyproject.toml."""

CORE_OPTION = "--core"
CORE_RUN = (
    *PARALLEL,
    # Neither Home Assistant's test kit nor the fixtures that need it.
    "-p",
    "no:homeassistant",
    "--confcutdir=tests/core",
    "--override-ini=testpaths=tests/core",
)
"""Options of a test run of the library alone."""

CHECKS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("lint-imports",),
    ("vulture",),
    ("yamllint", "--strict", "."),
    ("codespell",),
)

TIDY_OPTION = "--tidy"
"""Lets clang-tidy look at the C++ too, which takes minutes after a change."""

LONG_FILE = 500
"""Lines above which a file wants a second look."""


def main(command: str, arguments: list[str]) -> int:
    """Run one command; returns its exit code, unless the process became the program itself."""
    try:
        return _COMMANDS[command](arguments)
    except SetupError as err:
        say(str(err))
        return 1
    except KeyboardInterrupt:
        return 130


def prepare(*tools: str) -> dict[str, str]:
    """Make sure of the virtual environment and of `tools`; returns the environment variables.

    With `MAESTRA_HOME_ASSISTANT` in the environment (`oldest`, `newest` or a version) it is that Home Assistant which
    the development server starts: its program is in `MAESTRA_HASS`.
    """
    with locked(DEVENV / "lock"):
        ensure_venv()
        variables = environment(*tools)
        if wanted := os.environ.get("MAESTRA_HOME_ASSISTANT"):
            variables["MAESTRA_HASS"] = str(ensure_home_assistant(wanted))
        return variables


def setup(arguments: list[str]) -> int:
    """Set up what every command needs, and the tools named in the arguments."""
    if unknown := [name for name in arguments if name not in TOOLS]:
        raise SetupError(
            f"unknown: {', '.join(unknown)}. There are: {', '.join(TOOLS)}"
        )
    variables = prepare(*dict.fromkeys((*SERVERS, *TEST_TOOLS, *arguments)))
    print(f"python {VENV_PYTHON}")
    for name in TOOLS:
        if path := variables.get(TOOLS[name].variable):
            print(f"{name} {path}")
    return 0


def develop(arguments: list[str]) -> NoReturn:
    """Become the development server, once the nodes of its demo are built."""
    variables = prepare(*SERVERS)
    if not {"--no-demo", "-h", "--help"}.intersection(arguments):
        command = [str(VENV_PYTHON), "-m", "scripts.nodes"]
        # The demo goes without those that can't be built.
        subprocess.run(command, cwd=ROOT, env=variables, check=False)
    _become([VENV_PYTHON, "-m", "scripts.stack", *arguments], variables)


def test(arguments: list[str]) -> NoReturn:
    """Become pytest; a run without arguments is the full one, with `--core` the library's."""
    variables = prepare(*SERVERS, *TEST_TOOLS)
    if _is_fast(MEMORY):
        variables.setdefault("TMPDIR", str(MEMORY))
    os.chdir(ROOT)
    options: list[str] = [*(arguments or FULL_RUN)]
    if CORE_OPTION in arguments:
        options.remove(CORE_OPTION)
        options = [*CORE_RUN, *options]
    _become([VENV_PYTHON, "-m", "pytest", *options], variables)


def bench(arguments: list[str]) -> NoReturn:
    """Become the benchmarks."""
    variables = prepare(*SERVERS, "chromium")
    os.chdir(ROOT)
    _become([VENV_PYTHON, "-m", "scripts.benchmarks", *arguments], variables)


def build_cards(_arguments: list[str]) -> int:
    """Build what ships in the integration's folder."""
    copy_blueprints()
    print(cards.build(prepare(*CARD_TOOLS)), end="")
    return 0


def faults(arguments: list[str]) -> NoReturn:
    """Become the faults."""
    variables = prepare(*SERVERS)
    os.chdir(ROOT)
    _become([VENV_PYTHON, "-m", "scripts.fault_matrix", *arguments], variables)


def lint(arguments: list[str]) -> int:
    """Run every check, even after one has failed."""
    is_tidy = TIDY_OPTION in arguments
    variables = prepare(*CARD_TOOLS, "esphome", *["clang-tidy"] * is_tidy)
    failed = cards.check(variables)
    for name, words in _checks(Path(variables[TOOLS["esphome"].variable]), is_tidy):
        say(name)
        if subprocess.run(words, cwd=ROOT, env=variables, check=False).returncode:
            failed.append(name)
    for file, lines in _long_files():
        say(f"{file.relative_to(ROOT)} has {lines} lines: is it about one thing?")
    if failed:
        say(f"failed: {', '.join(failed)}")
    return bool(failed)


def _checks(esphome: Path, is_tidy: bool) -> Iterator[tuple[str, list[str | Path]]]:
    """Yield what is run: what it is called, and its words."""
    for program, *words in CHECKS:
        yield " ".join((program, *words)), [VENV / "bin" / program, *words]
    sources = run(["git", "ls-files", "*.h", "*.cpp"], cwd=ROOT).split()
    yield (
        "clang-format",
        [
            esphome.with_name("clang-format"),
            *("--style=file", "--dry-run", "-Werror"),
            *filter(Path.is_file, map(ROOT.joinpath, sources)),
        ],
    )
    if is_tidy:
        yield "clang-tidy", [VENV_PYTHON, "-m", "scripts.tidy"]


def _long_files() -> Iterator[tuple[Path, int]]:
    """Yield the Python files that are longer than most, longest first; no failure, a hint."""
    files = run(["git", "ls-files", "*.py"], cwd=ROOT).splitlines()
    lengths = [
        (file, file.read_bytes().count(b"\n"))
        for file in map(ROOT.joinpath, files)
        if file.exists()
    ]
    for file, lines in sorted(lengths, key=lambda pair: -pair[1]):
        if lines > LONG_FILE:
            yield file, lines


def _is_fast(folder: Path) -> bool:
    """Tell whether tests may have their files in this folder of the memory: there is room, and programs run there."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    has_room = found.f_bavail * found.f_frsize >= MEMORY_NEEDED
    return has_room and not found.f_flag & os.ST_NOEXEC


def _become(command: list[str | Path], variables: dict[str, str]) -> NoReturn:
    """Replace this process, so that signals and the exit code need no passing on."""
    words = [str(word) for word in command]
    os.execve(words[0], words, variables)


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "bench": bench,
    "cards": build_cards,
    "develop": develop,
    "faults": faults,
    "lint": lint,
    "setup": setup,
    "test": test,
}
