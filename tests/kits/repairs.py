"""Repairs, as a user answers them."""

from http import HTTPStatus
from typing import Any

from custom_components.maestra.const import DOMAIN
from homeassistant.const import CONTENT_TYPE_JSON


class FixFlows:
    """The user in Settings, Repairs."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def open(self, issue_id: str) -> Any:
        """Open an issue."""
        return await self._post("", {"handler": DOMAIN, "issue_id": issue_id})

    async def answer(self, flow_id: str, answer: dict[str, Any]) -> Any:
        """Submit a step, or choose from a menu."""
        return await self._post(f"/{flow_id}", answer)

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        response = await self._client.post(f"/api/repairs/issues/fix{path}", json=body)
        assert response.status == HTTPStatus.OK, await response.text()
        assert CONTENT_TYPE_JSON in response.headers["content-type"]
        return await response.json()
