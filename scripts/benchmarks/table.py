"""Results as plain text and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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
