"""The catalogue of channels."""

from custom_components.maestra.core.iss.catalogue import (
    CATALOGUE,
    DEFAULT_CHANNELS,
    STATE_VECTOR,
    TEAMS,
    TIME,
    channels_of,
    meaning_of,
)


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
    assert meaning_of("NODE3000004", 32) == "STANDBY"
    assert meaning_of("NODE3000004", 3) is None
    assert meaning_of("NODE3000004", 2.5) is None
    assert meaning_of("NODE3000005", 2) is None
    assert meaning_of("CSASSRMS002", 63) == "undefined"
    assert meaning_of("NOBODY", 2) is None
