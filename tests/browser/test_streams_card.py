"""The streams as people see and use them."""

from collections.abc import AsyncGenerator, Callable
import json
import re
import socket
from typing import Any

from playwright.async_api import Locator, expect
import pytest
import pytest_asyncio

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER, PHONE, Visitor

from .conftest import Visit
from .house import HOSTILE
from .test_cards import LOOKS

pytestmark = IN_BROWSER
STREAMS = "/test-cards/streams"
type Streams = dict[str, str]


async def advertised(api: HassApi, name: str, **about: Any) -> str:
    """Let somebody publish; returns the id of the stream."""
    described = {
        "name": name,
        "stream_type": "ndi",
        "protocol": "ndi",
        "address": "127.0.0.1",
        "port": 5961,
        "publisher": "touchdesigner",
        **about,
    }
    return str((await api.ask("maestra.advertise_stream", described))["id"])


async def end_all(api: HassApi) -> None:
    """Let nobody publish any more."""
    listed = await api.ask("maestra.list_streams", {})
    for stream in listed["streams"]:
        await api.act("maestra.withdraw_stream", {"stream": stream["id"]})


@pytest_asyncio.fixture(loop_scope="session")
async def streams(
    api: HassApi, fleet: Callable[[str, Any], Any]
) -> AsyncGenerator[Streams]:
    """Streams of some programs with who receives them, by name."""
    found = {
        "Stage": await advertised(api, "Stage"),
        HOSTILE: await advertised(api, HOSTILE, publisher=HOSTILE, stream_type="srt"),
        "Desk": await advertised(
            api, "Desk", stream_type="data", protocol="udp", publisher="max"
        ),
        "Mix": await advertised(
            api,
            "Mix",
            stream_type="audio",
            protocol="udp",
            publisher="max",
            multicast_group="239.0.0.1",
            multicast_port=5000,
        ),
    }
    for name, consumer in (("Stage", "LED wall"), ("Stage", HOSTILE)):
        await api.act(
            "maestra.request_stream",
            {"stream": found[name], "address": "10.0.0.7", "consumer": consumer},
        )
    await fleet(
        f"/streams/{found['Mix']}/join",
        {"consumer_id": "Foyer", "consumer_address": "10.0.0.8"},
    )
    yield found
    await end_all(api)


async def opened(visitor: Visitor) -> Locator:
    """Look at the large card, which knows the streams."""
    await visitor.open(STREAMS)
    card = visitor.page.locator("maestra-streams-card").first
    await expect(card.locator("[data-stream=Stage]")).to_be_visible()
    return card


@pytest.mark.parametrize("look", LOOKS)
async def test_they_look_well(visitor: Visit, streams: Streams, look: str) -> None:
    async with visitor(**LOOKS[look]) as somebody:
        card = await opened(somebody)
        await card.locator("[data-stream=Stage]").click()
        await expect(card.get_by_text("10.0.0.7").first).to_be_visible()
        await somebody.photograph(f"streams_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        page = somebody.page
        assert await page.locator("img[src=x]").count() == 0
        assert await page.evaluate("window.hacked") is None


async def test_one_is_requested_and_stopped(visitor: Visit, streams: Streams) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await expect(card.locator(".graph")).to_be_visible()
        await card.locator("[data-stream=Desk]").click()
        await card.get_by_role("button", name="Request").click()
        await card.get_by_label("Consumer", exact=True).fill("Bar")
        await card.get_by_label("Address of the consumer").fill("10.0.0.9")
        await card.locator("form").get_by_role("button", name="Request").click()
        await expect(card.locator(".consumer", has_text="Bar")).to_be_visible()
        await expect(card.locator("form")).to_have_count(0)

        stop = card.get_by_role("button", name="Stop the session of Bar")
        await stop.click()
        await expect(stop).to_have_text("Really stop?")
        await stop.click()
        await expect(card.locator(".consumer")).to_have_count(0)


async def test_who_listens_to_a_group_can_not_be_stopped(
    visitor: Visit, streams: Streams
) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await card.get_by_role("button", name="List").click()
        await card.locator("[data-stream=Mix]").click()
        await expect(card.locator(".consumer", has_text="Foyer")).to_be_visible()
        await expect(card.locator("dl").get_by_text("239.0.0.1:5000")).to_be_visible()
        for name in ("Stop", "Request", "Preview"):
            await expect(card.get_by_role("button", name=name)).to_have_count(0)


async def test_why_a_request_is_refused_is_shown(
    visitor: Visit, streams: Streams, api: HassApi
) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await card.locator("[data-stream=Desk]").click()
        await card.get_by_role("button", name="Request").click()
        await card.get_by_label("Address of the consumer").fill("  ")
        await card.locator("form").get_by_role("button", name="Request").click()
        await expect(card.get_by_role("alert")).to_contain_text("consumer_address")


async def test_a_preview_shows_what_is_sent(visitor: Visit, streams: Streams) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await card.locator("[data-stream=Desk]").click()
        await card.get_by_role("button", name="Preview", exact=True).click()
        status = card.locator(".preview [role=status]")
        await expect(status).to_contain_text("Waiting for data")
        found = re.search(r"([\d.]+):(\d+)", await status.inner_text())
        assert found
        said = json.dumps({"note": HOSTILE}).encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as publisher:
            publisher.sendto(said, (found[1], int(found[2])))
        await expect(card.locator(".preview pre")).to_contain_text("onerror")
        await somebody.photograph("streams_preview")
        assert await somebody.barriers() == []

        await card.get_by_role("button", name="End preview").click()
        await expect(card.locator(".preview")).to_have_count(0)
        # Its session ends with it.
        await expect(card.locator(".consumer")).to_have_count(0)


async def test_many_are_a_list_that_is_searched(
    visitor: Visit, streams: Streams, api: HassApi
) -> None:
    for number in range(50):
        await advertised(api, f"Camera {number}", publisher=f"rig-{number % 7}")
    async with visitor() as somebody:
        card = await opened(somebody)
        await expect(card.locator(".row")).to_have_count(54)
        await expect(card.locator(".graph")).to_have_count(0)
        await somebody.photograph("streams_many")
        await card.get_by_role("searchbox").fill("camera 49")
        await expect(card.locator(".row")).to_have_count(1)
        await card.get_by_role("searchbox").fill("nothing like this")
        await expect(card.get_by_text("Nothing matches")).to_be_visible()


async def test_where_there_are_none_it_says_so(visitor: Visit, api: HassApi) -> None:
    await end_all(api)
    async with visitor(viewport=PHONE) as somebody:
        await somebody.open(STREAMS)
        await expect(somebody.page.get_by_text("No streams").first).to_be_visible()
        await somebody.photograph("streams_none")
        assert await somebody.barriers() == []
        assert await somebody.cut() == []


async def test_who_may_only_read_is_shown_no_buttons(
    reader: Visit, streams: Streams
) -> None:
    async with reader() as somebody:
        card = await opened(somebody)
        for stream in ("Desk", "Stage"):
            await card.locator(f"[data-stream={stream}]").click()
            await expect(card.locator("dl")).to_be_visible()
            for name in ("Stop", "Request", "Preview", "Device"):
                await expect(card.get_by_role("button", name=name)).to_have_count(0)


async def test_who_is_no_administrator_looks_into_none(
    guest: Visit, streams: Streams
) -> None:
    async with guest() as somebody:
        card = await opened(somebody)
        await card.locator("[data-stream=Desk]").click()
        await expect(card.get_by_role("button", name="Request")).to_be_visible()
        await expect(card.get_by_role("button", name="Preview")).to_have_count(0)
