"""The Maestra integration inside Home Assistant, set up as a user would."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scripts.stack.context import Context
from scripts.stack.flows import (
    CONFIG_FLOW,
    OPTIONS_FLOW,
    SUBENTRY_FLOW,
    Answers,
    run_flow,
)
from scripts.stack.hass_api import ApiError, Json
from scripts.stack.ports import LOOPBACK
from scripts.stack.terminal import say

from .postgresql import NAME as DATABASE

DOMAIN: Final = "maestra"
LOAD_TIMEOUT_S: Final = 20
POLL_INTERVAL_S: Final = 0.05
HUB_ANSWERS: Final[Answers] = {"user": {}}
OPTIONS: Final[Answers] = {
    "init": {"next_step_id": "recording"},
    "recording": {"all": True},
}
"""What the hub is told once it is there: that it records every entity of Home Assistant too."""


@dataclass(frozen=True, kw_only=True)
class Subentry:
    """A service that Maestra is told about."""

    kind: str
    answers: Callable[[Context], Answers]


def _direct_broker(context: Context) -> Answers:
    """Our own broker, without Home Assistant's MQTT integration."""
    address = {"host": LOOPBACK, "port": context.ports.mqtt}
    return {
        "user": {"next_step_id": "direct"},
        "direct": address,
        "reconfigure": address,
    }


def _database(context: Context) -> Answers:
    """Our own PostgreSQL."""
    login = {
        "host": LOOPBACK,
        "port": context.ports.postgresql,
        "database": DATABASE,
        "username": DATABASE,
        "password": context.memory.database_password,
    }
    return {"user": login, "reconfigure": login}


SUBENTRIES: Final = (
    Subentry(kind="mqtt_broker", answers=_direct_broker),
    Subentry(kind="timescale_store", answers=_database),
)


class Integration:
    """The hub and its subentries, each made only if it is not there yet."""

    async def start(self, context: Context) -> None:
        """Set up what is missing; returns when the integration is loaded."""
        entry_id = await self._hub(context)
        present = await context.api.command(
            "config_entries/subentries/list", entry_id=entry_id
        )
        for subentry in SUBENTRIES:
            await self._subentry(context, entry_id, subentry, present)
        await self._options(context, entry_id)
        await self._loaded(context, entry_id)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}

    async def _hub(self, context: Context) -> str:
        if entry := await _entry(context):
            return str(entry["entry_id"])
        say("adding the Maestra integration")
        result = await run_flow(
            context.api, CONFIG_FLOW, {"handler": DOMAIN}, HUB_ANSWERS
        )
        if next_flow := result.get("next_flow"):
            # A user is led on to the first broker; ours come from the table.
            await context.api.delete(f"{SUBENTRY_FLOW}/{next_flow[1]}")
        entry = await _entry(context)
        assert entry
        return str(entry["entry_id"])

    async def _subentry(
        self, context: Context, entry_id: str, subentry: Subentry, present: list[Json]
    ) -> None:
        answers = subentry.answers(context)
        start: dict[str, Json] = {"handler": [entry_id, subentry.kind]}
        known = context.memory.subentries
        found = next(
            (it for it in present if it["subentry_type"] == subentry.kind), None
        )
        if found:
            # Told the same before; a person's own change to it is left alone.
            if known.get(subentry.kind) == answers:
                return
            start["subentry_id"] = found["subentry_id"]
        say(f"{'changing' if found else 'adding'} {subentry.kind}")
        await run_flow(context.api, SUBENTRY_FLOW, start, answers)
        known[subentry.kind] = answers
        context.save_memory()

    async def _options(self, context: Context, entry_id: str) -> None:
        if context.memory.options == OPTIONS:
            return
        await run_flow(context.api, OPTIONS_FLOW, {"handler": entry_id}, OPTIONS)
        context.memory.options = OPTIONS
        context.save_memory()

    async def _loaded(self, context: Context, entry_id: str) -> None:
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                while (entry := await _entry(context)) is None or entry[
                    "state"
                ] != "loaded":
                    await asyncio.sleep(POLL_INTERVAL_S)
        except TimeoutError as err:
            entry = await _entry(context)
            raise ApiError(f"the Maestra integration is not loaded: {entry}") from err


async def _entry(context: Context) -> Json:
    """Return the hub's config entry, or None."""
    entries = await context.api.get(f"/api/config/config_entries/entry?domain={DOMAIN}")
    return next(iter(entries), None)
