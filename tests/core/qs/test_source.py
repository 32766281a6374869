"""The source on a broker, without a database: what reached Home Assistant and the disk is acknowledged."""

from dataclasses import replace
from pathlib import Path

from custom_components.maestra.core.qs.events import TelemetryIdReused
from custom_components.maestra.core.qs.registry import Mismatch
from tests.kits.broker import Broker
from tests.kits.qs import PACIFIC, QsKit, event, qs_on_broker


async def test_the_documented_event(qs: QsKit) -> None:
    """It comes in, and its device is told, as it always was."""
    await qs.sends(
        {
            "schema": 1,
            "event_id": "test-001",
            "device_id": "test-device",
            "event_type": "test",
            "value": 42,
        },
        device_id="test-device",
    )
    ack = await qs.mqtt.receives("qs/v1/test-device/acks")
    assert ack.json == {
        "schema": 1,
        "event_id": "test-001",
        "device_id": "test-device",
        "status": "stored",
    }
    assert (ack.qos, ack.retain) == (1, False)
    assert [it.event.value for it in qs.heard] == [42.0]


async def test_events_at_qos_0_are_acknowledged_too(qs: QsKit) -> None:
    """The sample firmware sends them so."""
    await qs.sends(event("a"), qos=0)
    await qs.acks("a")


async def test_a_bad_element_does_not_stop_the_rest(qs: QsKit) -> None:
    """It alone becomes a dead letter, which says where it stood."""
    await qs.sends(event("b-1"), {"schema": 1, "event_id": "b-2"}, event("b-3"))
    await qs.acks("b-1", "b-3")
    letter = await qs.buries()
    assert letter == {
        "error": "missing required field device_id",
        "topic": "qs/v1/esp32-01/events",
        "payload": '{"schema":1,"event_id":"b-2"}',
        "trace": "element 1 of 3: missing required field device_id",
        "index": 1,
        "stored": 2,
    }
    assert [it.error for it in qs.registry.dead_letters] == [
        "missing required field device_id"
    ]


async def test_an_empty_batch_is_nothing(qs: QsKit) -> None:
    """No acknowledgement, no dead letter; the next message is heard."""
    await qs.mqtt.publish("qs/v1/esp32-01/events", "[]")
    await qs.sends(event("a"))
    await qs.acks("a")
    assert qs.mqtt.collect() == []


async def test_no_json_is_one_dead_letter(qs: QsKit) -> None:
    """At most 2000 characters of it."""
    await qs.mqtt.publish("qs/v1/esp32-01/events", "{" * 3_000)
    letter = await qs.buries()
    assert letter["payload"] == "{" * 2_000
    assert letter["error"].startswith("not JSON")
    assert "Traceback" not in letter["trace"]


async def test_a_repeated_event_is_acknowledged_again(qs: QsKit) -> None:
    """It is told inside once."""
    for _ in range(3):
        await qs.sends(event("a"))
        await qs.acks("a")
    assert qs.new() == ["a"]
    assert qs.source.counters["duplicates"] == 2


async def test_a_repeated_event_is_known_after_a_restart(
    broker: Broker, tmp_path: Path
) -> None:
    """The window is on disk before the device is told."""
    async with qs_on_broker(broker, tmp_path) as qs:
        await qs.sends(event("a"))
        await qs.acks("a")
    async with qs_on_broker(broker, tmp_path) as qs:
        await qs.sends(event("a"), event("b"))
        await qs.acks("a", "b")
        assert qs.new() == ["b"]


async def test_an_id_with_other_content_is_told_of(qs: QsKit) -> None:
    """A device that counts from the start again loses nothing, and its reused id is found once."""
    told: list[TelemetryIdReused] = []
    qs.domain.bus.subscribe(TelemetryIdReused, told.append)
    for value in (1, 2, 2):
        await qs.sends(event("esp32-01-1000", value=value))
        await qs.acks("esp32-01-1000")
    assert [(it.device_id, it.event_id) for it in told] == [
        ("esp32-01", "esp32-01-1000")
    ]
    assert qs.new() == ["esp32-01-1000", "esp32-01-1000"]
    node = qs.registry.nodes.get("esp32-01")
    assert node
    assert (node.accepted, node.duplicates, node.ids_reused) == (2, 1, 1)


async def test_another_device_than_the_topic_is_warned_of(qs: QsKit) -> None:
    """It is acknowledged to the device that the event names."""
    await qs.sends(event("a", "other"))
    await qs.acks("a", device_id="other")
    assert qs.source.counters["mismatched"] == 1


async def test_another_device_than_the_topic_can_be_refused(qs: QsKit) -> None:
    """Alone: the rest of the batch is taken."""
    qs.registry.settings = replace(PACIFIC, mismatch=Mismatch.REFUSE)
    await qs.sends(event("a", "other"), event("b"))
    await qs.acks("b")
    letter = await qs.buries(index=0)
    assert letter["error"] == "device_id: not the device of the topic"


async def test_a_device_id_with_wildcards_is_refused(qs: QsKit) -> None:
    """Nobody could be told at that topic."""
    await qs.sends(event("a", "#"), event("b", "x/y"), event("c"))
    await qs.acks("c")
    for index in range(2):
        await qs.buries(index=index, error="device_id: not one level of a topic")


async def test_sources_of_a_group_share_the_messages(qs: QsKit) -> None:
    """The subscription moves to the group while it runs."""
    qs.registry.settings = replace(PACIFIC, group="maestra")
    await qs.broker.logged("$share/maestra/qs/v1/+/events")
    await qs.sends(event("a"))
    await qs.acks("a")
    assert qs.new() == ["a"]


async def test_a_dead_letter_is_replayed_with_other_content(qs: QsKit) -> None:
    """It is gone then."""
    await qs.sends({"schema": 1})
    await qs.buries()
    (letter,) = qs.registry.dead_letters
    qs.registry.replay(
        letter.id, '{"schema":1,"event_id":"a","device_id":"x","event_type":"t"}'
    )
    await qs.acks("a", device_id="x")
    assert list(qs.registry.dead_letters) == []
