"""Which versions of libraries we know from the inside: others are used by their public parts only."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from ..bus import get_logger

_LOGGER = get_logger(__name__)

TESTED: Final = {"nats-py": "2.16.0"}
"""Distributions of whose private parts we make use, each with the one version that this was tested with."""


def is_tested(distribution: str) -> bool:
    """Whether the installed version of a library is the one whose private parts we know. Blocks: call it at import."""
    try:
        installed = version(distribution)
    except PackageNotFoundError:
        installed = "unknown"
    if installed == TESTED[distribution]:
        return True
    _LOGGER.warning(
        "%s is installed as %s, and Maestra was tested with %s: only its public parts are used, which is slower",
        distribution,
        installed,
        TESTED[distribution],
    )
    return False
