"""Repair issues: raised once, repaired by their flows, taken back when it is over."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
import re

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.maestra.const import DOMAIN, LINK_REPAIR_AFTER
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import (
    DeviceBlocked,
    InvalidField,
    UnknownEntity,
)
from custom_components.maestra.core.domain.events import NewcomerRefused
from custom_components.maestra.core.domain.newcomers import Newcomer
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.features.entities.repairs import (
    BLOCKED_DEVICE_TALKING,
    BLOCKED_QUIET_AFTER,
    DEVICE_WAITING,
    FLOOD_OVER_AFTER,
    NEWCOMERS_FLOOD,
    UNKNOWN_ENTITIES_FLOOD,
)
from custom_components.maestra.hub.errors import translate
from custom_components.maestra.hub.flows import Problem
from custom_components.maestra.hub.issues import MAX_ISSUES, device_issue_id, facts
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    issue_registry as ir,
)
from homeassistant.util import dt as dt_util

from .kits.broker import Broker
from .kits.forms import add_broker, connected, until
from .kits.hub import unload
from .kits.repairs import FixFlows
from .kits.texts import TEXTS, placeholders

MOMENT = timedelta(seconds=1)
CLIENT = Source("client", "gateway")


@pytest.fixture
def domain(hub: MockConfigEntry) -> Domain:
    """The hub's entities and devices."""
    domain: Domain = hub.runtime_data.domain
    return domain


def flood(
    domain: Domain, name: str = "made-up", kind: Newcomer = Newcomer.ENTITY
) -> None:
    """What the domain tells when a client makes up names."""
    domain.bus.publish(NewcomerRefused(kind, name, CLIENT))


def block(domain: Domain, hardware_id: str) -> None:
    """Let a user block a device."""
    domain.devices.register(
        {"hardware_id": hardware_id, "name": "Bad", "device_type": "esp32"}
    )
    domain.devices.block(hardware_id)


def talk(domain: Domain, hardware_id: str) -> None:
    """Let a blocked device send a heartbeat."""
    with pytest.raises(DeviceBlocked):
        domain.devices.heartbeat(hardware_id)


def issues(hass: HomeAssistant) -> set[str]:
    """Return the ids of what the user is told."""
    return {
        issue_id
        for (owner, issue_id), issue in ir.async_get(hass).issues.items()
        if owner == DOMAIN and issue.active
    }


async def passes(
    hass: HomeAssistant, clock: FrozenDateTimeFactory, time: timedelta
) -> None:
    """Let time pass."""
    clock.tick(time)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


# A broker that stays away.


