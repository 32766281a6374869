"""The channels by code and by discipline, and those that most people want."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .catalogue_channels import CHANNELS
from .channel import Channel

TIME: Final = "TIME_000001"
"""The station's clock: what tells whether telemetry comes live."""
STATE_VECTOR: Final = tuple(f"USLAB0000{number}" for number in range(32, 38))
"""Where the station is (x, y, z in km) and how fast (m/s), in the frame of J2000."""

CATALOGUE: Final[Mapping[str, Channel]] = MappingProxyType(
    {channel.id: channel for channel in CHANNELS}
)

TEAMS: Final[Mapping[str, str]] = {
    "ETHOS": "Environment and life support",
    "ADCO": "Attitude",
    "SPARTAN": "Power and cooling",
    "CATO": "Communications",
    "CDH": "Computers",
    "EVA": "Spacewalks and airlock",
    "VVO": "Visiting vehicles",
    "ODIN": "Onboard data",
    "TOPO": "Trajectory",
    "CSA": "Robotics",
    "TIME": "Time",
}
"""The disciplines by the code of their team, in the order in which people look for them."""

DEFAULT_CHANNELS: Final = (
    "NODE3000004",
    "NODE3000005",
    "NODE3000006",
    "NODE3000008",
    "NODE3000009",
    "NODE3000010",
    "NODE3000011",
    "USLAB000053",
    "USLAB000054",
    "USLAB000055",
    "USLAB000058",
    "USLAB000059",
    "AIRLOCK000049",
    "AIRLOCK000054",
    "USLAB000010",
    "USLAB000012",
    "USLAB000039",
    "USLAB000040",
    "USLAB000PIT",
    "USLAB000ROL",
    "USLAB000YAW",
    "P1000003",
    "S1000003",
    "S4000001",
    "P4000001",
    "S0000003",
    "S0000004",
    "Z1000013",
    "USLAB000086",
    "USLAB000081",
    "RUSSEG000001",
    "USLAB000102",
)


def channels_of(team: str) -> tuple[Channel, ...]:
    """Return the channels that are shown with a team, in the order of the dictionary."""
    return tuple(channel for channel in CHANNELS if channel.team == team)


def meaning_of(channel_id: str, value: float) -> str | None:
    """Return what a value of a channel stands for; None where it is just a number."""
    channel = CATALOGUE.get(channel_id)
    return channel.meaning(value) if channel else None
