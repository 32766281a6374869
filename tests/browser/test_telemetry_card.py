"""QS nodes, F2 controllers and certificates as people see and use them, with a real broker."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect
import pytest
import pytest_asyncio

from scripts.stack.hass_api import HassApi
from tests.kits.broker import Broker
from tests.kits.browser import IN_BROWSER, Visitor
from tests.kits.f2_device import MAC, SAMPLE, F2Device, f2_device
from tests.kits.hass_process import HassProcess
from tests.kits.qs import event

from .conftest import Visit
from .house import AUTHORITY, HOSTILE, added, broker, controller
from .test_cards import LOOKS

pytestmark = IN_BROWSER
TELEMETRY = "/test-cards/telemetry"
DOOR = "lock.gate_j1_lock_1"
BEHIND = timedelta(minutes=3)
MEASURED = {
    "event_type": "soil_moisture",
    "value": 41.5,
    "unit": "%",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gate(
    home_assistant: HassProcess, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[F2Device]:
    """A broker with nodes and a controller, and an authority, for what follows."""
    folder = tmp_path_factory.mktemp("telemetry")
    async with (
        home_assistant.api() as api,
        Broker(folder) as server,
        server.peer() as nodes,
        f2_device(server) as device,
        added(api, "certificate_authority", AUTHORITY),
        added(
            api,
            "mqtt_broker",
            broker(server.host, server.port, "maestra", "qs", "f2"),
        ),
        added(api, "f2_controller", controller(MAC)),
    ):
        await server.logged("qs/v1/+/events")
        await home_assistant.states([DOOR])
        await api.ask("maestra.issue_certificate", {"mac": MAC, "days": 20})
        wrong = (datetime.now(UTC) - BEHIND).isoformat()
        for number, name in enumerate(("greenhouse", "roof-3", HOSTILE)):
            await nodes.publish(
                f"qs/v1/{name}/events",
                [
                    event(f"{number}a", name, **MEASURED, ts_device=wrong),
                    event(f"{number}b", name, event_type="note", value=HOSTILE),
                    event(f"{number}c", name) | {"event_type": None},
                ],
                qos=1,
            )
        await device.says(
            "tele/sensor-mode/J3/sensor-1",
            data=SAMPLE,
            timestamp=f"{datetime.now(UTC):%F %T.%f}",
        )
        yield device


async def opened(visitor: Visitor) -> Page:
    """Look at the card, which has all that there is."""
    await visitor.open(TELEMETRY)
    page = visitor.page
    for found in ("[data-device=greenhouse] .row", "[data-path='J3/sensor-1']"):
        await expect(page.locator(found).first).to_be_visible()
    await expect(page.locator(f"[data-name='{MAC}']")).to_be_visible()
    await expect(page.locator("[data-path='J3/sensor-1']")).to_contain_text("°C")
    return page


async def test_without_any_it_says_where_it_comes_from(visitor: Visit) -> None:
    async with visitor() as somebody:
        await somebody.open(TELEMETRY)
        page = somebody.page
        await expect(page.get_by_text("No telemetry yet").first).to_be_visible()
        await somebody.photograph("telemetry_none")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []


@pytest.mark.parametrize("look", LOOKS)
async def test_it_looks_well(visitor: Visit, gate: F2Device, look: str) -> None:
    async with visitor(**LOOKS[look]) as somebody:
        page = await opened(somebody)
        await expect(page.locator("[data-letter]").first).to_be_visible()
        await somebody.photograph(f"telemetry_{look}")
        assert await somebody.cut() == []
        assert await somebody.barriers() == []
        assert await page.locator("img[src=x]").count() == 0
        assert await page.evaluate("window.hacked") is None


async def test_doors_and_sirens_are_controlled(visitor: Visit, gate: F2Device) -> None:
    async with visitor() as somebody:
        page = await opened(somebody)
        door = page.locator("[data-path='J1/strike-1']")
        await expect(door).to_contain_text("Locked")
        await door.get_by_role("button", name="Unlock:").click()
        await expect(door).to_contain_text("Unlocked")
        await door.get_by_role("button", name="Lock:").click()
        await expect(door).to_contain_text("Locked")

        siren = page.locator("[data-path='J2/siren-1']")
        await siren.get_by_role("button", name="Sound:").click()
        await siren.get_by_role("button", name="Cancel").click()
        await siren.get_by_role("button", name="Sound:").click()
        await siren.get_by_role("button", name="Really sound?").click()
        await expect(siren).to_contain_text("Sounding")
        await siren.get_by_role("button", name="Silence:").click()
        await expect(siren).to_contain_text("Silent")


async def test_what_happens_at_the_door_is_shown(
    visitor: Visit, api: HassApi, gate: F2Device
) -> None:
    async with visitor() as somebody:
        page = await opened(somebody)
        await gate.controller.open_door(True)
        await expect(page.locator("[data-path='J1/door-sensor-1']")).to_contain_text(
            "Open"
        )
        await api.act(
            "maestra.f2_record_access",
            {
                "entity_id": "event.gate_j1_reader_1",
                "granted": False,
                "reason": "unknown",
            },
        )
        await expect(page.locator("[data-path='J1/reader-1']")).to_contain_text(
            "Turned away"
        )
        await gate.controller.open_door(False)


async def test_a_dead_letter_is_tried_again(visitor: Visit, gate: F2Device) -> None:
    """And says why it is refused this time too."""
    async with visitor() as somebody:
        page = await opened(somebody)
        letter = page.locator("[data-letter]").first
        await letter.get_by_text("What was sent").click()
        await expect(letter.locator("pre")).to_contain_text("event_id")
        await letter.get_by_role("button", name="Try again").click()
        await expect(letter.get_by_role("alert")).to_contain_text("event_type")
        await somebody.photograph("telemetry_letter")


async def test_who_is_no_administrator_sees_no_dead_letters(
    guest: Visit, gate: F2Device
) -> None:
    async with guest() as somebody:
        page = await opened(somebody)
        await expect(page.locator("[data-letter]")).to_have_count(0)
        await expect(
            page.locator("[data-path='J1/strike-1']").get_by_role(
                "button", name="Unlock:"
            )
        ).to_be_visible()
