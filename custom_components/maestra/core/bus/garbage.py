"""Garbage collections in a process that keeps thousands of messages until they are acknowledged."""

import gc
from typing import Final

YOUNG: Final = 20_000
"""Objects that come before the young ones are looked at. In a flood some thousand wait to be acknowledged: with Python's
own 2 000, most of what is looked at is still in use, and looked at again as it grows old."""


def collect_less() -> None:
    """Leave out of collections all that is there, and look at young objects less often: for a process of our own, once it has loaded what it works with."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
