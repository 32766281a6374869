"""Overlay pages as a browser source shows them: transparent, without a login, and safe against what strangers say."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from io import BytesIO
import json
import re
from typing import Any, cast

from PIL import Image
from playwright.async_api import Browser, Page, WebSocketRoute, expect
import pytest
import pytest_asyncio
import pytest_socket

from custom_components.maestra.core.production.layers import (
    DURATIONS,
    LOOKS,
    Z_INDEX,
    Layer,
    LayerState,
)
from custom_components.maestra.features.production.overlays import overlay_path
from scripts.stack.hass_api import HassApi
from tests.core.production.test_layers import CASES, Stage
from tests.kits.browser import IN_BROWSER, SCREENSHOTS
from tests.kits.hass_process import HassProcess
from tests.kits.production import (
    HOSTILE,
    PRODUCTION_ID,
    TOKEN,
    overlay_subentry,
    production_subentry,
)
from tests.kits.speech import transcription_subentry

pytestmark = IN_BROWSER
SIZE = {"width": 1280, "height": 720}
TEMPLATE = {
    "type": "shout",
    "title": "{person} says hello!",
    "text": "{viewers} people come along",
    "look": "banner",
}
type Complaints = list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[HassProcess]:
    """Home Assistant with a production, an overlay, and a transcription whose captions it shows."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("overlay") / "config"
    captions = transcription_subentry({"production": PRODUCTION_ID})
    production = production_subentry({"templates": [TEMPLATE]})
    process = HassProcess(folder, [production, overlay_subentry(), captions])
    async with process.running():
        await process.states(["select.stage_show"])
        yield process


@pytest_asyncio.fixture(loop_scope="session")
async def act(stage: HassProcess) -> AsyncGenerator[HassApi]:
    """Whoever runs the show; at the end nothing is left of it."""
    async with stage.api() as api:
        yield api
        await api.act("maestra.clear_takeover", {})
        for kind in ("emote_stats", "recent_follows"):
            await api.act("maestra.show_content", {"type": kind, "in_ticker": True})
        while (await api.ask("maestra.remove_item", {}))["item"]:
            pass


@asynccontextmanager
async def source(browser: Browser, api: HassApi) -> AsyncGenerator[Page]:
    """Open a browser source; fails at its end where the page complained, or asked another machine for something."""
    context = await browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
    page = await context.new_page()
    complaints: Complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(api.url)
            else complaints.append(f"asks for {request.url}")
        ),
    )
    await page.goto(f"{api.url}{overlay_path(TOKEN)}")
    await expect(layer(page, "foreground")).to_have_count(1)
    yield page
    await context.close()
    assert not complaints, complaints


def layer(page: Page, name: str) -> Any:
    return page.locator(f'[data-layer="{name}"]')


async def picture(page: Page, name: str) -> Image.Image:
    """Return what the browser source gives to the streaming program; people may look at it too."""
    taken = await page.screenshot(omit_background=True)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(taken)
    return Image.open(BytesIO(taken)).convert("RGBA")


async def looks(page: Page, name: str) -> dict[str, Any]:
    """Return how a layer is drawn once nothing moves."""
    found: dict[str, Any] = await layer(page, name).evaluate(
        """async (box) => {
          await Promise.all(box.getAnimations().map(({ finished }) => finished));
          const { a, f } = new DOMMatrix(getComputedStyle(box).transform);
          return { opacity: Number(getComputedStyle(box).opacity), scale: a, y: f };
        }"""
    )
    return found


async def test_without_content_nothing_is_painted(
    browser: Browser, act: HassApi
) -> None:
    async with source(browser, act) as page:
        image = await picture(page, "overlay-empty")
        assert image.getextrema() == ((0, 0), (0, 0), (0, 0), (0, 0))


