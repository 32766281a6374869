"""A live stream: a simulated Twitch, a production with an overlay, and a light that flashes for a new follower."""

import asyncio
from collections.abc import Mapping
import sys
from typing import Final

import aiohttp
from yarl import URL

from scripts.devenv.paths import ROOT
from scripts.simulators.twitch import READY
from scripts.simulators.twitch_server import CLIENT_ID
from scripts.stack.context import Context
from scripts.stack.flows import CONFIG_FLOW, SUBENTRY_FLOW, Answers
from scripts.stack.hass_api import ApiError, Json
from scripts.stack.ports import LOOPBACK
from scripts.stack.starting import in_time, says
from scripts.stack.subentries import DOMAIN, Subentry, hub_entry, set_up
from scripts.stack.terminal import say

LINK_TIMEOUT_S: Final = 20
POLL_INTERVAL_S: Final = 0.05
SIMULATOR: Final = "MAESTRA_TWITCH_SIMULATOR"
"""Tells Maestra where to look for Twitch (`features/twitch/setup.py`)."""
LIGHT: Final = "light.stage_spot_1"
AUTOMATION: Final = "maestra_demo_stream"
ALERTS: Final[Json] = {
    "alias": "Followers flash a light",
    "use_blueprint": {
        "path": "maestra/stream_alert.yaml",
        "input": {
            "message": "is here",
            "action": [
                {
                    "variables": {
                        "before": f"{{{{ state_attr('{LIGHT}', 'brightness') or 0 }}}}"
                    }
                },
                {
                    "action": "light.turn_on",
                    "target": {"entity_id": LIGHT},
                    "data": {"brightness_pct": 100},
                },
                {"delay": {"milliseconds": 600}},
                {
                    "action": "light.turn_on",
                    "target": {"entity_id": LIGHT},
                    # None at all turns it off again.
                    "data": {"brightness": "{{ before }}"},
                },
            ],
        },
    },
}


def twitch_url(context: Context) -> str:
    """Return the address of the simulator."""
    return f"http://{LOOPBACK}:{context.ports.twitch}"


class Twitch:
    """A Twitch with one channel."""

    async def start(self, context: Context) -> None:
        """Start the simulator; returns when clients can connect."""
        await context.spawn(
            "twitch",
            sys.executable,
            "-m",
            "scripts.simulators.twitch",
            "--port",
            str(context.ports.twitch),
            cwd=ROOT,
        )
        log = context.logs / "twitch.log"
        await in_time("Twitch", log, says(log, READY))

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where something can be let happen."""
        return {"twitch": twitch_url(context)}


class LiveStream:
    """A production that shows on its overlay what happens on the channel."""

    def __init__(self) -> None:
        """Know no overlay yet."""
        self._overlay = ""

    async def start(self, context: Context) -> None:
        """Set up what is missing; returns when the channel is linked."""
        entry = await hub_entry(context)
        await _have_credentials(context)
        await set_up(context, entry["entry_id"], *SUBENTRIES)
        await _link(context)
        self._overlay = await _address(context, entry["entry_id"])
        await _have_automation(context)

    def facts(self, context: Context) -> Mapping[str, object]:
        """What a browser source is given."""
        return {"overlay": self._overlay}


def _production(_: Context) -> Answers:
    named = {"name": "Live stream"}
    return {"user": named, "reconfigure": named}


def _overlay(context: Context) -> Answers:
    shows = {
        "name": "Stream overlay",
        "production": context.memory.subentry_ids["production"],
    }
    return {"user": shows, "reconfigure": {**shows, "renew": False}}


def _channel(context: Context) -> Answers:
    heard = {
        "name": "Demo channel",
        "production": context.memory.subentry_ids["production"],
    }
    return {"user": heard, "reconfigure": heard}


SUBENTRIES: Final = (
    Subentry(kind="production", answers=_production),
    Subentry(kind="overlay", answers=_overlay),
    Subentry(kind="twitch_channel", answers=_channel),
)


async def _have_credentials(context: Context) -> None:
    """Give Home Assistant the client id of an application, once."""
    known = await context.api.command("application_credentials/list")
    if not any(it["domain"] == DOMAIN for it in known):
        await context.api.command(
            "application_credentials/create",
            domain=DOMAIN,
            client_id=CLIENT_ID,
            client_secret="of the demo",
        )


async def _have_automation(context: Context) -> None:
    """Let followers flash a light, once: what people made of it stays."""
    path = f"/api/config/automation/config/{AUTOMATION}"
    try:
        await context.api.get(path)
    except ApiError:
        await context.api.post(path, ALERTS)


async def _link(context: Context) -> None:
    """Link the account, as its owner does in a browser, where Home Assistant asks for that."""
    async with asyncio.timeout(LINK_TIMEOUT_S):
        while await _state(context) != "on":
            for flow in await context.api.command("config_entries/flow/progress"):
                if flow["handler"] == DOMAIN and flow["step_id"] == "link_account":
                    say("linking the account of the channel")
                    await _consent(context, flow["flow_id"])
            await asyncio.sleep(POLL_INTERVAL_S)


async def _consent(context: Context, flow_id: str) -> None:
    api, flow = context.api, f"{CONFIG_FLOW}/{flow_id}"
    step = await api.post(flow, {}, headers={"HA-Frontend-Base": context.url})
    if step["type"] != "external":
        raise ApiError(f"the account of the channel can't be linked: {step}")
    # The page of consent leads back to Home Assistant.
    async with (
        aiohttp.ClientSession() as browser,
        browser.get(step["url"]) as response,
    ):
        if not response.ok:
            raise ApiError(f"consent leads to {response.url.path}: {response.status}")
    await api.post(flow, {})


async def _state(context: Context) -> str | None:
    """Return whether the channel is heard."""
    states = await context.api.get("/api/states")
    found = (
        it["state"]
        for it in states
        if it["entity_id"] == "binary_sensor.demo_channel_connection"
    )
    return next(found, None)


async def _address(context: Context, entry_id: str) -> str:
    """Return the secret address of the overlay, which its form tells."""
    form = await context.api.post(
        SUBENTRY_FLOW,
        {
            "handler": [entry_id, "overlay"],
            "subentry_id": context.memory.subentry_ids["overlay"],
        },
    )
    await context.api.delete(f"{SUBENTRY_FLOW}/{form['flow_id']}")
    path = URL(form["description_placeholders"]["address"]).path
    return f"{context.url}{path}"
