"""Services that Maestra is told about: each is set up only if it is not there yet, or was told otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .context import Context
from .flows import SUBENTRY_FLOW, Answers, run_flow
from .hass_api import Json
from .terminal import say

DOMAIN: Final = "maestra"


@dataclass(frozen=True, kw_only=True)
class Subentry:
    """A service that Maestra is told about."""

    kind: str
    answers: Callable[[Context], Answers]
    second: str | None = None
    """How it is remembered where it is not the only one of its kind; the first goes by the kind."""


async def set_up(context: Context, entry_id: str, *subentries: Subentry) -> None:
    """Add subentries to the hub, or change those that were last told something else."""
    memory = context.memory
    present = await _present(context, entry_id)
    for subentry in subentries:
        answers = subentry.answers(context)
        name = subentry.second or subentry.kind
        start: dict[str, Json] = {"handler": [entry_id, subentry.kind]}
        before = present.get(subentry.kind, [])
        if found := _find(context, subentry, before):
            # Told the same before; a person's own change to it is left alone.
            if memory.subentries.get(name) == answers:
                continue
            start["subentry_id"] = found
        say(f"{'changing' if found else 'adding'} {name}")
        await run_flow(context.api, SUBENTRY_FLOW, start, answers)
        if not found:
            present = await _present(context, entry_id)
            found = next(it for it in present[subentry.kind] if it not in before)
        memory.subentries[name] = answers
        memory.subentry_ids[name] = found
        context.save_memory()


async def _present(context: Context, entry_id: str) -> dict[str, list[str]]:
    """Return the ids of the subentries that there are, by kind."""
    found: dict[str, list[str]] = {}
    for it in await context.api.command(
        "config_entries/subentries/list", entry_id=entry_id
    ):
        found.setdefault(it["subentry_type"], []).append(it["subentry_id"])
    return found


def _find(context: Context, subentry: Subentry, present: list[str]) -> str | None:
    """Return the id of what was set up before; the first of its kind may be a person's own."""
    ids = context.memory.subentry_ids
    if (known := ids.get(subentry.second or subentry.kind)) in present:
        return known
    if subentry.second:
        return None
    return next((it for it in present if it not in ids.values()), None)


async def hub_entry(context: Context) -> Json:
    """Return the hub's config entry, or None."""
    entries = await context.api.get(f"/api/config/config_entries/entry?domain={DOMAIN}")
    return next(iter(entries), None)