@pytest.fixture
async def broker(
    socket_enabled: None, hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> AsyncGenerator[Broker]:
    """A broker; the hub is gone before it goes."""
    async with Broker(tmp_path / "broker") as broker:
        yield broker
        await unload(hass, hub)


async def test_a_broker_that_stays_away_is_told_and_taken_back(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    subentry = await add_broker(hass, hub, broker)
    issue_id = f"broker_unreachable_{subentry.subentry_id}"
    await connected(hass, hub, subentry.subentry_id)
    await broker.stop()
    link = hub.runtime_data.links.get(subentry.subentry_id)
    await until(hass, lambda: link.reason)
    assert issues(hass) == set()

    # The clock of a real connection can't be stopped.
    async_fire_time_changed(hass, dt_util.utcnow() + LINK_REPAIR_AFTER + MOMENT)
    await hass.async_block_till_done()
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.translation_placeholders
    assert issue.translation_placeholders["broker"] == subentry.title
    assert str(broker.port) in issue.translation_placeholders["reason"]

    await broker.start()
    await until(hass, lambda: issue_id not in issues(hass))


async def test_a_broker_that_is_removed_is_no_issue_any_more(
    hass: HomeAssistant, hub: MockConfigEntry, broker: Broker
) -> None:
    subentry = await add_broker(hass, hub, broker)
    await connected(hass, hub, subentry.subentry_id)
    await broker.stop()
    link = hub.runtime_data.links.get(subentry.subentry_id)
    await until(hass, lambda: link.reason)
    # The clock of a real connection can't be stopped.
    async_fire_time_changed(hass, dt_util.utcnow() + LINK_REPAIR_AFTER + MOMENT)
    await hass.async_block_till_done()
    assert len(issues(hass)) == 1

    hass.config_entries.async_remove_subentry(hub, subentry.subentry_id)
    await hass.async_block_till_done()
    assert issues(hass) == set()


# A flood of unknown entities.


async def test_a_flood_is_told_once_and_is_over_when_it_is_quiet(
    hass: HomeAssistant, domain: Domain, freezer: FrozenDateTimeFactory
) -> None:
    flood(domain, "made-up-1")
    flood(domain, "made-up-2")
    assert issues(hass) == {UNKNOWN_ENTITIES_FLOOD}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, UNKNOWN_ENTITIES_FLOOD)
    assert issue
    assert issue.translation_placeholders == facts(example="made-up-1")

    await passes(hass, freezer, FLOOD_OVER_AFTER / 2)
    flood(domain)
    await passes(hass, freezer, FLOOD_OVER_AFTER / 2 + MOMENT)
    assert issues(hass) == {UNKNOWN_ENTITIES_FLOOD}

    await passes(hass, freezer, FLOOD_OVER_AFTER / 2)
    assert issues(hass) == set()

    flood(domain)
    assert issues(hass) == {UNKNOWN_ENTITIES_FLOOD}


async def test_a_single_unknown_entity_is_no_flood(
    hass: HomeAssistant, domain: Domain
) -> None:
    domain.entities.report("made-up", {"a": 1}, source=CLIENT)
    domain.entities.rules.create_unknown = False
    with pytest.raises(UnknownEntity):
        domain.entities.report("made-up-too", {"a": 1}, source=CLIENT)
    assert issues(hass) == set()


async def test_a_flood_of_other_newcomers_is_told_and_nothing_is_to_be_pressed(
    hass: HomeAssistant, domain: Domain, freezer: FrozenDateTimeFactory
) -> None:
    for kind in Newcomer:
        if kind is not Newcomer.ENTITY:
            flood(domain, f"made-up {kind}", kind)
    assert issues(hass) == {NEWCOMERS_FLOOD}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, NEWCOMERS_FLOOD)
    assert issue
    assert not issue.is_fixable

    await passes(hass, freezer, FLOOD_OVER_AFTER + MOMENT)
    assert issues(hass) == set()


async def test_a_flood_is_repaired_by_creating_nothing_any_more(
    hass: HomeAssistant, hub: MockConfigEntry, domain: Domain, fix: FixFlows
) -> None:
    flood(domain)
    form = await fix.open(UNKNOWN_ENTITIES_FLOOD)
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == facts(example="made-up")

    result = await fix.answer(form["flow_id"], {})
    await hass.async_block_till_done()
    assert result["type"] == "create_entry"
    assert hub.options["create_unknown"] is False
    assert not domain.entities.rules.create_unknown
    assert issues(hass) == set()


async def test_a_flood_that_goes_on_is_told_again(
    hass: HomeAssistant, domain: Domain, fix: FixFlows, freezer: FrozenDateTimeFactory
) -> None:
    flood(domain)
    form = await fix.open(UNKNOWN_ENTITIES_FLOOD)
    await fix.answer(form["flow_id"], {})
    await passes(hass, freezer, FLOOD_OVER_AFTER / 2)
    flood(domain)
    await passes(hass, freezer, FLOOD_OVER_AFTER / 2 + MOMENT)

    assert issues(hass) == {UNKNOWN_ENTITIES_FLOOD}


# A blocked device that goes on talking.


async def test_a_blocked_device_is_told_once_and_is_over_when_it_is_quiet(
    hass: HomeAssistant, domain: Domain, freezer: FrozenDateTimeFactory
) -> None:
    block(domain, "AA:BB")
    talk(domain, "AA:BB")
    talk(domain, "AA:BB")
    assert issues(hass) == {device_issue_id(BLOCKED_DEVICE_TALKING, "AA:BB")}

    await passes(hass, freezer, BLOCKED_QUIET_AFTER + MOMENT)
    assert issues(hass) == set()


async def test_a_blocked_device_can_be_unblocked(
    hass: HomeAssistant, domain: Domain, fix: FixFlows
) -> None:
    block(domain, "AA:BB")
    talk(domain, "AA:BB")
    menu = await fix.open(device_issue_id(BLOCKED_DEVICE_TALKING, "AA:BB"))
    assert menu["menu_options"] == ["unblock", "ignore"]
    assert menu["description_placeholders"] == facts(device="AA:BB")

    result = await fix.answer(menu["flow_id"], {"next_step_id": "unblock"})
    assert result["type"] == "create_entry"
    assert "AA:BB" not in domain.devices.blocked
    assert issues(hass) == set()


