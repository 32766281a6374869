"""The streams as cards follow them."""

from custom_components.maestra.core.domain.events import SessionHeard, StreamHeard
from custom_components.maestra.features.streams import live
from homeassistant.auth.permissions.system_policies import READ_ONLY_POLICY
from tests.kits.hub import HubKit
from tests.kits.live import Follow


async def test_a_stream_with_who_receives_it(hub_kit: HubKit, follow: Follow) -> None:
    stream = await hub_kit.advertises("Front")
    card = await follow("streams")
    await card.push()
    assert card.things is not None
    shown = card.things[stream.id]
    assert (shown["name"], shown["type_name"]) == ("Front", "Video")
    assert (shown["publisher"], shown["protocol"]) == ("td-1", "srt")
    assert (shown["address"], shown["port"]) == ("192.0.2.30", 9000)
    assert (shown["can_control"], shown["can_preview"]) == (True, False)
    assert shown["consumers"] == []
    assert shown["device_id"]

    session = await hub_kit.requests(stream)
    hub_kit.domain.streams.session_heartbeat(session.id, 4_096)
    things = await card.until(
        lambda things: (
            things[stream.id]["consumers"]
            and things[stream.id]["consumers"][0]["bytes"]
        )
    )
    (consumer,) = things[stream.id]["consumers"]
    assert (consumer["id"], consumer["name"]) == (session.id, "screen")
    assert (consumer["address"], consumer["bytes"]) == ("192.0.2.40", 4_096)

    hub_kit.domain.streams.stop_session(session.id)
    await card.until(lambda things: not things[stream.id]["consumer_count"])
    await hub_kit.withdraws(stream)
    await card.until(lambda things: things[stream.id] is None)


async def test_who_listens_to_a_group_is_a_consumer_too(
    hub_kit: HubKit, follow: Follow
) -> None:
    stream = await hub_kit.advertises(
        "Mix", stream_type="audio", multicast_group="239.0.0.1", multicast_port=5000
    )
    card = await follow("streams")
    await card.push()
    assert card.things is not None
    # Nobody asks a group's publisher to send to us too.
    assert not card.things[stream.id]["can_preview"]

    streams = hub_kit.domain.streams
    joined = [
        streams.join(stream.id, {"consumer_id": f"desk-{n}", "consumer_address": "x"})
        for n in range(live.MAX_CONSUMERS + 1)
    ]
    things = await card.until(lambda things: things[stream.id]["consumer_count"])
    shown = things[stream.id]
    assert shown["multicast_group"] == "239.0.0.1"
    assert shown["consumer_count"] == len(joined)
    assert len(shown["consumers"]) == live.MAX_CONSUMERS
    assert shown["consumers"][0]["bytes"] is None
    streams.leave(stream.id, joined[0].id)
    await card.until(
        lambda things: things[stream.id]["consumer_count"] == live.MAX_CONSUMERS
    )


async def test_who_may_only_read_is_told_so(hub_kit: HubKit, follow: Follow) -> None:
    stream = await hub_kit.advertises("Desk", stream_type="osc")
    card = await follow("streams", READ_ONLY_POLICY)
    await card.push()
    assert card.things is not None
    shown = card.things[stream.id]
    assert (shown["can_control"], shown["can_preview"]) == (False, False)
    card = await follow("streams")
    await card.push()
    assert card.things is not None
    assert card.things[stream.id]["can_preview"]


async def test_nothing_is_followed_where_nobody_looks(
    hub_kit: HubKit, follow: Follow
) -> None:
    bus = hub_kit.domain.bus
    card = await follow("streams")
    await card.push()
    assert bus.has_listeners(SessionHeard)
    await card.leave()
    assert not bus.has_listeners(SessionHeard)


async def test_a_sign_of_life_makes_it_younger(hub_kit: HubKit, follow: Follow) -> None:
    stream = await hub_kit.advertises("Front")
    heard = hub_kit.notified(StreamHeard)
    card = await follow("streams")
    await card.push()
    assert card.things is not None
    before = card.things[stream.id]["heard_at"]
    hub_kit.domain.streams.heartbeat(stream.id)
    assert heard
    await card.until(lambda things: things[stream.id]["heard_at"] > before)
