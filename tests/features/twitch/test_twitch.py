"""A Twitch channel in Home Assistant: linked by consent, heard, shown, and refused."""

from collections.abc import AsyncGenerator
from datetime import timedelta
import time
from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.maestra.const import (
    CONF_TOPICS,
    OVERLAY_URL,
    SUBENTRY_TWITCH_CHANNEL,
)
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.core.twitch.connection import TwitchConnection
from custom_components.maestra.diagnostics import async_get_config_entry_diagnostics
from custom_components.maestra.features.twitch import link as twitch_link
from custom_components.maestra.features.twitch.setup import SIMULATOR, endpoints
from homeassistant.config_entries import SOURCE_REAUTH, SubentryFlowResult
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from scripts.simulators.twitch_server import TwitchServer, as_broadcaster, as_user
from tests.kits.forms import flow_appears
from tests.kits.hub import HubKit
from tests.kits.production import (
    TOKEN,
    as_subentry,
    overlay_subentry,
    production_subentry,
)
from tests.kits.twitch import (
    CHANNEL_ID,
    TOPICS,
    add_credentials,
    channel_subentry,
    simulated_twitch,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECTION = "binary_sensor.channel_connection"
EVENTS = "sensor.channel_events"
ACCOUNT = "sensor.channel_account"
LIVE = "binary_sensor.stage_live"
FOLLOW = "channel.follow"
TIMEOUT = 10.0
FLASH = {
    "triggers": {
        "trigger": "maestra.stream_event",
        "options": {"type": [FOLLOW]},
    },
    "actions": [
        {
            "action": "maestra.show_alert",
            "data": {"title": "{{ trigger.person }}", "message": "follows"},
        },
        {
            "action": "light.turn_on",
            "target": {"entity_id": "light.wash_1"},
            "data": {"flash": "short"},
        },
    ],
}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for another attempt."""
    make = TwitchConnection
    backoff = Backoff(first=timedelta(milliseconds=20), most=timedelta(milliseconds=50))
    monkeypatch.setattr(
        twitch_link,
        "TwitchConnection",
        lambda http, settings, tokens: make(http, settings, tokens, backoff=backoff),
    )


@pytest.fixture
async def twitch(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[TwitchServer]:
    async with simulated_twitch() as server:
        monkeypatch.setenv(SIMULATOR, server.url)
        yield server


@pytest.fixture
async def stage(hub_kit: HubKit, twitch: TwitchServer) -> AsyncGenerator[HubKit]:
    """A hub with a production and an overlay, and client credentials of Twitch."""
    await add_credentials(hub_kit.hass)
    for described in (production_subentry(), overlay_subentry()):
        hub_kit.hass.config_entries.async_add_subentry(
            hub_kit.entry, as_subentry(described)
        )
    await hub_kit.settled()
    yield hub_kit
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


@pytest.fixture
async def channel(stage: HubKit, twitch: TwitchServer) -> HubKit:
    """A hub with a channel that is linked."""
    await add(stage, twitch)
    await stage.state_is(CONNECTION, STATE_ON)
    return stage


async def add(stage: HubKit, twitch: TwitchServer | None, **others: Any) -> None:
    subentry = as_subentry(channel_subentry(twitch, **others))
    stage.hass.config_entries.async_add_subentry(stage.entry, subentry)
    await stage.settled()


async def ask(
    stage: HubKit, source: str, data: dict[str, Any], **context: Any
) -> SubentryFlowResult:
    """Fill in the form."""
    flow = stage.hass.config_entries.subentries
    told: Any = {"source": source, **context}
    form = await flow.async_init(
        (stage.entry.entry_id, SUBENTRY_TWITCH_CHANNEL), context=told
    )
    if form["type"] is not FlowResultType.FORM:
        return form
    done = await flow.async_configure(form["flow_id"], data)
    await stage.hass.async_block_till_done()
    return done


async def consent(
    hass: HomeAssistant, client: ClientSessionGenerator
) -> tuple[str, str]:
    """Give consent as a browser does, once Home Assistant asks for it; returns the scopes that are asked for, and how it ends."""
    question = await flow_appears(hass, SOURCE_REAUTH)
    assert question["step_id"] == "link_account"
    flow = hass.config_entries.flow
    picking = await flow.async_configure(question["flow_id"], {})
    if picking["type"] is FlowResultType.FORM:
        picking = await flow.async_configure(
            question["flow_id"], {"implementation": "demo"}
        )
    assert picking["type"] is FlowResultType.EXTERNAL_STEP
    page = URL(picking["url"])
    async with ClientSession() as http, http.get(page, allow_redirects=False) as answer:
        back = URL(answer.headers["Location"])
    browser = await client()
    answer = await browser.get(str(back.relative()))
    assert answer.status == 200
    # The dialog that has waited for the browser goes on.
    done = await flow.async_configure(question["flow_id"])
    assert done["type"] is FlowResultType.ABORT
    await hass.async_block_till_done()
    return page.query["scope"], str(done["reason"])


# Adding and linking it.


async def test_it_needs_credentials_first(
    hub_kit: HubKit, twitch: TwitchServer
) -> None:
    assert await async_setup_component(hub_kit.hass, "application_credentials", {})
    found = await ask(hub_kit, "user", {})
    assert found["reason"] == "missing_credentials"


async def test_it_needs_a_production_first(
    hub_kit: HubKit, twitch: TwitchServer
) -> None:
    await add_credentials(hub_kit.hass)
    found = await ask(hub_kit, "user", {})
    assert found["reason"] == "no_production"


@pytest.mark.usefixtures("current_request_with_host")
async def test_it_is_linked_by_consent(
    hass: HomeAssistant,
    stage: HubKit,
    twitch: TwitchServer,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    done = await ask(
        stage,
        "user",
        {"name": "Channel", "production": "stage-production", "topics": [*TOPICS]},
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    scopes, reason = await consent(hass, hass_client_no_auth)
    assert scopes == "bits:read moderator:read:followers"
    assert reason == "reauth_successful"
    await stage.state_is(CONNECTION, STATE_ON)
    await stage.state_is(ACCOUNT, "Maestra_Demo")
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.usefixtures("current_request_with_host")
async def test_more_events_need_consent_again(
    hass: HomeAssistant,
    channel: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await ask(
        channel,
        "reconfigure",
        {
            "name": "Channel",
            "production": "stage-production",
            "topics": ["stream", "chat"],
        },
        subentry_id=CHANNEL_ID,
    )
    assert await consent(hass, hass_client_no_auth) == (
        "user:read:chat",
        "reauth_successful",
    )
    await channel.state_is(CONNECTION, STATE_ON)


@pytest.mark.usefixtures("current_request_with_host")
async def test_another_account_will_not_do(
    hass: HomeAssistant,
    stage: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await add(stage, None, user_id="7")
    _, reason = await consent(hass, hass_client_no_auth)
    assert reason == "wrong_account"
    assert CONF_TOPICS in stage.entry.subentries[CHANNEL_ID].data
    assert "token" not in stage.entry.subentries[CHANNEL_ID].data


async def test_a_link_that_has_ended_asks_again(
    hass: HomeAssistant, channel: HubKit, twitch: TwitchServer
) -> None:
    twitch.tokens.clear()
    twitch.refresh_tokens.clear()
    await twitch.close_all()
    question = await flow_appears(hass, SOURCE_REAUTH)
    assert question["step_id"] == "link_account"


async def test_a_token_that_runs_out_is_renewed_and_kept(
    stage: HubKit, twitch: TwitchServer
) -> None:
    token = twitch.grant("moderator:read:followers")
    old = {**token, "expires_at": time.time() - 1}
    await add(stage, twitch, topics=["follows"], token=old)
    await stage.state_is(CONNECTION, STATE_ON)
    kept = stage.entry.subentries[CHANNEL_ID].data["token"]
    assert kept["access_token"] != token["access_token"]
    assert kept["access_token"] in twitch.tokens
    # Nobody was disconnected for it.
    (session,) = twitch.sessions.values()
    assert len(session.subscriptions) == 1


# What happens on it.


async def test_a_follow_becomes_an_alert_on_the_overlay(
    hass: HomeAssistant,
    channel: HubKit,
    twitch: TwitchServer,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    flashed = async_mock_service(hass, "light", "turn_on")
    assert await async_setup_component(hass, "automation", {"automation": FLASH})
    browser = await hass_client_no_auth()
    async with browser.ws_connect(f"{OVERLAY_URL}/{TOKEN}/feed/socket") as socket:
        await twitch.happens(
            FOLLOW, {**as_user("Ann"), **as_broadcaster()}, message_id="first"
        )
        # Sent again, it is not shown again.
        await twitch.happens(
            FOLLOW, {**as_user("Ann"), **as_broadcaster()}, message_id="first"
        )
        content = None
        while content is None:
            message = await socket.receive_json(timeout=TIMEOUT)
            content = message.get("layers", {}).get("foreground", {}).get("content")
    assert content["type"] == "alert"
    assert content["data"] == {"title": "Ann", "message": "follows"}
    await channel.settled()
    assert len(flashed) == 1
    await channel.state_is("sensor.stage_queue", "1")


async def test_the_stream_is_live(channel: HubKit, twitch: TwitchServer) -> None:
    await twitch.happens("stream.online", {**as_broadcaster(), "id": "1"})
    await channel.state_is(LIVE, STATE_ON)


async def test_what_makes_no_sense_is_counted(
    channel: HubKit, twitch: TwitchServer
) -> None:
    await twitch.happens(FOLLOW, {"user_id": "not a number"})
    await twitch.happens("stream.online", {**as_broadcaster(), "id": "1"})
    await channel.state_is(LIVE, STATE_ON)
    link = channel.entry.runtime_data.links.get(CHANNEL_ID)
    assert link.gateway.counters["rejected"] == 1


async def test_diagnostics_have_no_secret(
    hass: HomeAssistant, channel: HubKit, twitch: TwitchServer
) -> None:
    found = str(await async_get_config_entry_diagnostics(hass, channel.entry))
    assert "channel.follow" in found
    for secret in (*twitch.tokens, *twitch.refresh_tokens, "Maestra_Demo"):
        assert secret not in found


def test_only_this_machine_can_simulate(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = endpoints()
    assert usual.events.startswith("wss://eventsub.wss.twitch.tv/")
    monkeypatch.setenv(SIMULATOR, "http://evil.example:80")
    assert endpoints() == usual
