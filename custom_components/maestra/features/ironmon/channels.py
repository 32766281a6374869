"""IronMON games for clients of Phoenix channels: challenges, checkpoints and results (stream-production.md §3)."""

from operator import itemgetter
from typing import Any, Final

from ...const import CONF_PRODUCTION
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.ironmon import runs
from ...core.phoenix.channels import Channel, PhoenixParts, positive
from ...core.phoenix.errors import NotAvailable
from ...core.production.rows import find_stream_events
from ...core.store.store import Store
from ...hub.hub import Hub
from .link import MAX_RECENT, IronmonLink

MAX_RESULTS: Final = 100
USUAL_RESULTS: Final = 10


def ironmon_parts(hub: Hub) -> PhoenixParts:
    """Return what clients find of the first port for games: their topics name none."""

    def game() -> IronmonLink:
        if (found := hub.links.first(IronmonLink)) is None:
            raise NotAvailable(what="IronMON")
        return found

    async def rows() -> list[Any]:
        """Return what games have told: as the database has it, or, where there is none, what is remembered."""
        link = game()
        if (store := hub.service(Store)) is None:
            return [*reversed(link.recent)]
        await store.flush()
        found: list[Any] = []
        async with store.reading() as connection:
            for kind in runs.KINDS:
                found += await find_stream_events(
                    connection, link.data[CONF_PRODUCTION], kind, MAX_RECENT
                )
        return sorted(found, key=itemgetter("timestamp"), reverse=True)

    async def status(_topic: str, _payload: JsonObject) -> JsonValue:
        link, known = game(), await rows()
        return {
            "connected": link.connected,
            "games": link.gateway.clients if link.gateway else 0,
            "challenge": runs.active_challenge(known),
            "seed": runs.latest(known, runs.SEED),
            "checkpoint": runs.latest(known, runs.CHECKPOINT),
        }

    async def challenges(_topic: str, _payload: JsonObject) -> JsonValue:
        return {"challenges": [*runs.challenges(await rows())]}

    async def checkpoints(_topic: str, payload: JsonObject) -> JsonValue:
        challenge = payload.get("challenge_id")
        wanted = None if challenge is None else str(challenge)
        return {"checkpoints": [*runs.checkpoints(await rows(), wanted)]}

    async def checkpoint_stats(_topic: str, payload: JsonObject) -> JsonValue:
        checkpoint = payload.get("checkpoint_id")
        if not isinstance(checkpoint, str | int):
            raise InvalidField(field="checkpoint_id", reason="must be an id")
        return runs.checkpoint_stats(await rows(), checkpoint)

    async def recent_results(_topic: str, payload: JsonObject) -> JsonValue:
        limit = positive("limit", payload.get("limit", USUAL_RESULTS), MAX_RESULTS)
        return {"results": [*runs.recent_results(await rows(), int(limit))]}

    async def active_challenge(_topic: str, payload: JsonObject) -> JsonValue:
        seed = payload.get("seed_id")
        if not isinstance(seed, int | None):
            raise InvalidField(field="seed_id", reason="must be a whole number")
        return {"challenge": runs.active_challenge(await rows(), seed)}

    return PhoenixParts(
        channels=(
            Channel(
                fits=lambda topic: topic.startswith("overlay:"),
                commands={
                    "ironmon:status": status,
                    "ironmon:challenges": challenges,
                    "ironmon:checkpoints": checkpoints,
                    "ironmon:checkpoint_stats": checkpoint_stats,
                    "ironmon:recent_results": recent_results,
                    "ironmon:active_challenge": active_challenge,
                },
            ),
        )
    )
