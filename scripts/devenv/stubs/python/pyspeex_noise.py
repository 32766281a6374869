"""Stands in for pyspeex-noise, which has no wheel for Python 3.14: imported at start, never called."""


class AudioProcessor:
    """Noise suppression, which nothing here asks for."""