async def test_an_alert_is_painted_and_around_it_nothing(
    browser: Browser, act: HassApi
) -> None:
    async with source(browser, act) as page:
        await act.act(
            "maestra.show_alert",
            {"title": "Ann", "message": "follows now", "data": {"viewers": 3}},
        )
        await expect(layer(page, "foreground")).to_have_attribute(
            "data-state", "active"
        )
        await expect(page.locator("h1")).to_have_text("Ann")
        await expect(page.locator("dl")).to_have_text("Viewers3")
        assert await looks(page, "foreground") == {"opacity": 1, "scale": 1, "y": 0}
        image = await picture(page, "overlay-alert")
        for corner in ((0, 0), (1279, 0), (0, 719), (1279, 719), (640, 500)):
            assert image.getpixel(corner) == (0, 0, 0, 0)
        panel = await page.locator(".panel").bounding_box()
        assert panel
        x, y = int(panel["x"]) + 20, int(panel["y"]) + 8
        opacities = image.crop((x, y, x + 8, y + 2)).getchannel("A").histogram()
        assert sum(opacities[150:]) == 16
        await act.act("maestra.remove_item", {})
        await expect(layer(page, "foreground")).to_have_attribute(
            "data-state", "hidden"
        )
        await expect(page.locator("h1")).to_have_count(0)
        image = await picture(page, "overlay-empty")
        assert image.getextrema() == ((0, 0), (0, 0), (0, 0), (0, 0))


async def test_layers_in_front_push_back_those_behind(
    browser: Browser, act: HassApi
) -> None:
    async with source(browser, act) as page:
        await act.act(
            "maestra.show_content",
            {"type": "emote_stats", "data": {"hi": 3}, "in_ticker": True},
        )
        background, midground = layer(page, "background"), layer(page, "midground")
        await expect(background).to_have_attribute("data-type", "emote_stats")
        await act.act(
            "maestra.show_alert", {"type": "sub_train", "data": {"subscriber": "Ann"}}
        )
        await expect(midground).to_have_attribute("data-state", "active")
        await expect(midground.locator(".count")).to_have_text("1")
        await expect(background).to_have_attribute("data-state", "interrupted")
        behind = await looks(page, "background")
        assert behind == pytest.approx({"opacity": 0.5, "scale": 0.9, "y": 60})
        await act.act("maestra.takeover", {"type": "screen-cover", "duration": 0})
        await expect(midground).to_have_attribute("data-state", "interrupted")
        behind = await looks(page, "midground")
        assert behind == pytest.approx({"opacity": 0.7, "scale": 0.95, "y": 30})
        await looks(page, "foreground")
        image = await picture(page, "overlay-takeover")
        assert image.getchannel("A").getextrema() == (255, 255)
        await act.act("maestra.clear_takeover", {})
        await expect(midground).to_have_attribute("data-state", "active")
        assert await looks(page, "midground") == {"opacity": 1, "scale": 1, "y": 0}
        await expect(background).to_have_attribute("data-state", "interrupted")


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("show_alert", {"title": HOSTILE}),
        ("show_alert", {"message": HOSTILE}),
        ("show_alert", {"data": {"person": HOSTILE}}),
        ("show_alert", {"data": {HOSTILE: "x"}}),
        ("show_alert", {"data": {"viewers": HOSTILE}}),
        ("show_alert", {"type": "sub_train", "data": {"subscriber": HOSTILE}}),
        ("takeover", {"type": "custom", "message": HOSTILE}),
        (
            "report_stream_event",
            {"type": "channel.follow", "data": {"user_name": HOSTILE}},
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_strangers_say_is_text(
    browser: Browser, act: HassApi, action: str, data: dict[str, Any]
) -> None:
    async with source(browser, act) as page:
        await act.act(f"maestra.{action}", data)
        shown = page.get_by_text("src=x onerror=", exact=False)
        await expect(shown.first).to_be_visible()
        assert await page.locator("img").count() == 0
        assert await page.title() == "Maestra overlay"


async def test_words_of_ones_own_are_text(browser: Browser, act: HassApi) -> None:
    async with source(browser, act) as page:
        alert = {"person": HOSTILE, "viewers": 12}
        await act.act("maestra.show_alert", {"type": "shout", "data": alert})
        banner = page.locator(".banner")
        await expect(banner.locator("h1")).to_have_text(f"{HOSTILE} says hello!")
        await expect(banner.locator("p")).to_have_text("12 people come along")
        assert await page.locator("img").count() == 0
        await looks(page, "foreground")
        await picture(page, "overlay-template")
        box = await banner.bounding_box()
        assert box
        # Over the whole width.
        assert (box["x"], box["width"]) == (0, SIZE["width"])


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("constructor", {"title": "Ann"}),
        ("__proto__", {"title": "Ann"}),
        ("alert", {"title": {"toString": 5}, "person": "Ann"}),
        ("alert", {"message": ["x"], "title": "Ann"}),
        ("events_timeline", {"entries": 5}),
        ("events_timeline", {"entries": [None, 5, {"type": {"toString": 1}}]}),
        ("latest_event", {"type": [], "person": {}}),
        ("sub_train", {"count": {"toString": 5}, "latest_subscriber": "Ann"}),
    ],
    ids=str,
)
async def test_content_of_any_type_may_have_any_data(
    browser: Browser, act: HassApi, kind: str, data: dict[str, Any]
) -> None:
    """The page complains of nothing, and shows what comes after it on every layer."""
    async with source(browser, act) as page:
        content = {"type": kind, "data": data, "layer": "foreground"}
        await act.act("maestra.show_content", content)
        front = layer(page, "foreground")
        await expect(front).to_have_attribute("data-type", kind)
        await expect(front).to_have_attribute("data-state", "active")
        assert "[object" not in await page.locator("body").inner_text()
        await act.act("maestra.remove_item", {})
        await act.act("maestra.show_alert", {"title": "Bob"})
        await expect(page.locator("h1").last).to_have_text("Bob")


