"""Clients of the stream production system in Home Assistant: overlays, queue, events, OBS, transcripts, contexts, health."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import (
    DOMAIN,
    SUBENTRY_IRONMON,
    SUBENTRY_RAINWAVE,
    SUBENTRY_REMOTE_SERVICE,
    SUBENTRY_STREAM_CONTEXT,
)
from custom_components.maestra.core.domain.json_values import loads
from custom_components.maestra.core.phoenix.channels import encoded
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.production import channels
from custom_components.maestra.features.rainwave import flow as rainwave_flow
from custom_components.maestra.features.twitch.setup import SIMULATOR
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.hub_store import recording_hub
from tests.kits.listeners import ListenerKit
from tests.kits.nurvus import Nurvus
from tests.kits.obs import ObsDouble, obs_double
from tests.kits.phoenix import PhoenixKit
from tests.kits.process import HOST, free_port
from tests.kits.production import (
    PRODUCTION_ID,
    as_subentry,
    obs_subentry,
    production_subentry,
)
from tests.kits.rainwave import Rainwave
from tests.kits.speech import add_dictation, transcription_subentry
from tests.kits.twitch import add_credentials, channel_subentry, simulated_twitch

pytestmark = pytest.mark.usefixtures("socket_enabled")
OVERLAYS = "stream:overlays"
SAID = {"timestamp": "2026-11-20T12:00:00Z", "duration": 1.5, "text": "Hello there"}


def context_subentry() -> ConfigSubentry:
    """Return a context of the production that has no model."""
    return ConfigSubentry(
        data=MappingProxyType({"production": PRODUCTION_ID, "interval": 2}),
        subentry_id="stage-context",
        subentry_type=SUBENTRY_STREAM_CONTEXT,
        title="Talk",
        unique_id=PRODUCTION_ID,
    )


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

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"http://{HOST}:{self.port}{path}", json=body) as response,
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
    # As much as one client may ever say.
    port = await ListenerKit(kit.hass, kit.entry, "phoenix").on(rate=0)
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
        {"obs": {"connected": True, "status": "connected"}},
    )
    await obs.kick(4011)
    await house.kit.state_is("binary_sensor.studio_connection", "off")
    assert (await house.get("/api/health"))[1]["status"] == "unhealthy"


async def test_what_comes_and_goes_is_told(house: House, obs: ObsDouble) -> None:
    async with house.client() as client:
        for topic in ("dashboard:main", "overlay:system", "dashboard:services"):
            await client.join(topic)
        await obs.kick(4011)
        for topic in ("dashboard:main", "overlay:system"):
            told = await client.told("health_update", topic)
            assert (told["type"], told["health_status"]) == (
                "system.health_check",
                "unhealthy",
            )
            assert (told["checks_passed"], told["checks_failed"]) == (0, 1)
        _, answer = await client.ask("overlay:system", "system:status")
        assert answer["data"]["status"] == "unhealthy"
        _, answer = await client.ask("overlay:system", "system:services")
        assert answer["data"]["obs"]["status"] == "disconnected"
        _, answer = await client.ask("dashboard:services", "get_telemetry")
        told = await client.told("telemetry_update")
        assert told == answer["data"]
        assert told["services"] == {
            "obs": {"connected": False, "status": "disconnected"}
        }
        assert [it["name"] for it in told["overlays"]] == ["overlay:system"]
        assert told["transcription"]["total"] == 0
        assert (await house.data("/api/services/obs"))["connected"] is False
        assert (await house.get("/api/services/odd"))[0] == 404


async def test_dashboards_speak_to_each_other(house: House) -> None:
    async with house.client() as one, house.client("1.0.0") as other:
        for client in (one, other):
            await client.join("dashboard:main")
        await one.ask("dashboard:main", "shout", {"text": "<b>hi</b>"})
        for client in (one, other):
            assert await client.told("shout") == {"text": "<b>hi</b>"}


async def test_a_state_is_put_together_once_for_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    make = encoded

    def counted(payload: Any) -> Any:
        made.append(payload)
        return make(payload)

    monkeypatch.setattr(channels, "encoded", counted)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(house.client()) for _ in range(5)]
        for client in clients:
            await client.join(OVERLAYS)
            await client.join("events:all")
            await client.told("stream_state")
        made.clear()
        await house.kit.act("show_alert", title="Ann", duration=10)
        await house.kit.act(
            "report_stream_event", type="channel.follow", data={"user_name": "Ann"}
        )
        for client in clients:
            await client.told("content_update")
            await client.told("follower")
            state = await client.told("stream_state")
            while not state["timeline"]:
                state = await client.told("stream_state")
        # The alert, the follower, and one state or two.
        assert len(made) <= 4
    # Nobody is there any more, and nobody listens for them.
    made.clear()
    await house.kit.act("show_alert", title="Bob", duration=10)
    await house.kit.settled()
    assert made == []


async def test_contexts_are_taken(house: House) -> None:
    body = {
        "started": "2026-11-20T12:00:00Z",
        "ended": "2026-11-20T12:02:00Z",
        "duration": 120,
        "transcript": "Lasers everywhere",
        "sentiment": "positive",
    }
    status, answer = await house.post("/api/contexts", body)
    assert (status, answer["error"]["code"]) == (404, "not_available")
    described = context_subentry()
    house.kit.hass.config_entries.async_add_subentry(house.kit.entry, described)
    await house.kit.settled()
    status, answer = await house.post("/api/contexts", body)
    assert (status, set(answer["data"])) == (201, {"id"})
    (found,) = await house.data("/api/contexts/search?q=lasers")
    assert (found["id"], found["source"]) == (answer["data"]["id"], "submitted")
    await house.kit.state_is(
        "sensor.talk_sentiment", "positive", analysed_by="submitted"
    )
    status, answer = await house.post("/api/contexts", {**body, "ended": "never"})
    assert (status, answer["error"]["code"]) == (422, "invalid_field")


async def test_obs_is_commanded_over_rest(house: House, obs: ObsDouble) -> None:
    assert (await house.data("/api/obs/scenes"))["current_scene"] == "Live"
    assert (await house.post("/api/obs/scene/Break", {}))[0] == 200
    await house.kit.state_is("select.studio_scene", "Break")
    assert (await house.post("/api/obs/streaming/start", {}))[0] == 200
    await house.kit.state_is("switch.studio_stream", STATE_ON)
    for path in ("status", "stream-status", "record-status", "stats", "version"):
        assert (await house.get(f"/api/obs/{path}"))[0] == 200
    # Who only looks switches nothing.
    assert (await house.get("/api/obs/streaming/stop"))[0] == 405
    assert (await house.post("/api/obs/scene/Nowhere", {}))[0] == 503


@pytest.fixture
async def rack(house: House) -> AsyncGenerator[Nurvus]:
    """A process manager of the same hub."""
    nurvus = Nurvus()
    async with nurvus.running():
        house.kit.hass.config_entries.async_add_subentry(
            house.kit.entry,
            ConfigSubentry(
                data=MappingProxyType({"host": HOST, "port": nurvus.port}),
                subentry_id="rack",
                subentry_type=SUBENTRY_REMOTE_SERVICE,
                title="Rack",
                unique_id="rack",
            ),
        )
        await house.kit.state_is("binary_sensor.rack_connection", STATE_ON)
        yield nurvus


async def test_services_are_commanded(house: House, rack: Nurvus) -> None:
    topic = "dashboard:services"
    async with house.client() as client, house.client() as other:
        for each in (client, other):
            await each.join(topic)
        _, answer = await client.ask(topic, "get_status", {"service": "seed"})
        assert (answer["data"]["name"], answer["data"]["status"]) == ("Seed", "stopped")
        status, answer = await client.ask(topic, "start", {"service": "Seed"})
        assert (status, answer["data"]["success"]) == ("ok", True)
        assert rack.asked == [("seed", "start")]
        for each in (client, other):
            assert (await each.told("service_starting"))["service"] == "seed"
            assert (await each.told("command_result"))["success"]
        rack.error = "no such file"
        status, answer = await client.ask(topic, "restart", {"service": "seed"})
        assert (status, answer["error"]["code"]) == ("error", "service_error")
        await other.told("service_restarting")
        assert "no such file" in (await other.told("command_result"))["error"]
        for payload in ({"service": "rm -rf"}, {"service": 5}, {}):
            assert (await client.ask(topic, "stop", payload))[0] == "error"
        assert len(rack.asked) == 2


async def test_rainwave_is_commanded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = Rainwave()
    port = await station.start()
    monkeypatch.setattr(rainwave_flow, "RAINWAVE", f"http://{HOST}:{port}/api4")
    house.kit.hass.config_entries.async_add_subentry(
        house.kit.entry,
        ConfigSubentry(
            data=MappingProxyType({"production": PRODUCTION_ID, "station": "covers"}),
            subentry_id="radio",
            subentry_type=SUBENTRY_RAINWAVE,
            title="Radio",
            unique_id=None,
        ),
    )
    await house.kit.state_is("binary_sensor.radio_connection", STATE_ON)
    async with house.client() as client:
        await client.join("dashboard:main")
        await client.join("overlay:music")
        _, answer = await client.ask("overlay:music", "rainwave:status")
        assert answer["data"]["current_song"]["song_title"] == "Wind"
        await client.ask("dashboard:main", "rainwave:set_station", {"station_id": 1})
        await house.kit.state_is("select.radio_station", "game")
        await client.ask("dashboard:main", "rainwave:set_enabled", {"enabled": False})
        await house.kit.state_is("switch.radio_active", "off")
        _, answer = await client.ask("dashboard:main", "rainwave:get_status")
        assert (answer["data"]["enabled"], answer["data"]["station_id"]) == (False, 1)
        # What nobody wants to be there is missed by nobody.
        assert "rainwave" not in (await house.data("/api/services"))["services"]
        for command, payload in (
            ("set_station", {"station_id": 6}),
            ("set_station", {"station_id": True}),
            ("set_enabled", {"enabled": "no"}),
        ):
            status, _ = await client.ask(
                "dashboard:main", f"rainwave:{command}", payload
            )
            assert status == "error"
    await station.stop()


async def test_games_are_asked_for(house: House) -> None:
    port = free_port()
    house.kit.hass.config_entries.async_add_subentry(
        house.kit.entry,
        ConfigSubentry(
            data=MappingProxyType(
                {
                    "production": PRODUCTION_ID,
                    "port": port,
                    "networks": ["127.0.0.0/8"],
                }
            ),
            subentry_id="game",
            subentry_type=SUBENTRY_IRONMON,
            title="IronMON",
            unique_id=str(port),
        ),
    )
    await house.kit.state_is("binary_sensor.ironmon_connection", STATE_ON)
    _, writer = await asyncio.open_connection(HOST, port)
    async with house.client() as client:
        topic = "overlay:ironmon"
        await client.join(topic)
        for kind, data in (
            ("init", {"version": "1", "game": 2, "difficulty": "kaizo"}),
            ("seed", {"count": 7}),
            ("checkpoint", {"id": 1, "name": "Brock", "seed": 7}),
        ):
            body = json.dumps({"type": kind, "data": data})
            writer.write(f"{len(body)} {body}".encode())
            await client.told("ironmon_event", topic)
        _, answer = await client.ask(topic, "ironmon:status")
        assert (answer["data"]["connected"], answer["data"]["games"]) == (True, 1)
        _, answer = await client.ask(
            topic, "ironmon:checkpoint_stats", {"checkpoint_id": 1}
        )
        assert (answer["data"]["cleared"], answer["data"]["seeds"]) == (1, 1)
        asked: list[tuple[str, dict[str, Any], str]] = [
            ("challenges", {}, "challenges"),
            ("checkpoints", {"challenge_id": "2:kaizo"}, "checkpoints"),
            ("recent_results", {"limit": 5}, "results"),
        ]
        for command, payload, key in asked:
            _, answer = await client.ask(topic, f"ironmon:{command}", payload)
            assert len(answer["data"][key]) == 1, command
        _, answer = await client.ask(topic, "ironmon:active_challenge", {"seed_id": 7})
        assert answer["data"]["challenge"]["difficulty"] == "kaizo"
        refused: list[tuple[str, dict[str, Any]]] = [
            ("recent_results", {"limit": 101}),
            ("checkpoint_stats", {}),
            ("active_challenge", {"seed_id": "x"}),
        ]
        for command, payload in refused:
            status, _ = await client.ask(topic, f"ironmon:{command}", payload)
            assert status == "error", command
    writer.close()


async def test_a_twitch_channel_is_commanded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_credentials(house.kit.hass)
    topic = "stream:queue"
    async with simulated_twitch() as twitch, house.client() as client:
        monkeypatch.setenv(SIMULATOR, twitch.url)
        # Without one the production is asked.
        await client.join(topic)
        _, answer = await client.ask(topic, "get_channel_info")
        assert answer["data"] == {"current_show": "variety", "is_live": False}
        await client.join("dashboard:main")
        subentry = as_subentry(channel_subentry(twitch, ["stream", "manage"]))
        house.kit.hass.config_entries.async_add_subentry(house.kit.entry, subentry)
        told = await client.told("twitch_connected")
        assert (told["type"], told["connected"]) == ("twitch.service_status", True)
        assert (await client.told("twitch_connection_changed"))["connected"]
        await client.join(topic)
        _, answer = await client.ask(topic, "get_channel_info")
        assert answer["data"]["category"] == {"id": "509658", "name": "Just Chatting"}
        _, answer = await client.ask(topic, "search_categories", {"query": "software"})
        (category,) = answer["data"]["categories"]
        status, _ = await client.ask(
            topic,
            "update_channel_info",
            {"title": "<b>Hi</b>", "category_id": category["id"]},
        )
        assert status == "ok"
        assert twitch.channel == {"title": "<b>Hi</b>", "game_id": category["id"]}
        assert (await client.told("show_changed"))["show"] == "coding"
        status, answer = await client.ask(
            topic, "update_channel_info", {"category_id": "99"}
        )
        assert "not valid" in answer["error"]["message"]
        for payload in ({}, {"title": "x" * 141}, {"category_id": "1; drop"}):
            assert (await client.ask(topic, "update_channel_info", payload))[
                0
            ] == "error"
        assert (await client.ask(topic, "search_categories", {"query": " "}))[
            0
        ] == "error"
        await client.join("overlay:twitch")
        _, answer = await client.ask("overlay:twitch", "twitch:status")
        assert answer["data"]["subscription_count"] == 3
        found = await house.data("/api/health/subscriptions")
        assert (found["total"], found["enabled"]) == (3, 3)
        await twitch.close_all()
        assert not (await client.told("twitch_disconnected"))["connected"]
        house.kit.hass.config_entries.async_remove_subentry(
            house.kit.entry, subentry.subentry_id
        )
        await house.kit.settled()


async def test_a_link_that_may_not_change_the_channel_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_credentials(house.kit.hass)
    async with simulated_twitch() as twitch, house.client() as client:
        monkeypatch.setenv(SIMULATOR, twitch.url)
        subentry = as_subentry(channel_subentry(twitch, ["stream"]))
        house.kit.hass.config_entries.async_add_subentry(house.kit.entry, subentry)
        await house.kit.state_is("binary_sensor.channel_connection", STATE_ON)
        await client.join("stream:queue")
        status, answer = await client.ask(
            "stream:queue", "update_channel_info", {"title": "x"}
        )
        assert (status, answer["error"]["code"]) == ("error", "service_error")
        assert "channel:manage:broadcast" in answer["error"]["message"]
        house.kit.hass.config_entries.async_remove_subentry(
            house.kit.entry, subentry.subentry_id
        )
        await house.kit.settled()


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
