"""Telling what happens to streams: which topics, which keys."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import (
    UnknownSession,
    UnknownStream,
    UnknownSubscriber,
)
from custom_components.maestra.core.domain.events import StreamHeard
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.transport.commands import run_command
from custom_components.maestra.core.transport.event_encoder import (
    ENCODED_EVENTS,
    EncodedEvent,
    EventEncoder,
    Wires,
)
from custom_components.maestra.core.transport.subjects import (
    is_subject,
    subject_of_topic,
)
from tests.core.domain.test_streams import CAM, DESK, WALL

NATS = Source(None, "nats-1")


class Wire:
    """What would be sent on one kind of wire."""

    def __init__(self, domain: Domain, wires: Wires) -> None:
        self._wires = wires
        self._encoder = EventEncoder()
        self._told: list[EncodedEvent] = []
        for kind in ENCODED_EVENTS:
            domain.bus.subscribe(kind, self._tell)

    def _tell(self, event: object) -> None:
        self._told += [
            announcement
            for announcement in self._encoder.encode(event)
            if self._wires in announcement.wires
        ]

    def take(self) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Return topics and bodies since the last time, bodies without their times."""
        told, self._told = self._told, []
        for announcement in told:
            assert announcement.qos == 0
            assert all(
                is_subject(subject_of_topic(topic)) for topic in announcement.topics
            )
            body = orjson.loads(announcement.payload)
            assert body.pop("timestamp", "Z").endswith("Z")
            assert body.pop("started_at", "Z").endswith("Z")
            yield announcement.topics, body


@pytest.fixture
def domain() -> Domain:
    return Domain(Bus())


@pytest.fixture
def mqtt(domain: Domain) -> Wire:
    return Wire(domain, Wires.MQTT)


@pytest.fixture
def subjects(domain: Domain) -> Wire:
    return Wire(domain, Wires.SUBJECTS)


def test_an_advertised_stream(domain: Domain, mqtt: Wire, subjects: Wire) -> None:
    stream = domain.streams.advertise(CAM | {"config": {"fps": 50}})
    topics = ("maestra/stream/advertise/video", "maestra/stream/advertise")
    form = {
        "id": stream.id,
        "name": "Front camera",
        "stream_type": "video",
        "publisher_id": "cam-1",
        "address": "10.0.0.7",
        "port": 9000,
        "config": {"fps": 50},
    }
    assert list(mqtt.take()) == [(topics, form | {"delivery_mode": "unicast"})]
    assert list(subjects.take()) == [
        (
            topics,
            {
                "type": "stream_advertised",
                "stream_id": stream.id,
                "stream_type": "video",
                "publisher_id": "cam-1",
                "name": "Front camera",
            },
        )
    ]
    domain.streams.heartbeat(stream.id)
    assert list(mqtt.take()) == [(topics, form)]
    assert list(subjects.take()) == []


def test_a_multicast_stream(domain: Domain, mqtt: Wire) -> None:
    domain.streams.advertise(WALL)
    ((_, body),) = mqtt.take()
    assert body["delivery_mode"] == "multicast"
    assert (body["multicast_group"], body["multicast_port"]) == ("239.1.2.3", 5004)


def test_the_end_of_a_stream(domain: Domain, mqtt: Wire, subjects: Wire) -> None:
    """It is told on MQTT too, not where publishers withdraw."""
    stream = domain.streams.advertise(CAM)
    list(mqtt.take()), list(subjects.take())
    domain.streams.withdraw(stream.id)
    body = {
        "type": "stream_withdrawn",
        "stream_id": stream.id,
        "stream_type": "video",
        "name": "Front camera",
        "reason": "withdrawn",
    }
    assert list(mqtt.take()) == [(("maestra/stream/ended/video",), body)]
    assert list(subjects.take()) == [((f"maestra/stream/withdraw/{stream.id}",), body)]


async def test_a_session(domain: Domain, mqtt: Wire, subjects: Wire) -> None:
    stream = domain.streams.advertise(CAM)
    list(mqtt.take()), list(subjects.take())
    session = await domain.streams.request(stream.id, DESK)
    domain.streams.stop_session(session.id, error="cable")
    told = list(mqtt.take())
    assert told == list(subjects.take())
    assert told == [
        (
            ("maestra/stream/session/started",),
            {
                "type": "session_started",
                "session_id": session.id,
                "stream_id": stream.id,
                "stream_name": "Front camera",
                "stream_type": "video",
                "publisher_id": "cam-1",
                "publisher_address": "10.0.0.7",
                "publisher_port": "9000",
                "consumer_id": "desk",
                "consumer_address": "10.0.0.9",
                "protocol": "srt",
                "transport_config": {},
                "status": "active",
            },
        ),
        (
            ("maestra/stream/session/stopped",),
            {
                "type": "session_stopped",
                "session_id": session.id,
                "stream_id": stream.id,
                "reason": "stopped",
                "error": "cable",
            },
        ),
    ]


def test_a_subscriber(domain: Domain, mqtt: Wire, subjects: Wire) -> None:
    stream = domain.streams.advertise(WALL)
    list(mqtt.take()), list(subjects.take())
    subscriber = domain.streams.join(stream.id, DESK)
    domain.streams.leave(stream.id, subscriber.id)
    told = list(mqtt.take())
    assert told == list(subjects.take())
    assert told == [
        (
            ("maestra/stream/subscriber/joined",),
            {
                "type": "subscriber_joined",
                "subscriber_id": subscriber.id,
                "stream_id": stream.id,
                "consumer_id": "desk",
                "consumer_address": "10.0.0.9",
                "multicast_group": "239.1.2.3",
                "multicast_port": 5004,
            },
        ),
        (
            ("maestra/stream/subscriber/left",),
            {
                "type": "subscriber_left",
                "subscriber_id": subscriber.id,
                "stream_id": stream.id,
                "reason": "left",
            },
        ),
    ]


async def test_heartbeats_on_subjects(domain: Domain) -> None:
    """Whatever the body is, the subject says who is alive."""
    heard: list[StreamHeard] = []
    domain.bus.subscribe(StreamHeard, heard.append)
    cam, wall = domain.streams.advertise(CAM), domain.streams.advertise(WALL)
    session = await domain.streams.request(cam.id, DESK)
    subscriber = domain.streams.join(wall.id, DESK)
    for subject in (
        f"maestra.stream.heartbeat.{cam.id}",
        f"maestra.stream.session.heartbeat.{session.id}",
        f"maestra.stream.subscriber.heartbeat.{subscriber.id}",
    ):
        assert run_command(domain, subject, None, NATS)
    assert [event.stream for event in heard] == [cam]
    assert cam.gateway == "nats-1"


@pytest.mark.parametrize(
    ("subject", "rejection"),
    [
        ("maestra.stream.heartbeat.x", UnknownStream),
        ("maestra.stream.session.heartbeat.x", UnknownSession),
        ("maestra.stream.subscriber.heartbeat.x", UnknownSubscriber),
    ],
)
def test_heartbeats_of_nobody(
    domain: Domain, subject: str, rejection: type[Exception]
) -> None:
    with pytest.raises(rejection):
        run_command(domain, subject, {}, NATS)