def frame(stage: Stage) -> str:
    """Return what a page is told of layers."""
    return json.dumps(
        {
            "layers": {
                layer: {
                    "state": stage.layers.state(layer),
                    "content": {"id": content, "type": "alert", "data": {}}
                    if (content := stage.layers.content(layer))
                    else None,
                }
                for layer in Layer
            }
        }
    )


LOOK_OF_ALL = """async () => {
  const found = {};
  for (const box of document.querySelectorAll("[data-layer]")) {
    await Promise.all(box.getAnimations().map(({ finished }) => finished.catch(() => {})));
    const { a, f } = new DOMMatrix(getComputedStyle(box).transform);
    found[box.dataset.layer] = [box.dataset.state, Number(getComputedStyle(box).opacity), f, a];
  }
  return found;
}"""


async def test_every_case_of_the_layers_is_drawn(
    browser: Browser, act: HassApi
) -> None:
    """Driven by frames, with the cases of the core: nobody but us speaks to the page."""
    context = await browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
    page = await context.new_page()
    feeds: list[WebSocketRoute] = []
    await page.route_web_socket("**/feed/socket", lambda feed: feeds.append(feed))
    first = {
        "durations": DURATIONS,
        "looks": {
            layer: {state: look.to_wire() for state, look in looks.items()}
            for layer, looks in LOOKS.items()
        },
        "z_index": Z_INDEX,
    }
    for case in CASES:
        await page.goto(f"{act.url}{overlay_path(TOKEN)}")
        while not feeds:
            await page.wait_for_timeout(10)
        feed = feeds.pop()
        feed.send(json.dumps(first))
        stage = Stage(*Layer)
        steps, states = cast(tuple[Any, Any], case.values)
        feed.send(frame(stage))
        for step in steps:
            step(stage)
            feed.send(frame(stage))
        wanted = dict(zip(Layer, states, strict=True))
        for name, state in wanted.items():
            await expect(layer(page, name)).to_have_attribute("data-state", state)
        drawn = await page.evaluate(LOOK_OF_ALL)
        for name, state in wanted.items():
            look = LOOKS[name][state]
            # What is hidden is not drawn at all, wherever it is.
            if state is not LayerState.HIDDEN:
                expected = [state, look.opacity, look.y, look.scale]
                assert drawn[name] == pytest.approx(expected), case.id
            else:
                await expect(layer(page, name)).to_be_hidden()
    await context.close()


