"""Cards that follow a live command, and what they are told."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockUser
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from homeassistant.auth.models import Group
from homeassistant.core import HomeAssistant

type Follow = Callable[..., Awaitable[Follower]]


class Follower:
    """A card: what it was told of each thing last."""

    def __init__(self, client: MockHAClientWebSocket, subscription: int) -> None:
        self._client = client
        self._id = subscription
        self.things: dict[str, Any] | None = {}
        self.pushes = 0

    async def push(self) -> Any:
        """Take the next push."""
        event = (await self._client.receive_json())["event"]
        self.pushes += 1
        if event["things"] is None:
            self.things = None
        elif event.get("is_all") or self.things is None:
            self.things = event["things"]
        else:
            self.things |= event["things"]
        return event

    async def leave(self) -> None:
        """Follow no longer, and wait until that is done."""
        await self._client.send_json_auto_id(
            {"type": "unsubscribe_events", "subscription": self._id}
        )
        while (await self._client.receive_json())["type"] == "event":
            pass

    async def until(self, is_so: Callable[[Any], bool]) -> Any:
        """Take pushes until the things are so."""
        while not is_so(self.things):
            await self.push()
        return self.things


@pytest.fixture
def follow(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Follow:
    """Follow a command, as an administrator or with a policy."""

    async def follow(command: str, policy: Any = None, **fields: Any) -> Follower:
        if policy is None:
            client = await hass_ws_client(hass)
        else:
            group = Group(name="some", policy=policy, id="group-some")
            user = MockUser(groups=[group]).add_to_hass(hass)
            refresh = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
            token = hass.auth.async_create_access_token(refresh)
            client = await hass_ws_client(hass, token)
        await client.send_json_auto_id({"type": f"maestra/{command}", **fields})
        answer = await client.receive_json()
        assert answer["success"], answer["error"]
        return Follower(client, answer["id"])

    return follow
