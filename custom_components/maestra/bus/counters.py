"""Named counts of what passed and what was refused."""

from collections import Counter


class Counters:
    """Counts since the start, by name.

    Names are chosen by the code, never by a client, so their number is bounded.
    """

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        """Start at zero."""
        self._counts: Counter[str] = Counter()

    def add(self, name: str, amount: int = 1) -> None:
        """Count `amount` more of `name`."""
        self._counts[name] += amount

    def __getitem__(self, name: str) -> int:
        """Return the count of `name`, 0 when it never happened."""
        return self._counts[name]

    def as_dict(self) -> dict[str, int]:
        """Return all counts by name, sorted."""
        return dict(sorted(self._counts.items()))
