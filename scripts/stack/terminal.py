"""What the person at the terminal is told."""

import sys


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(f"develop: {text}", file=sys.stderr, flush=True)
