"""Figures as plain text, as JSON, and in a page of `docs/`, with what they were measured on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
import os
from pathlib import Path
import platform
import subprocess
from typing import Any, Final

from scripts.devenv.paths import ROOT

DOCS: Final = ROOT / "docs"

type Cell = str | float | int | None


@dataclass
class Table:
    """One figure: a heading, columns, rows, and what to know about them."""

    title: str
    columns: Sequence[str]
    notes: Sequence[str] = ()
    rows: list[Sequence[Cell]] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """Add a row."""
        self.rows.append(cells)

    def as_dict(self) -> dict[str, Any]:
        """Return the rows by column."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "notes": list(self.notes)}

    def as_markdown(self) -> str:
        """Return the table for a page, with its title above and its notes below."""
        texts = [[_text(cell) for cell in row] for row in [self.columns, *self.rows]]
        lines = [f"| {' | '.join(row)} |" for row in texts]
        lines.insert(1, f"|{'---|' * len(self.columns)}")
        notes = [f"- {note}" for note in self.notes]
        return "\n".join(
            [f"**{self.title}**", "", *lines, *([""] if notes else []), *notes]
        )

    def __str__(self) -> str:
        """Return the table as text, numbers to the right."""
        texts = [[_text(cell) for cell in row] for row in [self.columns, *self.rows]]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        lines = [
            "  ".join(
                text.rjust(width) if number else text.ljust(width)
                for number, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in texts
        ]
        return "\n".join(
            [
                self.title,
                *(f"  {line}" for line in lines),
                *(f"  {note}" for note in self.notes),
            ]
        )


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return "-"
        case float() if abs(cell) < 10:
            return f"{cell:.2f}"
        case float() if abs(cell) < 100:
            return f"{cell:.1f}"
        case float() | int():
            return f"{cell:,.0f}".replace(",", " ")
    return cell


def machine() -> str:
    """Return on what is measured, and how busy it is at the moment."""
    return (
        f"Home Assistant {version('homeassistant')}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} at the start"
    )


def commit() -> str:
    """Return which version of the working copy this is; what only `docs/` differs in is the same."""
    try:
        found = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--", ".", ":!docs")
    except FileNotFoundError, subprocess.CalledProcessError:
        return "an unknown version"
    return f"commit {found}" + (" with changes" if changed else "")


def provenance(command: str, machine: str) -> str:
    """Return the line below a table that says what made it."""
    return f"*`{command}`, {commit()}, {datetime.now(UTC):%Y-%m-%d}; {machine}.*"


def publish(page: Path, name: str, text: str) -> None:
    """Put a text into its place in a page: between `<!-- NAME -->` and `<!-- /NAME -->`. Raises ValueError where there is none."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = page.read_text("utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} has no place for {name}")
    page.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", "utf-8")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True)  # fmt: skip
    return done.stdout.strip()
