"""What passes through the connections, as cards follow it: figures and messages, with a real broker."""

import pytest

from custom_components.maestra.core.bus import MessagePassed
from custom_components.maestra.features.links import live
from custom_components.maestra.features.links.live import (
    MESSAGES_INTERVAL,
    SLOTS,
    STEADY,
    subject_filter,
)
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.hub_broker import MaestraKit
from tests.kits.live import Follow


async def test_figures_of_a_broker(maestra: MaestraKit, follow: Follow) -> None:
    await maestra.update("wash-1", brightness=1)
    card = await follow("traffic")
    await card.push()
    assert card.things is not None
    (key,) = card.things
    assert (card.things[key]["connected"], card.things[key]["rates"]) == (True, None)

    await maestra.mqtt.publish("maestra/entity/state/update/wash-1", b"no json")
    things = await card.until(
        lambda things: things[key]["reasons"] and things[key]["rates"]
    )
    assert things[key]["refused"] == 1
    assert things[key]["reasons"] == {"Malformed": 1}
    assert things[key]["received"] >= 2
    assert things[key]["latency_p50"] <= things[key]["latency_p99"]


async def test_messages_of_a_broker(maestra: MaestraKit, follow: Follow) -> None:
    card = await follow("messages", subject="maestra/entity/+/update/#")
    await card.push()
    assert card.things == {}

    await maestra.update("wash-1", brightness=1)
    await maestra.mqtt.publish("maestra/entity/state/update/wash-1", b"\xff" * 9_999)

    things = await card.until(lambda things: len(things) == 2)
    first, second = things["0"], things["1"]
    assert first["place"] == "maestra/entity/state/update/wash-1"
    assert first["is_incoming"]
    assert '"brightness"' in first["payload"]
    assert (second["number"], second["size"]) == (1, 9_999)
    assert len(second["payload"]) < 9_999


async def test_what_is_sent_is_shown_too(maestra: MaestraKit, follow: Follow) -> None:
    card = await follow("messages", subject="maestra/entity/state/device/#")
    await card.push()
    await maestra.update("wash-1", brightness=1)
    things = await card.until(lambda things: len(things) > 0)
    assert not things["0"]["is_incoming"]


async def test_a_flood_takes_no_more_room(hub_kit: HubKit, follow: Follow) -> None:
    card = await follow("messages")
    await card.push()
    for number in range(5 * SLOTS):
        hub_kit.domain.bus.publish(MessagePassed("mqtt", True, f"a/{number}", b""))
    things = await card.until(lambda things: len(things) == SLOTS)
    assert card.pushes <= 3
    assert {thing["number"] for thing in things.values()} == set(
        range(4 * SLOTS, 5 * SLOTS)
    )


async def test_of_a_flood_that_goes_on_the_latest_are_pushed(
    hub_kit: HubKit, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before stays to be read: a flood takes the place of as many as anybody could read."""
    now = 0.0
    monkeypatch.setattr(live, "monotonic", lambda: now)
    card = await follow("messages")
    await card.push()
    for turn in range(2):
        for number in range(turn * SLOTS, (turn + 1) * SLOTS):
            hub_kit.domain.bus.publish(MessagePassed("mqtt", True, f"a/{number}", b""))
        now += MESSAGES_INTERVAL
    newest = 2 * SLOTS - 1
    things = await card.until(
        lambda things: newest in {thing["number"] for thing in things.values()}
    )
    assert sorted(thing["number"] for thing in things.values()) == [
        *range(STEADY, SLOTS),
        *range(2 * SLOTS - STEADY, 2 * SLOTS),
    ]


async def test_nothing_is_shown_where_nobody_looks(
    hass: HomeAssistant, maestra: MaestraKit, follow: Follow
) -> None:
    bus = maestra.domain.bus
    assert not bus.has_listeners(MessagePassed)
    card = await follow("messages")
    await card.push()
    assert bus.has_listeners(MessagePassed)
    await card.leave()
    assert not bus.has_listeners(MessagePassed)


@pytest.mark.parametrize(
    ("text", "place", "fits"),
    [
        ("", "anything", True),
        ("STATE", "maestra/entity/state/update/a", True),
        ("maestra/+/state/#", "maestra/entity/state/update/a", True),
        ("maestra/+/state", "maestra/entity/state/update/a", False),
        ("maestra.*.state.>", "maestra.entity.state.update.a", True),
        ("/entity/#", "/entity/update/a", True),
        ("maestra.*", "maestra/entity", True),
        ("* *", "a b", False),
        ("GET /", "GET /devices", True),
    ],
)
def test_subjects_are_filtered(text: str, place: str, fits: bool) -> None:
    assert subject_filter(text)(place) is fits
