"""What the cards of `dashboards/cards/` are built, checked and tested with: the npm packages of their lock file."""

from pathlib import Path
import subprocess

from .npm import install, locked_packages, this_machine
from .paths import ROOT
from .process import run, say

SOURCES = ROOT / "dashboards" / "cards"
PACKAGES = locked_packages(SOURCES / "package-lock.json")
ESBUILD = "node_modules/@esbuild/{os}-{cpu}/bin/esbuild".format_map(this_machine())

# Scripts that Node.js runs in the folder of the sources.
BUILD = ("build.mjs",)
TEST = ("node_modules/vitest/vitest.mjs", "run")
CHECKS = (
    ("node_modules/typescript/bin/tsc", "--noEmit"),
    ("node_modules/eslint/bin/eslint.js", "--max-warnings=0", "."),
    ("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."),
)


def make(prefix: Path, _node: Path) -> None:
    """Unpack the packages in `prefix`, and link to them from the sources: there Node.js and editors look for them."""
    install(PACKAGES, prefix)
    link = SOURCES / "node_modules"
    link.unlink(missing_ok=True)
    link.symlink_to(prefix / "node_modules")


def build(variables: dict[str, str]) -> str:
    """Build the cards into the integration; returns what was built."""
    return run([variables["MAESTRA_NODE"], *BUILD], cwd=SOURCES, env=variables)


def check(variables: dict[str, str]) -> list[str]:
    """Run every check; returns those that failed."""
    failed = []
    for words in CHECKS:
        name = Path(words[0]).stem
        say(f"cards: {name}")
        command = [variables["MAESTRA_NODE"], *words]
        if subprocess.run(command, cwd=SOURCES, env=variables, check=False).returncode:
            failed.append(name)
    return failed
