"""What a newcomer finds who starts `scripts/develop`: on the wires, in the database, and in a browser."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
import json
import os
import re
import shutil
from typing import Any

import aiohttp
import aiomqtt
import nats
from playwright.async_api import Browser, expect
import pytest
import pytest_asyncio

from scripts.devenv.paths import ROOT
from scripts.nodes import DEMO, build_node, compiler
from scripts.report import DOCS
from scripts.stack.ports import free_base
from scripts.stack.services.home_assistant import program
from tests.kits.browser import PHONE, WIDE, Visitor, paths_of_views, visit
from tests.kits.develop import Stack, assert_no_errors, configuration, started
from tests.kits.esphome import INSTALLING, needs_compiler
from tests.kits.process import PATIENCE

# A server for all of them, in a process that has no other tests of the browser to do meanwhile.
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("develop"),
    INSTALLING,
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stack]:
    """A development server with the demo show, and with nodes where they can be built."""
    for node in DEMO if compiler() else ():
        await asyncio.to_thread(build_node, node)
    with configuration(tmp_path_factory.mktemp("develop")) as config:
        async with started(config, "--port-base", str(free_base())) as stack:
            yield stack
        assert_no_errors(config)


async def test_it_is_the_home_assistant_that_is_asked_for(stack: Stack) -> None:
    """CI asks for the oldest that we promise to run with, and for the newest there is."""
    hass = await asyncio.create_subprocess_exec(
        program(), "--version", stdout=asyncio.subprocess.PIPE
    )
    version, _ = await hass.communicate()
    assert (await stack.api.get("/api/config"))["version"] == version.decode().strip()


async def test_a_client_and_home_assistant_see_each_other(stack: Stack) -> None:
    """What `mosquitto_pub` changes is in Home Assistant, and the other way round."""
    async with aiomqtt.Client("127.0.0.1", stack.ready["mqtt_port"]) as client:
        await client.publish("maestra/entity/state/update/newcomer", '{"level": 0.5}')
        await stack.sees("sensor.newcomer_level", "0.5")


async def test_blueprints_are_offered(stack: Stack) -> None:
    """All of the working copy, as Home Assistant finds them."""
    found = await stack.api.command("blueprint/list", domain="automation")
    files = (ROOT / "blueprints" / "automation").rglob("*.yaml")
    names = {
        str(file.relative_to(ROOT / "blueprints" / "automation")) for file in files
    }
    assert names <= {name for name, it in found.items() if "error" not in it}


async def test_a_nats_client_takes_part(stack: Stack) -> None:
    """As over any other protocol."""
    client = await nats.connect(stack.ready["nats_url"])
    subject = "maestra.entity.state.update.newcomer"
    answer = await client.request(subject, b'{"height": 0.5}', PATIENCE)
    assert json.loads(answer.data) == {"status": "ok"}
    await stack.sees("sensor.newcomer_height", "0.5")
    await client.close()


@needs_compiler
async def test_real_nodes_take_part(stack: Stack) -> None:
    """What is set in Home Assistant is done at a node, which says what comes of it."""
    assert stack.ready["esphome_nodes"] == ["fader", "weather", "f2-alarm"]
    level = {"entity_id": "number.fader_level", "value": 60}
    await stack.api.act("number.set_value", level)
    await stack.sees("binary_sensor.fader_is_high", "on")
    await stack.finds("FROM events WHERE device_id = 'weather'")
    await stack.api.act("siren.turn_on", {"entity_id": "siren.alarm_j2_siren_1"})
    await stack.sees("siren.alarm_j2_siren_1", "on")


async def test_the_show_is_recorded(stack: Stack) -> None:
    """What a newcomer looks for: who is there, and what they do, in a hypertable each."""
    for table in (
        "devices",
        "entities",
        "entity_states",
        "entity_values",
        "device_metrics",
        "device_events",
    ):
        await stack.finds(f"FROM {table}")
    await stack.finds(
        "FROM ha_states JOIN ha_entities ON entity = id WHERE entity_id = 'light.stage_spot_1'"
    )
    assert (
        await stack.psql("SELECT count(*) FROM timescaledb_information.hypertables")
        != "0"
    )


DASHBOARD = "/maestra-show"
RENEW = "MAESTRA_IMAGES" in os.environ
"""Whether the pictures of the documentation are made anew."""
IMAGES = {
    ("overview", "light"): "overview.png",
    ("area-stage", "light"): "entities.png",
    ("iss", "dark"): "iss.png",
    ("hierarchy", "phone"): "phone.png",
    ("cues", "dark"): "cues.png",
}
"""Pictures of the documentation, by view and look."""
# What is not drawn yet, and what says in a card of ours that something is missing or still loads.
EMPTY = """() => {
  const found = [];
  const isDrawn = (root) => [...root.querySelectorAll("*")].some((element) =>
    (element.localName === "ha-card" && element.offsetHeight) || (element.shadowRoot && isDrawn(element.shadowRoot)));
  const visit = (root, card) => {
    for (const element of root.querySelectorAll("*")) {
      const ours = element.localName.startsWith("maestra-") ? element.localName : card;
      if (ours && ["loading", "message"].some((name) => element.classList.contains(name))) {
        found.push(`${ours}: ${element.innerText}`);
      }
      if (element.localName === "hui-card" && !element.hidden && !isDrawn(element)) {
        found.push("a card");
      }
      if (element.shadowRoot) visit(element.shadowRoot, ours);
    }
  };
  visit(document, "");
  return found;
}"""


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("light", {"viewport": WIDE}),
        ("dark", {"viewport": WIDE, "is_dark": True}),
        ("phone", {"viewport": PHONE, "language": "de"}),
    ],
)
async def test_every_view_is_full(
    browser: Browser, stack: Stack, name: str, look: dict[str, object]
) -> None:
    """Of the dashboard that is made of what there is: nothing misses, nothing is cut, nobody complains."""
    async with visit(browser, stack.api.url, str(stack.api.token), **look) as somebody:  # type: ignore[arg-type]
        await somebody.open(DASHBOARD)
        for view in await paths_of_views(somebody):
            await somebody.go(f"{DASHBOARD}/{view}")
            await full(somebody)
            await pictured(somebody, view, name)
            assert await somebody.cut() == [], view


async def pictured(visitor: Visitor, view: str, look: str) -> None:
    """Keep a picture, for the documentation where it has one of that."""
    picture = await visitor.photograph(f"develop_{view}_{look}")
    if RENEW and (image := IMAGES.get((view, look))):
        shutil.copy(picture, DOCS / "images" / image)


async def full(visitor: Visitor) -> None:
    """Wait until every card shows something."""
    await visitor.page.locator("hui-card").first.wait_for()
    async with asyncio.timeout(PATIENCE):
        while await visitor.page.evaluate(EMPTY):
            await asyncio.sleep(0.2)


# Each of our entities as a page shows it, in the language of who looks.
SHOWN = """async () => {
  const home = document.querySelector("home-assistant");
  await home.hass.loadBackendTranslation("entity", "maestra");
  const { hass } = home;
  return Object.values(hass.states)
    .filter(({ entity_id }) => hass.entities[entity_id]?.platform === "maestra")
    .map((state) => ({
      entity_id: state.entity_id,
      device_class: state.attributes.device_class,
      name: state.attributes.friendly_name,
      state: hass.formatEntityState(state),
      is_unknown: state.state === "unknown",
    }));
}"""
# Identifiers, words of Python and JSON, and decimals that mean nothing.
RAW_NAME = re.compile(r".*[a-z0-9]_[a-z0-9].*")
RAW_STATE = re.compile(
    r"[a-z][a-z0-9_-]*|.*[a-z0-9]_[a-z0-9].*|True|False|None|null|[{\[].*|.*\.\d{4,}.*"
)
# Home Assistant's own way to say of these that nothing has happened, or is chosen.
MAY_BE_UNKNOWN = ("button", "event", "scene", "select")


def is_reported(shown: dict[str, Any]) -> bool:
    """Whether a person would report an entity by its name or its state."""
    is_unknown = (
        shown["is_unknown"]
        and shown["device_class"] != "timestamp"
        and not shown["entity_id"].startswith(MAY_BE_UNKNOWN)
    )
    return bool(
        is_unknown
        or RAW_NAME.fullmatch(shown["name"])
        or RAW_STATE.fullmatch(shown["state"])
    )


@pytest.mark.parametrize("language", ["en", "de"])
async def test_no_entity_of_the_demo_is_one_that_a_person_would_report(
    browser: Browser, stack: Stack, language: str
) -> None:
    """Once every client has spoken: no identifiers, nothing unknown that somebody knows, no decimals without a meaning."""
    async with visit(
        browser, stack.api.url, str(stack.api.token), language=language
    ) as somebody:
        await somebody.open(DASHBOARD)
        await full(somebody)
        reported: list[dict[str, Any]] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while reported := [
                    it for it in await somebody.page.evaluate(SHOWN) if is_reported(it)
                ]:
                    await asyncio.sleep(0.5)
        assert reported == []
        assert len(await somebody.page.evaluate(SHOWN)) > 200


async def test_the_show_is_run_from_its_card(browser: Browser, stack: Stack) -> None:
    """Go, and the hazer does as it is told; the next cue goes by itself."""
    async with visit(
        browser, stack.api.url, str(stack.api.token), viewport=WIDE, is_dark=True
    ) as somebody:
        await somebody.open(f"{DASHBOARD}/automations")
        card = somebody.page.locator("maestra-cues-card")
        await card.get_by_label("Cue list").select_option("Act 1")
        await card.get_by_role("button", name="Go: 1 Haze").click()
        await stack.sees("number.stage_hazer_level", "60")
        await expect(card.locator(".panel.now")).to_contain_text("Dawn")
        await expect(card.locator(".left")).to_be_visible()
        await pictured(somebody, "cues", "dark")
        assert await somebody.barriers() == []


LIGHT = "light.stage_spot_1"


async def test_a_follower_is_an_alert_on_the_overlay_and_flashes_a_light(
    browser: Browser, stack: Stack
) -> None:
    """A takeover interrupts the alert, which goes on afterwards."""
    async with await browser.new_context() as context, aiohttp.ClientSession() as http:
        page = await context.new_page()
        await page.goto(stack.ready["overlay"])
        front = page.locator('[data-layer="foreground"]')
        await expect(front).to_have_count(1)
        await stack.api.act("light.turn_off", {"entity_id": LIGHT})
        await stack.sees(LIGHT, "off")
        flash = asyncio.create_task(flashes(stack))
        follower = {"user_id": "77", "user_login": "zoe", "user_name": "Zoe"}
        url = f"{stack.ready['twitch']}/simulate/channel.follow"
        async with http.post(url, json=follower) as answer:
            assert await answer.json() == {"told": 1}
        # Those of the demo itself may be before it, ten seconds each.
        alert = front.get_by_text("Zoe", exact=True)
        await expect(alert).to_be_visible(timeout=45_000)
        await flash
        await expect(front).to_have_attribute("data-state", "active")
        await stack.api.act("maestra.takeover", {"type": "custom", "message": "Wait"})
        await expect(front).to_have_text("Wait")
        await expect(front).to_have_attribute("data-type", "takeover")
        await stack.api.act("maestra.clear_takeover", {})
        await expect(alert).to_be_visible()
    await stack.finds("FROM stream_events WHERE person = 'Zoe'")


async def flashes(stack: Stack) -> None:
    """Wait until an automation has turned the light up, and back."""
    async with asyncio.timeout(PATIENCE):
        while not await is_bright(stack):
            await asyncio.sleep(0.05)
        while await is_bright(stack):
            await asyncio.sleep(0.05)


async def is_bright(stack: Stack) -> bool:
    light = await stack.api.get(f"/api/states/{LIGHT}")
    return bool(light["attributes"].get("brightness") == 255)


async def test_an_obs_is_there_to_be_switched(stack: Stack) -> None:
    """Its double: a real one is asked for."""
    await stack.sees("binary_sensor.obs_studio_connection", "on")
    scene = {"entity_id": "select.obs_studio_scene", "option": "Break"}
    await stack.api.act("select.select_option", scene)
    await stack.sees("select.obs_studio_scene", "Break")
