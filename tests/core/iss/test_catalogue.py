"""The catalogue of channels."""

import re

import pytest

from custom_components.maestra.core.iss.catalogue import (
    CATALOGUE,
    DEFAULT_CHANNELS,
    STATE_VECTOR,
    TEAMS,
    TIME,
    channels_of,
    meaning_of,
)

NAMES = {"LABCAM", "SPDMLEE", "SSRMS"}
"""Machines, by their short names."""


def test_all_channels_are_there() -> None:
    """301 of the dictionary, 39 of the robots, each with a team."""
    assert len(CATALOGUE) == 301 + 39
    assert sum(len(channels_of(team)) for team in TEAMS) == len(CATALOGUE)
    assert {*DEFAULT_CHANNELS, *STATE_VECTOR, TIME} <= CATALOGUE.keys()
    assert all(channel.label for channel in CATALOGUE.values())


def test_what_a_channel_is() -> None:
    """Unit, measure, and what codes stand for."""
    tank = CATALOGUE["NODE3000005"]
    assert (tank.label, tank.unit, tank.measure) == ("Urine Tank Qty", "%", None)
    assert CATALOGUE["USLAB000059"].measure == "temperature"
    assert CATALOGUE["USLAB000059"].is_inferred
    assert CATALOGUE["S0000003"].team == "SPARTAN"
    assert meaning_of("NODE3000004", 32) == "Standby"
    assert meaning_of("NODE3000004", 3) is None
    assert meaning_of("NODE3000004", 2.5) is None
    assert meaning_of("NODE3000005", 2) is None
    assert meaning_of("CSASSRMS002", 63) == "Undefined"
    assert meaning_of("NOBODY", 2) is None


@pytest.mark.parametrize(
    "meaning",
    sorted(
        {
            meaning
            for channel in CATALOGUE.values()
            for meaning in (channel.legend or {}).values()
        }
    ),
)
def test_meanings_are_words(meaning: str) -> None:
    """No underscores, no shouting: capitals are for names and short forms only."""
    assert "_" not in meaning
    shouted = re.findall(r"\b[A-Z]{5,}\b", meaning)
    assert set(shouted) <= NAMES