async def test_unblocking_twice_does_no_harm(
    hass: HomeAssistant, domain: Domain, fix: FixFlows
) -> None:
    block(domain, "AA:BB")
    talk(domain, "AA:BB")
    menu = await fix.open(device_issue_id(BLOCKED_DEVICE_TALKING, "AA:BB"))
    domain.devices.unblock("AA:BB")
    assert issues(hass) == set()

    result = await fix.answer(menu["flow_id"], {"next_step_id": "unblock"})
    assert result["type"] == "create_entry"


async def test_unblocking_a_silent_device_tells_nothing(
    hass: HomeAssistant, domain: Domain
) -> None:
    block(domain, "AA:BB")
    domain.devices.unblock("AA:BB")
    assert issues(hass) == set()


async def test_a_device_can_stay_blocked_without_further_notice(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    domain: Domain,
    fix: FixFlows,
    freezer: FrozenDateTimeFactory,
) -> None:
    issue_id = device_issue_id(BLOCKED_DEVICE_TALKING, "AA:BB")
    block(domain, "AA:BB")
    talk(domain, "AA:BB")
    menu = await fix.open(issue_id)
    result = await fix.answer(menu["flow_id"], {"next_step_id": "ignore"})
    assert result["type"] == "abort"
    assert result["reason"] == "issue_ignored"

    await passes(hass, freezer, BLOCKED_QUIET_AFTER + MOMENT)
    talk(domain, "AA:BB")
    await hass.config_entries.async_reload(hub.entry_id)
    talk(hub.runtime_data.domain, "AA:BB")
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue
    assert issue.dismissed_version


async def test_nothing_is_unblocked_while_the_hub_is_not_loaded(
    hass: HomeAssistant, hub: MockConfigEntry, domain: Domain, fix: FixFlows
) -> None:
    block(domain, "AA:BB")
    talk(domain, "AA:BB")
    menu = await fix.open(device_issue_id(BLOCKED_DEVICE_TALKING, "AA:BB"))
    await unload(hass, hub)

    result = await fix.answer(menu["flow_id"], {"next_step_id": "unblock"})
    assert result["reason"] == "not_loaded"


@pytest.mark.usefixtures("hub")
async def test_an_issue_of_a_hub_that_is_gone_can_be_confirmed(
    hass: HomeAssistant, fix: FixFlows
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        UNKNOWN_ENTITIES_FLOOD,
        data={"entry_id": "gone"},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=UNKNOWN_ENTITIES_FLOOD,
        translation_placeholders=facts(example="x"),
    )
    form = await fix.open(UNKNOWN_ENTITIES_FLOOD)
    result = await fix.answer(form["flow_id"], {})
    assert result["type"] == "create_entry"
    assert issues(hass) == set()


async def test_many_devices_do_not_flood_the_user(
    hass: HomeAssistant, domain: Domain
) -> None:
    for number in range(MAX_ISSUES + 5):
        block(domain, f"device-{number}")
        talk(domain, f"device-{number}")
    assert len(issues(hass)) == MAX_ISSUES


async def test_nothing_is_left_when_the_hub_is_unloaded(
    hass: HomeAssistant, hub: MockConfigEntry, domain: Domain
) -> None:
    flood(domain)
    block(domain, "AA:BB")
    talk(domain, "AA:BB")
    assert issues(hass) == {
        UNKNOWN_ENTITIES_FLOOD,
        device_issue_id(BLOCKED_DEVICE_TALKING, "AA:BB"),
    }

    await unload(hass, hub)
    assert issues(hass) == set()
    flood(domain)
    assert issues(hass) == set()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wash-1", r"wash\-1"),
        ("[click](http://evil)", r"\[click\]\(http\:\/\/evil\)"),
        ("<img src=x>", r"\<img src\=x\>"),
        ("a\nb\u202ec", "a\ufffdb\ufffdc"),
        ("x" * 65, "x" * 63 + "…"),
    ],
)
def test_text_of_a_client_is_shown_as_text(text: str, shown: str) -> None:
    """Titles show it as it is, descriptions are Markdown."""
    found = facts(name=text)
    assert found["name_markdown"] == shown
    assert found["name"] == re.sub(r"\\([^\\])", r"\1", shown)


