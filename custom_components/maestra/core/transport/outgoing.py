"""What we say ourselves, on its way to a broker or server."""

from collections.abc import Callable, Iterable

from ..bus import TrafficMeter
from ..domain.errors import MaestraError


def publish_each(
    publish: Callable[[str], None],
    places: Iterable[str],
    payload: bytes,
    traffic: TrafficMeter,
) -> None:
    """Publish a payload on each of these topics or subjects.

    The protocol is at most once: what can't be sent, for whatever reason, is counted and never sent late.
    """
    sent, is_watched = 0, traffic.is_watched
    for place in places:
        try:
            publish(place)
        except MaestraError:
            traffic.counters.add("unsent")
        else:
            sent += 1
            if is_watched:
                traffic.show(place, payload, is_incoming=False)
    if sent:
        traffic.outgoing(sent * len(payload), sent)
