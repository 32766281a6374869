"""What happens on a stream, told to cards and pages as it happens, however busy chat is."""

import asyncio
from typing import Any

from aiohttp import ClientWebSocketResponse
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.maestra.const import OVERLAY_URL
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.production.events import StreamReported
from custom_components.maestra.core.production.stream_events import read_event
from custom_components.maestra.features.production.manager import ProductionManager
from custom_components.maestra.features.production.overlays import MAX_BATCHES
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.production import PRODUCTION_ID, TOKEN

TIMEOUT = 10.0
BURST = 3_000


def happens(kit: HubKit, kind: str, **fields: Any) -> None:
    """Let a source tell of something."""
    event = read_event({"type": kind, **fields}, utcnow())
    kit.domain.bus.publish(StreamReported(event, PRODUCTION_ID))


def chats(kit: HubKit, number: int) -> None:
    happens(
        kit,
        "channel.chat.message",
        id=f"chat-{number}",
        message=f"{number}",
        user_name="Ann",
        color="#00ff00",
    )


async def following(
    client: MockHAClientWebSocket, production: str = PRODUCTION_ID
) -> None:
    await client.send_json_auto_id(
        {"type": "maestra/stream_events", "production": production}
    )
    assert (await client.receive_json())["success"]


async def batch(client: MockHAClientWebSocket) -> Any:
    return (await client.receive_json())["event"]["events"]


async def test_cards_are_told_in_batches_and_in_order(
    stage: HubKit, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(stage.hass)
    await following(client)
    for number in range(BURST):
        chats(stage, number)
    happens(stage, "stream.online", id="live")
    told: list[Any] = []
    batches = 0
    while len(told) <= BURST:
        told += await batch(client)
        batches += 1
    assert [event["message"] for event in told[:-1]] == [*map(str, range(BURST))]
    assert told[-1]["type"] == "stream.online"
    assert batches == BURST // 100 + 1


async def test_a_production_that_is_not_there_tells_nothing(
    stage: HubKit, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(stage.hass)
    await following(client, "none")
    assert await batch(client) is None


async def test_a_card_is_told_that_the_hub_goes_and_comes(
    stage: HubKit, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(stage.hass)
    await following(client)
    await stage.reload()
    assert await batch(client) is None
    happens(stage, "channel.follow", user_name="Bob")
    assert (await batch(client))[0]["user_name"] == "Bob"


async def test_a_busy_chat_delays_no_alert_and_changes_no_state(
    hass: HomeAssistant, stage: HubKit, hass_client_no_auth: ClientSessionGenerator
) -> None:
    browser = await hass_client_no_auth()
    async with browser.ws_connect(f"{OVERLAY_URL}/{TOKEN}/feed/socket") as page:
        await heard(page, "layers")
        manager = stage.entry.runtime_data.manager(ProductionManager)
        production = manager.get(PRODUCTION_ID)
        before = production.counters["events"]
        for number in range(BURST):
            chats(stage, number)
        # Nobody has had the turn of the loop: what finds no room is counted, and the newest stay.
        dropped = manager.overlays.counters["dropped_batches"]
        assert dropped == BURST // 100 - MAX_BATCHES
        assert production.counters["events"] - before == BURST
        production.show_alert("alert", {"title": "Ann"})
        first = await page.receive_json(timeout=TIMEOUT)
        assert first["layers"]["foreground"]["content"]["data"] == {"title": "Ann"}
        events = (await heard(page, "events"))["events"]
        assert events[0] == {
            "type": "channel.chat.message",
            "person": "Ann",
            "message": str(dropped * 100),
            "color": "#00ff00",
        }


async def test_what_is_known_is_not_pushed_out_by_chat(stage: HubKit) -> None:
    happens(stage, "channel.follow", id="f", user_name="Bob")
    for number in range(BURST):
        chats(stage, number)
    happens(stage, "channel.follow", id="f", user_name="Bob")
    manager = stage.entry.runtime_data.manager(ProductionManager)
    production = manager.get(PRODUCTION_ID)
    assert production.counters["duplicate_events"] == 1
    assert len(production.timeline) == 1


async def heard(page: ClientWebSocketResponse, key: str) -> Any:
    """Wait until a page is told something of a kind."""
    async with asyncio.timeout(TIMEOUT):
        while key not in (message := await page.receive_json()):
            pass
    return message