def test_a_reason_does_not_end_our_sentence() -> None:
    assert facts(reason="Connection refused. ", name="St.") == {
        "reason": "Connection refused",
        "reason_markdown": "Connection refused",
        "name": "St.",
        "name_markdown": r"St\.",
    }
    error = translate(InvalidField(field="a", reason="is wrong."))
    assert error.translation_placeholders == {"field": "a", "reason": "is wrong"}
    assert Problem("host", "cannot_connect", "timed out.").said == "timed out"


def test_titles_are_plain_and_descriptions_are_markdown() -> None:
    """Of whatever is said of others, each text takes the form in which it does nothing."""
    for key, issue in TEXTS["issues"].items():
        steps = issue.get("fix_flow", {}).get("step", {}).values()
        aborts = issue.get("fix_flow", {}).get("abort", {}).values()
        rendered = [issue.get("description", ""), *aborts]
        for step in steps:
            rendered.append(step.get("description", ""))
            assert not any(
                "_markdown" in it for it in placeholders(step.get("title", ""))
            )
        assert not any("_markdown" in it for it in placeholders(issue["title"])), key
        for text in rendered:
            assert all(it.endswith("_markdown") for it in placeholders(text)), key


def test_an_issue_id_does_not_depend_on_what_a_client_says() -> None:
    assert device_issue_id(BLOCKED_DEVICE_TALKING, "\ud800 <b>" * 500).startswith(
        f"{BLOCKED_DEVICE_TALKING}_"
    )


# Devices that ask to be let in.


def ask(domain: Domain, hardware_id: str, name: str = "Entrance") -> None:
    """Let a device ask."""
    domain.devices.discover(
        {"hardware_id": hardware_id, "name": name, "device_type": "esp32"}
    )


@pytest.mark.parametrize(
    ("answer", "is_known", "is_blocked"),
    [
        ("approve", True, False),
        ("reject", False, False),
        ("block", False, True),
    ],
)
async def test_a_device_that_asks_is_answered(
    hass: HomeAssistant,
    domain: Domain,
    fix: FixFlows,
    answer: str,
    is_known: bool,
    is_blocked: bool,
) -> None:
    ask(domain, "AA:BB", "<b>Entrance")
    issue_id = device_issue_id(DEVICE_WAITING, "AA:BB")
    assert issues(hass) == {issue_id}
    menu = await fix.open(issue_id)
    assert menu["menu_options"] == ["approve", "reject", "block"]
    assert menu["description_placeholders"]["name_markdown"] == r"\<b\>Entrance"

    result = await fix.answer(menu["flow_id"], {"next_step_id": answer})
    if answer == "approve":
        assert result["step_id"] == "approve"
        result = await fix.answer(menu["flow_id"], {"name": "Entrance"})

    assert result["type"] == "create_entry"
    assert (domain.devices.get("AA:BB") is not None) is is_known
    assert ("AA:BB" in domain.devices.blocked) is is_blocked
    assert not domain.devices.pending()
    assert issues(hass) == set()


async def test_whoever_approves_says_what_it_is_called_and_where_it_is(
    hass: HomeAssistant, hub: MockConfigEntry, domain: Domain, fix: FixFlows
) -> None:
    """What is linked to it goes there too, but for what has an area already."""
    foyer, cellar = (ar.async_get(hass).async_create(it) for it in ("Foyer", "Cellar"))
    device = domain.devices.discover(
        {
            "hardware_id": "AA:BB",
            "name": "esp32-0001",
            "device_type": "esp32",
            "location": {"room": "foyer"},
        }
    )
    for slug in ("probe", "other"):
        domain.entities.create(name=slug, entity_type="sensor", device_id=device.id)
    devices = hub.runtime_data.devices
    other = devices.get(domain.entities["other"].id)
    dr.async_get(hass).async_update_device(other.id, area_id=cellar.id)
    menu = await fix.open(device_issue_id(DEVICE_WAITING, "AA:BB"))
    form = await fix.answer(menu["flow_id"], {"next_step_id": "approve"})
    suggested = {
        field["name"]: field.get("description", {}).get("suggested_value")
        for field in form["data_schema"]
    }
    assert suggested == {"name": "esp32-0001", "area": foyer.id}

    refused = await fix.answer(menu["flow_id"], {"name": "a\nb", "area": foyer.id})
    assert refused["errors"] == {"name": "invalid_name"}
    await fix.answer(menu["flow_id"], {"name": "Front door", "area": foyer.id})

    board, probe, other = (
        devices.get(owner)
        for owner in (
            device.id,
            domain.entities["probe"].id,
            domain.entities["other"].id,
        )
    )
    assert (board.name, board.area_id) == ("Front door", foyer.id)
    assert (probe.area_id, other.area_id) == (foyer.id, cellar.id)


