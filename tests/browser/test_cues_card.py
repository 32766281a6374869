"""Cue lists as people see them, and run a show from them."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from playwright.async_api import Locator, expect
import pytest
import pytest_asyncio

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER, Visitor

from .conftest import Visit
from .house import HOSTILE
from .test_cards import LOOKS

pytestmark = IN_BROWSER
CUES: Final = "/test-cards/cues"
RIG: Final = "rig-1"
LONG: Final = 3_600
"""Seconds of a fade that no test sees the end of."""


def to(level: float, **about: Any) -> dict[str, Any]:
    """A cue that sets a projector."""
    return {"states": {RIG: {"level": level}}, **about}


ACT_1: Final[dict[str, Any]] = {
    "name": "Act 1",
    "cues": [
        to(80, number="1", name="House to half", notes="On the bell"),
        to(20, number="1.5", name="Dawn", transition=LONG, pre_wait=1),
        to(
            60,
            number="2",
            name=f"Storm {HOSTILE}",
            notes=HOSTILE,
            transition=4,
            continue_mode="auto_follow",
            post_wait=2.5,
        ),
        to(10, number="3", continue_mode="auto_continue", post_wait=LONG),
        *(to(number, number=str(number), name=f"Bar {number}") for number in range(4, 30)),
    ],
    "safe": {RIG: {"level": 5}},
}  # fmt: skip

EMPTY: Final[dict[str, Any]] = {"name": HOSTILE, "cues": []}


@pytest_asyncio.fixture(loop_scope="session")
async def lists(api: HassApi) -> AsyncGenerator[None]:
    """Two lists, of which one has no cues."""
    for each in (ACT_1, EMPTY):
        await api.ask("maestra.save_cue_list", each)
    yield
    for name in ("Act 1", HOSTILE):
        await api.act("maestra.delete_cue_list", {"cue_list": name})


async def opened(visitor: Visitor) -> Locator:
    """Look at the large card, which knows the lists."""
    await visitor.open(CUES)
    card = visitor.page.locator("maestra-cues-card").first
    await card.get_by_label("Cue list").select_option("Act 1")
    await expect(card.locator(".cue").first).to_be_visible()
    return card


def panel(card: Locator, which: str) -> Locator:
    """Return what is on (`now`), or what is `next`."""
    return card.locator(f".panel.{which} .called")


def button(card: Locator, name: str) -> Locator:
    """Return a button of the desk, whatever it goes to."""
    return card.locator(f"button.{name}")


async def level_is(visitor: Visitor, wanted: float) -> None:
    """Wait until the projector is so bright, as Home Assistant shows it."""
    await visitor.page.wait_for_function(
        "wanted => Number(document.querySelector('home-assistant').hass.states['number.stage_rig_1_level'].state) === wanted",
        arg=wanted,
    )


@pytest.mark.parametrize("look", LOOKS)
async def test_they_look_well(
    visitor: Visit, lists: None, api: HassApi, look: str
) -> None:
    for cue in ("1", "1.5"):
        await api.act("maestra.go_to_cue", {"cue_list": "Act 1", "cue": cue})
    async with visitor(**LOOKS[look]) as somebody:
        await somebody.open(CUES)
        page = somebody.page
        now = panel(page.locator("maestra-cues-card"), "now")
        await expect(now).to_have_count(6)
        await expect(now.nth(0)).to_contain_text("Dawn")
        await somebody.photograph(f"cues_{look}")
        await now.nth(5).scroll_into_view_if_needed()
        await somebody.photograph(f"cues_small_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        assert await page.locator("img[src=x]").count() == 0
        assert await page.evaluate("window.hacked") is None


async def test_a_list_is_run_by_hand(visitor: Visit, lists: None) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await expect(panel(card, "next")).to_contain_text("House to half")
        await expect(card.get_by_text("On the bell").first).to_be_visible()
        for name in ("back", "pause", "stop"):
            await expect(button(card, name)).to_be_disabled()
        await button(card, "go").click()
        await level_is(somebody, 80)
        await expect(panel(card, "now")).to_contain_text("House to half")
        await expect(card.locator(".cue.current")).to_have_attribute("id", "cue-0")

        # A long fade: its time runs, stands still, and goes on.
        await button(card, "go").click()
        left = card.locator(".left")
        await expect(left).to_be_visible()
        before = await left.inner_text()
        await expect(left).not_to_have_text(before)
        await button(card, "pause").click()
        await expect(card.locator(".which").first).to_contain_text("Paused")
        await somebody.photograph("cues_paused")
        await button(card, "resume").click()
        await expect(button(card, "pause")).to_be_enabled()

        await button(card, "back").click()
        await level_is(somebody, 80)
        await button(card, "go").click()
        await button(card, "stop").click()
        await expect(left).to_have_count(0)
        await expect(panel(card, "next")).to_contain_text("Storm")


async def test_a_cue_that_is_tapped_stands_by(visitor: Visit, lists: None) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await card.locator(".cue", has_text="Bar 29").click()
        await expect(panel(card, "next")).to_contain_text("Bar 29")
        await expect(button(card, "go")).to_have_accessible_name("Go: 29 Bar 29")
        await button(card, "go").click()
        await level_is(somebody, 29)
        await expect(panel(card, "next")).to_have_text("End of the list")
        await expect(button(card, "go")).to_be_disabled()
        await expect(card.locator(".cue.current")).to_be_in_viewport()


async def test_a_panic_is_asked_for_twice(visitor: Visit, lists: None) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await button(card, "go").click()
        await level_is(somebody, 80)
        await button(card, "panic").click()
        await expect(button(card, "panic")).to_have_text("Sure?")
        await somebody.photograph("cues_panic")
        assert await somebody.barriers() == []
        await button(card, "panic").click()
        await level_is(somebody, 5)
        await expect(button(card, "panic")).to_have_text("Panic")


async def test_keys_are_for_the_card_that_has_the_focus(
    visitor: Visit, lists: None
) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        keys = somebody.page.keyboard
        listbox = card.get_by_role("listbox")
        await card.evaluate("() => document.activeElement.blur()")
        await keys.press("Space")
        await listbox.focus()
        await expect(panel(card, "now")).to_have_text("No cue yet")

        await keys.press("Space")
        await level_is(somebody, 80)
        await keys.press("ArrowDown")
        await keys.press("ArrowDown")
        await expect(listbox).to_have_attribute("aria-activedescendant", "cue-3")
        await somebody.photograph("cues_keys")
        await keys.press("ArrowUp")
        await keys.press("Enter")
        await expect(panel(card, "next")).to_contain_text("Storm")
        await keys.press("ArrowUp")
        await keys.press("Enter")
        await expect(panel(card, "next")).to_contain_text("Dawn")

        # After a button was pressed by hand, keys are for the desk again.
        await button(card, "go").click()
        await expect(panel(card, "now")).to_contain_text("Dawn")
        await keys.press("p")
        await expect(button(card, "resume")).to_be_visible()
        await keys.press("p")
        await expect(button(card, "pause")).to_be_enabled()
        await keys.press("Escape")
        await expect(button(card, "panic")).to_have_text("Sure?")
        await keys.press("Escape")
        await level_is(somebody, 5)

        # One that somebody went to by Tab is pressed, and nothing else happens.
        await button(card, "stop").focus()
        await keys.press("Space")
        await expect(panel(card, "now")).to_contain_text("Dawn")
        await expect(panel(card, "next")).to_contain_text("Storm")


async def test_why_something_is_refused_is_shown(
    visitor: Visit, lists: None, api: HassApi
) -> None:
    await api.ask("maestra.save_cue_list", ACT_1 | {"min_interval": LONG})
    async with visitor() as somebody:
        card = await opened(somebody)
        await button(card, "go").click()
        await expect(panel(card, "now")).to_contain_text("House to half")
        await button(card, "go").click()
        await expect(card.get_by_role("alert")).to_contain_text("Act 1")
        await expect(panel(card, "next")).to_contain_text("Dawn")
        assert await somebody.barriers() == []


async def test_who_may_only_read_is_shown_no_buttons(
    reader: Visit, lists: None
) -> None:
    async with reader() as somebody:
        card = await opened(somebody)
        await expect(card.get_by_role("list")).to_be_visible()
        for name in ("go", "back", "pause", "stop", "panic"):
            await expect(button(card, name)).to_have_count(0)
        await card.locator(".cue").nth(2).click()
        await somebody.page.keyboard.press("Space")
        await expect(panel(card, "next")).to_contain_text("House to half")
        await expect(panel(card, "now")).to_have_text("No cue yet")
        assert await somebody.barriers() == []


async def test_a_list_without_cues_and_one_that_is_not_there_say_so(
    visitor: Visit, lists: None, api: HassApi
) -> None:
    async with visitor() as somebody:
        card = await opened(somebody)
        await card.get_by_label("Cue list").select_option(HOSTILE)
        await expect(card.get_by_text("No cues in this list")).to_be_visible()
        await expect(button(card, "go")).to_be_disabled()
        await expect(
            somebody.page.get_by_text("This cue list is not there")
        ).to_be_visible()
        for name in ("Act 1", HOSTILE):
            await api.act("maestra.delete_cue_list", {"cue_list": name})
        await expect(card.get_by_text("No cue lists")).to_be_visible()
        await somebody.photograph("cues_none")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        for each in (ACT_1, EMPTY):
            await api.ask("maestra.save_cue_list", each)
