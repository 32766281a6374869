"""Clients of the stream production system in Home Assistant: overlays, queue, events, OBS, transcripts, contexts, health."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.domain.json_values import loads
from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.hub_store import recording_hub
from tests.kits.listeners import ListenerKit
from tests.kits.obs import ObsDouble, obs_double
from tests.kits.phoenix import PhoenixKit
from tests.kits.process import HOST
from tests.kits.production import as_subentry, obs_subentry, production_subentry
from tests.kits.speech import add_dictation, transcription_subentry

pytestmark = pytest.mark.usefixtures("socket_enabled")
OVERLAYS = "stream:overlays"
SAID = {"timestamp": "2026-11-20T12:00:00Z", "duration": 1.5, "text": "Hello there"}


class House:
    """A hub that listens for clients."""

    def __init__(self, kit: HubKit, port: int) -> None:
        self.kit = kit
        self.port = port

    def client(self, version: str = "2.0.0") -> PhoenixKit:
        return PhoenixKit(self.port, version)

    async def get(self, path: str) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://{HOST}:{self.port}{path}") as response,
        ):
            return response.status, loads(await response.read())

    async def data(self, path: str) -> Any:
        status, answer = await self.get(path)
        assert (status, answer["success"]) == (200, True)
        return answer["data"]


@asynccontextmanager
async def recorded(
    hass: HomeAssistant, database: StoreSettings
) -> AsyncGenerator[HubKit]:
    """A hub with a database."""
    async with recording_hub(hass, database) as kit:
        await kit.becomes("recording")
        yield kit


@asynccontextmanager
async def unrecorded(
    hass: HomeAssistant, _database: StoreSettings
) -> AsyncGenerator[HubKit]:
    """A hub without one."""
    entry = MockConfigEntry(domain=DOMAIN, title="Maestra")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield HubKit(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)


async def house_of(kit: HubKit, *described: Any) -> House:
    for each in described:
        kit.hass.config_entries.async_add_subentry(kit.entry, as_subentry(each))
    port = await ListenerKit(kit.hass, kit.entry, "phoenix").on()
    return House(kit, port)


@pytest.fixture
async def obs() -> AsyncGenerator[ObsDouble]:
    async with obs_double() as double:
        yield double


@pytest.fixture
async def house(hub_kit: HubKit, obs: ObsDouble) -> AsyncGenerator[House]:
    """A hub with a production, a transcription, and an OBS."""
    await add_dictation(hub_kit.hass)
    house = await house_of(
        hub_kit, production_subentry(), transcription_subentry(), obs_subentry(obs)
    )
    await hub_kit.state_is("binary_sensor.studio_connection", STATE_ON)
    yield house
    await hub_kit.hass.config_entries.async_unload(hub_kit.entry.entry_id)


async def test_overlays_are_told_what_is_shown(house: House) -> None:
    async with house.client() as client:
        await client.join(OVERLAYS)
        state = await client.told("stream_state")
        assert (state["current_show"], state["alerts"]) == ("variety", [])
        await house.kit.act("show_alert", type="raid_alert", title="Ann", duration=10)
        told = await client.told("content_update")
        assert (told["type"], told["data"]) == ("raid_alert", {"title": "Ann"})
        state = await client.told("stream_state")
        (alert,) = state["alerts"]
        assert (alert["type"], alert["priority"], alert["duration"]) == (
            "raid_alert",
            100,
            10_000,
        )
        await house.kit.act("set_show", show="Coding")
        assert (await client.told("show_changed"))["show"] == "coding"


async def test_dashboards_command_the_queue(house: House) -> None:
    async with house.client("1.0.0") as client:
        await client.join("stream:queue")
        assert (await client.told("queue_state"))["queue"] == []

        async def ask(command: str, **payload: Any) -> Any:
            status, answer = await client.ask("stream:queue", command, payload)
            assert status == "ok"
            return answer["data"]

        assert (await ask("ping"))["pong"]
        shown = await ask(
            "force_content", type="emote_stats", data={"text": "x"}, duration=60_000
        )
        state = await ask("request_queue_state")
        (row,) = state["queue"]
        assert (row["id"], row["type"], row["content_type"], row["status"]) == (
            shown["id"],
            "manual_override",
            "emote_stats",
            "active",
        )
        assert state["metrics"]["active_items"] == 1
        await ask("takeover", type="technical-difficulties", message="Back soon")
        told = await client.told("takeover")
        assert (told["type"], told["message"], told["duration"]) == (
            "technical-difficulties",
            "Back soon",
            10_000,
        )
        await house.kit.state_is("sensor.stage_current_item", "takeover")
        assert (await ask("takeover_clear"))["cleared"]
        await client.told("takeover_clear")
        await ask("remove_queue_item", id=shown["id"])
        assert (await ask("request_queue_state"))["queue"] == []
        for command, payload in (
            ("takeover", {"type": "nonsense"}),
            ("takeover", {"type": "custom", "duration": -1}),
            ("force_content", {"type": "x", "data": []}),
            ("force_content", {}),
            ("remove_queue_item", {"id": "nobody"}),
        ):
            status, answer = await client.ask("stream:queue", command, payload)
            assert (status, answer["success"]) == ("error", False), command


async def test_events_come_to_who_wants_them(house: House) -> None:
    topics = ("events:all", "events:chat", "dashboard:main", "overlay:twitch")
    async with house.client() as client:
        for topic in topics:
            await client.join(topic)
        await house.kit.act(
            "report_stream_event",
            type="channel.chat.message",
            data={"user_name": "Ann", "message": "<b>Hi</b>"},
        )
        for topic, event in zip(
            topics,
            ("chat_message", "chat_message", "twitch_event", "twitch_event"),
            strict=True,
        ):
            told = await client.told(event, topic)
            assert (told["user_name"], told["message"]) == ("Ann", "<b>Hi</b>")
            assert told["source"] == "twitch"
        assert (await client.told("initial_state", "overlay:twitch"))[
            "type"
        ] == "twitch"
        assert (await client.ask("events:odd", "phx_join"))[0] == "error"


async def test_obs_is_commanded(house: House, obs: ObsDouble) -> None:
    async with house.client() as client:
        await client.join("dashboard:main")
        await client.join("overlay:obs")
        status, answer = await client.ask(
            "dashboard:main", "obs:set_current_scene", {"scene_name": "Break"}
        )
        assert (status, answer["data"]) == ("ok", {"success": True})
        told = await client.told("obs_event", "overlay:obs")
        assert (told["type"], told["scene_name"]) == ("obs.scene_changed", "Break")
        await client.ask("dashboard:main", "obs:start_streaming")
        await house.kit.state_is("switch.studio_stream", STATE_ON)
        _, answer = await client.ask("overlay:obs", "obs:status")
        assert answer["data"]["streaming"]
        _, answer = await client.ask("overlay:obs", "obs:scenes")
        assert answer["data"]["scenes"] == ["Live", "Break", "End"]
        for command in (
            "stats",
            "stream_status",
            "record_status",
            "outputs",
            "version",
        ):
            assert (await client.ask("overlay:obs", f"obs:{command}"))[0] == "ok"
        status, answer = await client.ask(
            "dashboard:main", "obs:set_current_scene", {"scene_name": "Nowhere"}
        )
        assert answer["error"]["code"] == "service_error"
        assert "No source was found" in answer["error"]["message"]


async def test_transcripts_are_taken_and_told(house: House) -> None:
    async with house.client() as client:
        for topic in ("transcription:live", "transcription:session:opening"):
            await client.join(topic)
            await client.told("connection_established", topic)
        status, answer = await client.ask(
            "transcription:live",
            "submit_transcription",
            {**SAID, "stream_session_id": "opening", "confidence": 0.5},
        )
        assert (status, set(answer)) == ("ok", {"transcription_id"})
        for topic in ("transcription:live", "transcription:session:opening"):
            told = await client.told("new_transcription", topic)
            assert (told["id"], told["text"]) == (
                answer["transcription_id"],
                "Hello there",
            )
        assert await client.ask(
            "transcription:live", "submit_transcription", {**SAID, "duration": 0}
        ) == (
            "error",
            {
                "errors": [
                    {
                        "field": "duration",
                        "messages": ["must be more than 0, and 3600 at most"],
                    }
                ]
            },
        )
        _, answer = await client.ask(
            "transcription:session:opening", "get_session_transcriptions"
        )
        assert [each["text"] for each in answer["data"]["transcriptions"]] == [
            "Hello there"
        ]
        _, answer = await client.ask("transcription:live", "get_recent", {"minutes": 5})
        assert answer["data"]["transcriptions"] == []
    for path, count in (
        ("", 1),
        ("/search?q=hello", 1),
        ("/search?q=bye", 0),
        ("/session/opening", 1),
        ("/session/other", 0),
        ("/recent", 0),
        ("/time-range?start=2026-11-20T00:00:00Z&end=2026-11-21T00:00:00Z", 1),
    ):
        assert len(await house.data(f"/api/transcriptions{path}")) == count, path
    stats = await house.data("/api/transcriptions/stats?hours=8000")
    assert (stats["total"], stats["average_confidence"]) == (1, 0.5)
    for path in ("/search", "/time-range?start=soon", "/recent?minutes=-1"):
        assert (await house.get(f"/api/transcriptions{path}"))[0] == 422


async def test_health(house: House, obs: ObsDouble) -> None:
    assert (await house.get("/health"))[1]["status"] == "ok"
    assert (await house.get("/ready"))[0] == 200
    _, health = await house.get("/api/health")
    assert (health["status"], health["services"]) == (
        "healthy",
        {"obs": {"connected": True}},
    )
    await obs.kick(4011)
    await house.kit.state_is("binary_sensor.studio_connection", "off")
    assert (await house.get("/api/health"))[1]["status"] == "unhealthy"


async def test_what_is_not_set_up_is_said(hub_kit: HubKit) -> None:
    house = await house_of(hub_kit)
    async with house.client() as client:
        await client.join(OVERLAYS)
        said, answer = await client.ask(OVERLAYS, "request_state")
        assert (said, answer["error"]["code"]) == ("error", "operation_failed")
    for path in ("/api/transcriptions", "/api/activity/events", "/api/contexts"):
        status, answer = await house.get(path)
        assert (status, answer["error"]["code"]) == (404, "not_available")


async def test_events_of_the_database(
    hass: HomeAssistant, database: StoreSettings, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as kit:
        await kit.becomes("recording")
        house = await house_of(kit, production_subentry())
        await kit.act(
            "report_stream_event",
            type="channel.follow",
            id="1",
            data={"user_name": "Ann"},
        )
        found = await house.data("/api/activity/events?event_type=channel.follow")
        (row,) = found["events"]
        assert (row["id"], row["user_name"]) == ("1", "Ann")
        assert (await house.data("/api/activity/events?event_type=odd"))["events"] == []
        stats = await house.data("/api/activity/stats")
        assert stats["events"] == {"channel.follow": 1}


@pytest.mark.parametrize("hub", [recorded, unrecorded])
async def test_what_can_not_be_asked_for_is_refused(
    hass: HomeAssistant,
    database: StoreSettings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    hub: Callable[..., AbstractAsyncContextManager[HubKit]],
) -> None:
    """Text that no database takes, and times outside the calendar; one without a zone is UTC."""
    hass.config.config_dir = str(tmp_path)
    await add_dictation(hass)
    async with hub(hass, database) as kit:
        house = await house_of(kit, production_subentry(), transcription_subentry())
        prefix = "/api/transcriptions"
        for path in (
            "/api/activity/events?event_type=%00",
            f"{prefix}/search?q=a%00b",
            f"{prefix}/session/%00",
        ):
            status, answer = await house.get(path)
            assert status in (200, 404, 422), (path, answer)
        for start in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"):
            status, _ = await house.get(f"{prefix}/time-range?start={start}")
            assert status == 422
        path = f"{prefix}/time-range?start=0001-01-01T00:00:00&end=9999-12-31"
        async with house.client() as client:
            topic = "transcription:session:a\0"
            await client.join(topic)
            await client.ask(topic, "submit_transcription", SAID)
            await client.ask(topic, "get_session_transcriptions")
            assert len(await house.data(path)) == 1
    assert "failed" not in caplog.text