async def test_whoever_approves_sees_where_a_device_came_from_and_its_code(
    hass: HomeAssistant, domain: Domain, fix: FixFlows
) -> None:
    said = {"hardware_id": "AA:BB", "name": "Entrance", "device_type": "esp32"}
    device = domain.devices.discover(
        {**said, "ip_address": "192.168.1.20"}, address="192.168.1.66"
    )
    domain.devices.discover({**said, "ip_address": "192.168.1.20"})
    issue_id = device_issue_id(DEVICE_WAITING, "AA:BB")
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["address"] == "192.168.1.66"
    code = domain.provisioning.claim_code(device)
    # Every user may list the issues, only administrators open them.
    assert code not in str(issue.translation_placeholders)
    menu = await fix.open(issue_id)
    assert menu["description_placeholders"]["address"] == "192.168.1.66"
    assert (
        menu["description_placeholders"]["code_markdown"]
        == facts(code=code)["code_markdown"]
    )


async def test_an_open_form_lets_nobody_in_who_took_the_place(
    domain: Domain, fix: FixFlows
) -> None:
    ask(domain, "AA:BB")
    menu = await fix.open(device_issue_id(DEVICE_WAITING, "AA:BB"))
    domain.devices.reject("AA:BB")
    ask(domain, "AA:BB")

    result = await fix.answer(menu["flow_id"], {"next_step_id": "approve"})

    assert result["type"] == "create_entry"
    assert [device.hardware_id for device in domain.devices.pending()] == ["AA:BB"]


async def test_an_answer_that_comes_late_does_no_harm(
    hass: HomeAssistant, domain: Domain, fix: FixFlows
) -> None:
    ask(domain, "AA:BB")
    menu = await fix.open(device_issue_id(DEVICE_WAITING, "AA:BB"))
    domain.devices.approve("AA:BB")
    assert issues(hass) == set()

    result = await fix.answer(menu["flow_id"], {"next_step_id": "reject"})

    assert result["type"] == "create_entry"
    assert domain.devices["AA:BB"].is_online


async def test_nobody_is_let_in_while_the_hub_is_not_loaded(
    hass: HomeAssistant, hub: MockConfigEntry, domain: Domain, fix: FixFlows
) -> None:
    ask(domain, "AA:BB")
    menu = await fix.open(device_issue_id(DEVICE_WAITING, "AA:BB"))
    await unload(hass, hub)

    result = await fix.answer(menu["flow_id"], {"next_step_id": "approve"})

    assert result["reason"] == "not_loaded"


async def test_the_first_of_many_that_ask_are_told(
    hass: HomeAssistant, domain: Domain
) -> None:
    for number in range(MAX_ISSUES + 5):
        ask(domain, f"AA:{number}")
    assert len(issues(hass)) == MAX_ISSUES
    assert device_issue_id(DEVICE_WAITING, "AA:0") in issues(hass)

    domain.devices.approve("AA:0")

    assert len(issues(hass)) == MAX_ISSUES
    assert device_issue_id(DEVICE_WAITING, f"AA:{MAX_ISSUES}") in issues(hass)


async def test_who_still_waits_after_a_restart_is_told_again(
    hass: HomeAssistant, hub: MockConfigEntry, domain: Domain
) -> None:
    ask(domain, "AA:BB")

    await hass.config_entries.async_unload(hub.entry_id)
    assert issues(hass) == set()
    await hass.config_entries.async_setup(hub.entry_id)

    assert issues(hass) == {device_issue_id(DEVICE_WAITING, "AA:BB")}
