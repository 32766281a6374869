"""Notices of EventSub as flat events, which productions take."""

from datetime import UTC, datetime
import json
from typing import Any

import pytest

from custom_components.maestra.core.production.stream_events import (
    StreamEvent,
    fitted,
    read_event,
)
from custom_components.maestra.core.twitch.protocol import Notice, decode, flat
from scripts.simulators.twitch_server import as_broadcaster, as_user

AT = "2026-11-20T12:00:00.123456789Z"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EMOTE = {"type": "emote", "text": "demoWave", "emote": {"id": "1", "owner_id": "1337"}}
FOREIGN = {"type": "emote", "text": "Kappa", "emote": {"id": "2", "owner_id": "0"}}


def event_of(kind: str, event: dict[str, Any]) -> StreamEvent:
    """Return what a production takes of a notice."""
    message = {
        "metadata": {
            "message_id": "m-1",
            "message_type": "notification",
            "message_timestamp": AT,
            "subscription_type": kind,
            "subscription_version": "1",
        },
        "payload": {"subscription": {}, "event": {**as_broadcaster(), **event}},
    }
    notice = decode(json.dumps(message))
    assert isinstance(notice, Notice)
    return read_event(fitted(flat(notice)), NOW)


def test_a_follow() -> None:
    found = event_of("channel.follow", {**as_user("Ann"), "followed_at": AT})
    assert (found.id, found.type, found.person) == ("m-1", "channel.follow", "Ann")
    assert found.source == "twitch"
    assert found.timestamp == datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def test_a_message_in_chat() -> None:
    ann = {f"chatter_{key}": value for key, value in as_user("Ann").items()}
    found = event_of(
        "channel.chat.message",
        {
            **ann,
            "message_id": "chat-1",
            "message": {
                "text": "hello demoWave Kappa",
                "fragments": [{"type": "text", "text": "hello "}, EMOTE, FOREIGN],
            },
            "color": "#00FF7F",
            "badges": [{"set_id": "moderator", "id": "1", "info": ""}],
            "message_type": "text",
            "cheer": {"bits": 5},
            "reply": {"parent_message_id": "p", "parent_user_name": "Bob"},
            "channel_points_custom_reward_id": None,
        },
    )
    data = found.data
    assert (found.id, found.person) == ("m-1", "Ann")
    assert data["message_id"] == "chat-1"
    assert data["message"] == "hello demoWave Kappa"
    assert data["emotes"] == ["demoWave", "Kappa"]
    assert data["native_emotes"] == ["demoWave"]
    assert data["cheer_bits"] == 5
    assert data["reply_parent_user_name"] == "Bob"
    assert "cheer" not in data


def test_a_long_message_is_cut_off_and_not_lost() -> None:
    text = "ü" * 500
    fragments = [{"type": "text", "text": text}] * 200
    found = event_of(
        "channel.chat.message", {"message": {"text": text, "fragments": fragments}}
    )
    assert found.data["message"] == "ü" * 250
    parts: Any = found.data["fragments"]
    assert len(parts) == 100
    assert parts[0]["text"] == "ü" * 50


@pytest.mark.parametrize(
    ("kind", "event", "told"),
    [
        (
            "stream.online",
            {"id": "9001", "type": "live", "started_at": AT},
            {"stream_id": "9001", "stream_type": "live"},
        ),
        (
            "channel.subscription.message",
            {"tier": "1000", "message": {"text": "yes", "emotes": None}},
            {"message": "yes"},
        ),
        (
            "channel.chat.notification",
            {"notice_type": "raid", "message": {"text": "hi"}},
            {"notification_type": "raid", "message": "hi"},
        ),
        (
            "channel.raid",
            {"from_broadcaster_user_name": "Bob", "viewers": 7},
            {"from_broadcaster_user_name": "Bob", "viewers": 7},
        ),
        (
            "channel.goal.begin",
            {"id": "g", "type": "follower", "current_amount": 1},
            {"current_amount": 1},
        ),
    ],
)
def test_each_has_its_flat_fields(
    kind: str, event: dict[str, Any], told: dict[str, Any]
) -> None:
    found = event_of(kind, event)
    assert (found.id, found.type) == ("m-1", kind)
    assert told.items() <= found.data.items()


def test_what_is_not_known_passes_as_it_is() -> None:
    found = event_of("channel.new_thing", {"what": "ever\x00"})
    raw: Any = found.data["raw_data"]
    assert raw["what"] == "ever"
