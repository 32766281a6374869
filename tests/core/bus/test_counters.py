"""The traffic meter counts both directions, and times what comes in."""

import pytest

from custom_components.maestra.core.bus import Bus, Counters, Latency, TrafficMeter


@pytest.fixture
def traffic() -> TrafficMeter:
    """A meter that has counted nothing."""
    return TrafficMeter(Counters(), Latency(), Bus(), "gateway")


def test_incoming_messages_are_counted_and_timed(traffic: TrafficMeter) -> None:
    with traffic.incoming(12):
        pass

    assert traffic.counters.as_dict() == {"bytes_in": 12, "messages_in": 1}
    assert traffic.latency.quantile(0.5) is not None


def test_outgoing_messages_are_counted(traffic: TrafficMeter) -> None:
    traffic.outgoing(12)
    traffic.outgoing(20, 2)

    assert traffic.counters.as_dict() == {"bytes_out": 32, "messages_out": 3}
    assert traffic.latency.quantile(0.5) is None


def test_what_is_discarded_is_counted_and_not_timed(traffic: TrafficMeter) -> None:
    with traffic.incoming(12) as stopwatch:
        stopwatch.discard()

    assert traffic.counters["messages_in"] == 1
    assert traffic.latency.quantile(0.5) is None


def test_what_fails_is_counted_and_not_timed(traffic: TrafficMeter) -> None:
    with pytest.raises(ValueError), traffic.incoming(12):
        raise ValueError

    assert traffic.counters["messages_in"] == 1
    assert traffic.latency.quantile(0.5) is None
