"""How F2 controllers are read."""

from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo

from .numbers import Numbers
from .templates import SensorTemplates


@dataclass(frozen=True, kw_only=True)
class F2Settings:
    """`zone` is that of controllers' clocks unless theirs is said; `salt` keeps credentials' hashes ours alone.

    `templates` and `numbers` are one for the whole house: every F2 source has the same. `salt` is a secret
    of 16 bytes or more that stays the same for as long as hashes are to be compared.
    """

    salt: bytes = field(repr=False)
    zone: tzinfo = UTC
    templates: SensorTemplates = field(default_factory=SensorTemplates, repr=False)
    numbers: Numbers = field(default_factory=Numbers, repr=False)
    confirm_timeout: timedelta = timedelta(seconds=5)
    """How long a strike or siren has to say what it does."""
    max_clock_error: timedelta = timedelta(minutes=10)
    """Readings whose device time is further away from ours are stored with ours."""
    max_discovered: int = 200
    """Controllers that nobody has set up and are remembered; the one silent longest goes."""
