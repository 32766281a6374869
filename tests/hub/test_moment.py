"""Times of actions: what is outside the calendar, in whatever zone it is told."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import probatio
import pytest

from custom_components.maestra.hub.actions import moment
from homeassistant.util import dt as dt_util


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest) -> Generator[None]:
    """Home Assistant is somewhere."""
    before = dt_util.DEFAULT_TIME_ZONE
    dt_util.set_default_time_zone(ZoneInfo(request.param))
    yield
    dt_util.set_default_time_zone(before)


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    "value",
    [
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00",
        -62_135_596_800,
        253_402_300_799.0,
        10**400,
        1e300,
        float("nan"),
        "\ud800",
        "soon",
    ],
)
def test_what_no_zone_can_tell_is_refused(value: Any) -> None:
    with pytest.raises(probatio.Invalid):
        moment(value)


@pytest.mark.parametrize("value", ["0002-01-01", "9998-12-31T23:59:59+00:00", 0, "2026-12-01T00:00:00+01:00"])  # fmt: skip
def test_what_is_taken_can_be_told_in_any_zone(value: Any) -> None:
    found = moment(value)
    assert found.tzinfo == UTC
    for hours in (-12, 14):
        _ = found + timedelta(hours=hours)
    assert isinstance(dt_util.as_local(found), datetime)
