"""Sets the stage: creates in Home Assistant what the wire itself cannot make (types, hierarchy, variables)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

import aiohttp

from .catalogue import CATALOGUE, Json, Prop
from .cues import CUE_LISTS
from .experiences import EXPERIENCES

DOMAIN: Final = "maestra"
UNKNOWN_TYPE: Final = "device"
"""What an entity is whose states came before the stage was set."""
LINK_PATIENCE_S: Final = 15
LINK_RETRY_S: Final = 0.1


class Refused(Exception):
    """Home Assistant refused something."""


class Stage:
    """What is done over Home Assistant's WebSocket.

    Home Assistant logs a refused call as an error, so that nothing is tried that may not work.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take a connection that is logged in."""
        self._socket = socket
        self._ids = count(1)

    async def furnish(self, props: Sequence[Prop]) -> set[str]:
        """Create what is missing of these; what is there is left as people have it.

        Returns the slugs that are new.
        """
        present = await self._present()
        new = {
            prop.slug
            for prop in props
            if present.get(prop.slug) in (None, UNKNOWN_TYPE)
        }
        for prop in props:
            if prop.slug in new:
                if prop.slug in present:
                    await self._act("delete_entity", slug=prop.slug)
                await self._create(prop)
            elif prop.parent in new:
                # It became a root when its parent went.
                await self._act("update_entity", slug=prop.slug, parent=prop.parent)
        return new

    async def add_cues(self) -> None:
        """Add the cue lists that are missing."""
        present = await self._act("get_cue_lists", returns=True)
        for cues in CUE_LISTS:
            if cues["name"] not in present["response"]:
                await self._act("save_cue_list", **cues)

    async def add_experiences(self) -> None:
        """Add and publish the experiences that are missing."""
        present = await self._act("get_experiences", returns=True)
        for experience in EXPERIENCES:
            if experience["name"] not in present["response"]:
                await self._act("save_experience", **experience)
                await self._act("publish_experience", experience=experience["name"])

    async def link(self, slugs: set[str]) -> None:
        """Link entities to the boards behind them, as soon as these have registered; raises TimeoutError."""
        async with asyncio.timeout(LINK_PATIENCE_S):
            for prop in CATALOGUE:
                if prop.device and prop.slug in slugs:
                    while not any(
                        it["serial_number"] == prop.device
                        for it in await self._devices()
                    ):
                        await asyncio.sleep(LINK_RETRY_S)
                    await self._act("update_entity", slug=prop.slug, device=prop.device)

    async def _create(self, prop: Prop) -> None:
        await self._act(
            "create_entity",
            name=prop.name,
            slug=prop.slug,
            entity_type=prop.entity_type,
            parent=prop.parent,
            state=prop.state,
            variables=prop.variables,
            tags=prop.tags,
        )

    async def _present(self) -> dict[str, str]:
        """Return the types of all entities that there are, by slug."""
        # Each carries the label of its type, and nothing else of Maestra's does.
        ids = [
            it["id"]
            for it in await self._devices()
            if any(label.startswith(f"{DOMAIN}_") for label in it["labels"])
        ]
        if not ids:
            return {}
        result = await self._act("get_state", returns=True, device_id=ids)
        return {slug: it["entity_type"] for slug, it in result["response"].items()}

    async def _devices(self) -> list[Json]:
        """Return what Home Assistant has in its device registry of Maestra."""
        devices = await self._command("config/device_registry/list")
        return [
            it
            for it in devices
            if any(domain == DOMAIN for domain, _ in it["identifiers"])
        ]

    async def _act(self, action: str, *, returns: bool = False, **data: Json) -> Json:
        return await self._command(
            "call_service",
            domain=DOMAIN,
            service=action,
            service_data=data,
            return_response=returns,
        )

    async def _command(self, kind: str, **arguments: Json) -> Json:
        await self._socket.send_json({"id": next(self._ids), "type": kind, **arguments})
        answer = await self._socket.receive_json()
        if not answer["success"]:
            raise Refused(f"{kind} {arguments}: {answer['error']['message']}")
        return answer["result"]


@asynccontextmanager
async def open_stage(ha_url: str, token: str) -> AsyncGenerator[Stage]:
    """Connect to Home Assistant with an access token; raises Refused, aiohttp.ClientError."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{ha_url.rstrip('/')}/api/websocket") as socket,
    ):
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        answer = await socket.receive_json()
        if answer["type"] != "auth_ok":
            raise Refused(f"login: {answer['message']}")
        yield Stage(socket)


async def set_stage(ha_url: str, token: str, props: Sequence[Prop]) -> set[str]:
    """Create what is missing of these in a Home Assistant; returns the slugs that are new."""
    async with open_stage(ha_url, token) as stage:
        new = await stage.furnish(props)
        await stage.add_cues()
        await stage.add_experiences()
        return new


async def link_boards(ha_url: str, token: str, slugs: set[str]) -> None:
    """Link new entities in a Home Assistant to the boards behind them; raises TimeoutError."""
    async with open_stage(ha_url, token) as stage:
        await stage.link(slugs)
