"""Topics as a nats-server spells them: there and back, and as a real one does it."""

from pathlib import Path

from hypothesis import given, strategies as st

from custom_components.maestra.core.nats.mqtt_spelling import (
    mqtt_of_subject,
    subject_of_mqtt,
)
from tests.kits.nats import NatsBroker

LEVELS = st.text(st.sampled_from("ab1.-_é"), max_size=4)
TOPICS = st.lists(LEVELS, min_size=1, max_size=5).map("/".join).filter(bool)
SPELLED = {
    "qs/v1/esp-1/events": "qs.v1.esp-1.events",
    "qs/v1/esp.1/events": "qs.v1.esp//1.events",
    "/lead": "/.lead",
    "trail/": "trail./",
    "a//b": "a./.b",
    "a/b.c/d": "a.b//c.d",
}


@given(TOPICS)
def test_a_topic_comes_back_as_it_was(topic: str) -> None:
    assert mqtt_of_subject(subject_of_mqtt(topic)) == topic


def test_filters_have_the_wildcards_of_subjects() -> None:
    assert subject_of_mqtt("qs/v1/+/events") == "qs.v1.*.events"
    assert subject_of_mqtt("qs/#") == "qs.>"


async def test_a_server_does_the_same(tmp_path: Path) -> None:
    async with (
        NatsBroker(tmp_path / "nats") as server,
        server.peer(subjects=[">"]) as nats,
        server.mqtt_peer() as mqtt,
    ):
        for topic, subject in SPELLED.items():
            assert subject_of_mqtt(topic) == subject
            assert mqtt_of_subject(subject) == topic
            await mqtt.publish(topic, topic)
            said = await nats.receives(subject)
            assert said.payload.decode() == topic
