"""A client that trusts the wire as the reference's SDKs do: every field is taken for granted (maestra.md §9.5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import aiohttp

from .process import PATIENCE

HOST: Final = "127.0.0.1"

type Wire = dict[str, Any]


class CallFailed(Exception):
    """An answer said that something is wrong: `status`, and `detail` in words."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.detail = detail


def moment(text: str) -> datetime:
    """Read a time as SDKs do: six digits of a second and a `Z`."""
    assert len(text.partition(".")[2]) == len("123456Z"), text
    return datetime.fromisoformat(text.rstrip("Z"))


@dataclass(frozen=True)
class Thing:
    """An entity."""

    id: str
    slug: str
    kind: str | None
    state: Wire
    state_updated_at: datetime

    @classmethod
    def read(cls, wire: Wire) -> Self:
        """Read an entity; its type is an object with a name, or null."""
        kind = wire["entity_type"]
        assert wire["name"]
        assert wire["entity_type_id"]
        assert moment(wire["created_at"]) <= moment(wire["updated_at"])
        return cls(
            wire["id"],
            wire["slug"],
            kind["name"] if kind else None,
            wire["state"],
            moment(wire["state_updated_at"]),
        )


@dataclass(frozen=True)
class Change:
    """A `state_changed` event."""

    slug: str
    kind: str
    before: Wire
    now: Wire
    keys: frozenset[str]
    source: str | None
    at: datetime

    @classmethod
    def read(cls, wire: Wire) -> Self:
        """Read an event as it comes, without any envelope."""
        assert wire["type"] == "state_changed"
        assert wire["entity_id"]
        return cls(
            wire["entity_slug"],
            wire["entity_type"],
            wire["previous_state"],
            wire["current_state"],
            frozenset(wire["changed_keys"]),
            wire["source"],
            moment(wire["timestamp"]),
        )


@dataclass(frozen=True)
class Offer:
    """Where a consumer finds the stream that it asked for."""

    session_id: str
    stream_id: str
    address: str
    port: int
    config: Wire

    @classmethod
    def read(cls, wire: Wire) -> Self:
        """Read the answer to a request."""
        assert wire["stream_name"]
        assert wire["stream_type"]
        assert wire["protocol"]
        return cls(
            wire["session_id"],
            wire["stream_id"],
            wire["publisher_address"],
            wire["publisher_port"],
            wire["transport_config"],
        )


class Client:
    """Speaks to the Fleet API, to be entered with `async with`; raises CallFailed."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{HOST}:{port}"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=PATIENCE)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def call(
        self, method: str, path: str, body: Wire | None = None, **query: str
    ) -> Any:
        """Send a request; every answer, also to DELETE, is JSON."""
        async with self._session.request(
            method, f"{self._url}{path}", json=body, params=query
        ) as response:
            answer = await response.json()
            if response.status >= 400:
                raise CallFailed(response.status, answer["detail"])
            return answer

    async def create(self, name: str, kind: str, **fields: Any) -> Thing:
        """Create an entity of a type by its name."""
        types = await self.call("GET", "/entities/types")
        ids = {item["name"]: item["id"] for item in types if item["display_name"]}
        body = {"name": name, "entity_type_id": ids[kind], **fields}
        return Thing.read(await self.call("POST", "/entities", body))

    async def find(self, slug: str) -> Thing:
        """Read an entity."""
        return Thing.read(await self.call("GET", f"/entities/by-slug/{slug}"))

    async def update(self, thing: Thing, **state: Any) -> Wire:
        """Merge into an entity's state; returns the state that came of it."""
        body = {"state": state, "source": "sdk"}
        answer = await self.call("PATCH", f"/entities/{thing.id}/state", body)
        assert answer["entity_slug"] == answer["slug"] == thing.slug
        moment(answer["state_updated_at"])
        state_now: Wire = answer["state"]
        return state_now


class Publisher:
    """Advertises one stream; whoever made it calls `beat` from time to time."""

    def __init__(self, client: Client, **fields: Any) -> None:
        self._client = client
        self._fields = {
            "name": "Camera A",
            "stream_type": "ndi",
            "publisher_id": "td-01",
            "protocol": "ndi",
            "address": HOST,
            "port": 5960,
            **fields,
        }
        self.id = ""

    async def start(self) -> Wire:
        """Advertise; returns the stream."""
        stream: Wire = await self._client.call(
            "POST", "/streams/advertise", self._fields
        )
        self.id = stream["id"]
        assert {key: stream[key] for key in self._fields} == self._fields
        assert moment(stream["advertised_at"]) <= moment(stream["last_heartbeat"])
        return stream

    async def beat(self) -> None:
        """Say that the stream is still there."""
        answer = await self._client.call("POST", f"/streams/{self.id}/heartbeat")
        assert answer == {"status": "ok", "stream_id": self.id}

    async def stop(self) -> None:
        """Withdraw."""
        answer = await self._client.call("DELETE", f"/streams/{self.id}")
        assert answer == {"status": "withdrawn", "stream_id": self.id}


class Consumer:
    """Takes part in one stream; whoever made it calls `beat` from time to time."""

    def __init__(self, client: Client, stream_id: str) -> None:
        self._client = client
        self._stream_id = stream_id
        self._session = ""

    async def connect(self) -> Offer:
        """Request the stream."""
        offer = Offer.read(
            await self._client.call(
                "POST",
                f"/streams/{self._stream_id}/request",
                {
                    "consumer_id": "max-01",
                    "consumer_address": HOST,
                    "consumer_port": 7000,
                },
            )
        )
        self._session = f"/streams/sessions/{offer.session_id}"
        return offer

    async def beat(self) -> None:
        """Say that the session is still there."""
        assert (await self._client.call("POST", f"{self._session}/heartbeat"))[
            "status"
        ] == "ok"

    async def disconnect(self) -> None:
        """Stop the session."""
        assert (await self._client.call("DELETE", self._session))["status"] == "stopped"