async def test_a_page_that_comes_later_shows_the_same(
    browser: Browser, act: HassApi
) -> None:
    await act.act("maestra.show_alert", {"title": "Ann", "duration": 600})
    async with source(browser, act) as page:
        await expect(page.locator("h1")).to_have_text("Ann")
        assert await looks(page, "foreground") == {"opacity": 1, "scale": 1, "y": 0}


async def test_it_comes_back_after_home_assistant_was_killed(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("restart") / "config"
    process = HassProcess(folder, [production_subentry(), overlay_subentry()])
    async with await browser.new_context() as context:
        page = await context.new_page()
        async with process.running(), process.api() as api:
            await process.states(["select.stage_show"])
            await page.goto(f"{api.url}{overlay_path(TOKEN)}")
            await api.act("maestra.show_alert", {"title": "Ann", "duration": 600})
            await expect(page.locator("h1")).to_have_text("Ann")
        async with process.running(), process.api() as api:
            await process.states(["select.stage_show"])
            await api.act(
                "maestra.show_alert", {"title": "Bob", "priority": 900, "duration": 600}
            )
            await expect(page.locator("h1")).to_have_text("Bob", timeout=60_000)


async def test_chat_is_shown_as_text_and_what_moderators_delete_is_gone(
    browser: Browser, act: HassApi
) -> None:
    async def chats(number: int, text: str) -> None:
        await act.act(
            "maestra.report_stream_event",
            {
                "type": "channel.chat.message",
                "data": {
                    "message_id": f"m{number}",
                    "user_id": str(number),
                    "user_name": HOSTILE,
                    "message": text,
                    "color": "#00ff00",
                },
            },
        )

    async with source(browser, act) as page:
        await act.act("maestra.show_content", {"type": "chat", "layer": "background"})
        for number in range(10):
            await chats(number, f"{HOSTILE} {number}")
        lines = layer(page, "background").locator("li")
        await expect(lines).to_have_text(
            [f"{HOSTILE} {HOSTILE} {number}" for number in range(2, 10)]
        )
        for kind, data in (
            ("message_delete", {"message_id": "m9"}),
            ("clear_user_messages", {"target_user_id": "8"}),
        ):
            await act.act(
                "maestra.report_stream_event",
                {"type": f"channel.chat.{kind}", "data": data},
            )
        await expect(lines).to_have_text(
            [f"{HOSTILE} {HOSTILE} {number}" for number in range(8)]
        )
        await act.act("maestra.report_stream_event", {"type": "channel.chat.clear"})
        await expect(lines).to_have_count(0)


async def test_what_is_said_is_a_caption_until_something_else_is(
    browser: Browser, act: HassApi
) -> None:
    async def says(text: str) -> None:
        await act.act(
            "maestra.submit_transcription",
            {"timestamp": "2026-11-30T20:00:00Z", "duration": 2, "text": text},
        )

    async with source(browser, act) as page:
        caption = page.locator(".caption")
        await says("Welcome to the show, everybody. " * 8)
        await expect(caption).to_have_text(
            ("Welcome to the show, everybody. " * 8).strip()
        )
        # Whether a ticker is before it depends on what happened earlier.
        await expect(layer(page, "background")).to_have_attribute(
            "data-state", re.compile("active|interrupted")
        )
        await picture(page, "overlay-caption")
        box = await caption.bounding_box()
        assert box
        # In the middle, at the bottom, and wholly on the page.
        assert abs(box["x"] + box["width"] / 2 - SIZE["width"] / 2) < 1
        assert SIZE["height"] / 2 < box["y"] < box["y"] + box["height"] < SIZE["height"]
        await says(HOSTILE)
        await expect(caption).to_have_text(HOSTILE)
        assert await page.locator("img").count() == 0
        await expect(caption).to_have_count(0, timeout=20_000)
