"""Stands in for pymicro-vad, which has no wheel for Python 3.14: imported at start, never called."""


class MicroVad:
    """Voice activity detection, which nothing here asks for."""
