"""What happens on a stream, as flat events: their catalogue, and the checks that each has to pass (stream-production.md §4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import re
from secrets import token_hex
from typing import Any, Final

import orjson

from ..domain.clock import utc_clock, wire_time
from ..domain.errors import InvalidField
from ..domain.json_values import JsonObject, JsonValue, check_size

MAX_EVENT_BYTES: Final = 100_000
MAX_TEXT_BYTES: Final = 2_000
MAX_CHAT_BYTES: Final = 500
CHAT_MESSAGE: Final = "channel.chat.message"
MAX_LIST_ENTRIES: Final = 100
MAX_ENTRY_BYTES: Final = 100
MAX_UNKNOWN_KEYS: Final = 50
MAX_ID_LENGTH: Final = 100
_TYPE: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+){0,5}")
MAX_TYPE_LENGTH: Final = 100
_FORBIDDEN: Final = re.compile(r"[\x00-\x04\ud800-\udfff]")
_TWITCH_ID: Final = re.compile(r"[0-9]{1,50}", re.ASCII)
_LOGIN: Final = re.compile(r"[A-Za-z0-9_]{1,25}", re.ASCII)
TIERS: Final = ("1000", "2000", "3000")

HEALTH_CHECK: Final = "system.health_check"
PERFORMANCE_METRIC: Final = "system.performance_metric"
FIGURES: Final = frozenset({HEALTH_CHECK, PERFORMANCE_METRIC, "obs.stats_updated"})
"""Types that are told and not kept (§4)."""
_U: Final = "user_id user_login user_name"
_B: Final = "broadcaster_user_id broadcaster_user_login broadcaster_user_name"
_TO: Final = "to_broadcaster_user_id to_broadcaster_user_login to_broadcaster_user_name"
_FROM: Final = (
    "from_broadcaster_user_id from_broadcaster_user_login from_broadcaster_user_name"
)
_TARGET: Final = "target_user_id target_user_login target_user_name"
_POLL: Final = f"title choices bits_voting_enabled bits_per_vote channel_points_voting_enabled channel_points_per_vote started_at {_B}"
_PREDICTION: Final = f"title outcomes prediction_window started_at {_B}"
_GOAL: Final = f"type description current_amount target_amount started_at {_B}"
_REWARD: Final = f"is_enabled is_paused is_in_stock title cost prompt {_B}"
_REDEMPTION: Final = f"user_input status reward redeemed_at {_U} {_B}"
_TRAIN: Final = f"total progress goal top_contributions last_contribution level started_at expires_at {_B}"
_OBS_STREAM: Final = "stream_status output_active output_state session_id"
_OBS_RECORD: Final = "recording_status output_active output_state session_id"
_RUN: Final = "seed_id checkpoint passed run_id challenge_id"
_SONG: Final = "song_id song_title artist album station_id station_name listening"

_CATALOGUE: Final[Mapping[str, str]] = {
    "stream.online": f"stream_id stream_type started_at {_B}",
    "stream.offline": _B,
    "channel.update": f"title language category_id category_name content_classification_labels {_B}",
    "channel.follow": f"followed_at {_U} {_B}",
    "channel.subscribe": f"tier is_gift {_U} {_B}",
    "channel.subscription.end": f"tier is_gift {_U} {_B}",
    "channel.subscription.gift": f"tier total cumulative_total is_anonymous {_U} {_B}",
    "channel.subscription.message": f"tier message cumulative_months streak_months duration_months {_U} {_B}",
    "channel.cheer": f"is_anonymous bits message {_U} {_B}",
    "channel.raid": f"viewers {_FROM} {_TO}",
    CHAT_MESSAGE: (
        "message_id message fragments emotes native_emotes color badges message_type cheer_bits "
        "reply_parent_message_id reply_parent_user_id reply_parent_user_login reply_parent_user_name "
        "reply_parent_message_body reply_thread_message_id reply_thread_user_id reply_thread_user_login "
        "reply_thread_user_name channel_points_custom_reward_id source_broadcaster_user_id "
        "source_broadcaster_user_login source_broadcaster_user_name source_message_id source_badges "
        f"{_U} {_B}"
    ),
    "channel.chat.clear": _B,
    "channel.chat.clear_user_messages": f"{_TARGET} {_B}",
    "channel.chat.message_delete": f"message_id {_TARGET} {_B}",
    "channel.chat.notification": (
        f"chatter_user_id chatter_user_login chatter_user_name notification_type message {_B}"
    ),
    "channel.chat_settings.update": (
        "emote_mode follower_mode follower_mode_duration_minutes slow_mode slow_mode_wait_time_seconds "
        f"subscriber_mode unique_chat_mode {_B}"
    ),
    "channel.goal.begin": _GOAL,
    "channel.goal.progress": _GOAL,
    "channel.goal.end": f"{_GOAL} is_achieved ended_at",
    "channel.channel_points_custom_reward.add": _REWARD,
    "channel.channel_points_custom_reward.update": _REWARD,
    "channel.channel_points_custom_reward.remove": f"title prompt {_B}",
    "channel.channel_points_custom_reward_redemption.add": _REDEMPTION,
    "channel.channel_points_custom_reward_redemption.update": _REDEMPTION,
    "channel.poll.begin": f"{_POLL} ends_at",
    "channel.poll.progress": f"{_POLL} ends_at",
    "channel.poll.end": f"{_POLL} status ended_at",
    "channel.prediction.begin": f"{_PREDICTION} locks_at",
    "channel.prediction.progress": f"{_PREDICTION} locks_at",
    "channel.prediction.lock": f"{_PREDICTION} locked_at",
    "channel.prediction.end": f"{_PREDICTION} winning_outcome_id status ended_at",
    "channel.charity_campaign.donate": f"campaign_id charity_name amount {_U} {_B}",
    "channel.charity_campaign.progress": f"charity_name current_amount target_amount {_B}",
    "channel.hype_train.begin": _TRAIN,
    "channel.hype_train.progress": _TRAIN,
    "channel.hype_train.end": f"level total top_contributions started_at ended_at cooldown_ends_at {_B}",
    "channel.shoutout.create": (
        "moderator_user_id moderator_user_login moderator_user_name started_at viewer_count "
        f"cooldown_ends_at target_cooldown_ends_at {_TO} {_B}"
    ),
    "channel.shoutout.receive": f"viewer_count started_at {_FROM} {_B}",
    "channel.vip.add": f"{_U} {_B}",
    "channel.vip.remove": f"{_U} {_B}",
    "channel.ad_break.begin": (
        f"duration_seconds started_at is_automatic requester_user_id requester_user_login requester_user_name {_B}"
    ),
    "user.update": f"email_verified description {_U}",
    "twitch.service_status": (
        "service_name connected connection_state last_connected last_error subscription_count"
    ),
    "obs.connection_established": "connection_state session_id websocket_version rpc_version",
    "obs.connection_lost": "connection_state session_id reason reconnecting",
    "obs.scene_changed": "scene_name previous_scene session_id",
    "obs.stream_started": _OBS_STREAM,
    "obs.stream_stopped": _OBS_STREAM,
    "obs.recording_started": _OBS_RECORD,
    "obs.recording_stopped": _OBS_RECORD,
    "ironmon.init": "game_type game_name version difficulty run_id",
    "ironmon.seed": "seed_count run_id",
    "ironmon.checkpoint": "checkpoint_id checkpoint_name run_id seed_count location_id location_name",
    "ironmon.battle_start": "battle_type trainer_name opponent_pokemon run_id",
    "ironmon.battle_end": "battle_result winner run_id",
    "ironmon.pokemon_update": "pokemon_name pokemon_level pokemon_hp pokemon_status run_id",
    "ironmon.run_started": _RUN,
    "ironmon.run_checkpoint": _RUN,
    "rainwave.song_changed": _SONG,
    "rainwave.update": f"{_SONG} enabled",
    "rainwave.station_changed": "station_id station_name previous_station_id listening",
    "rainwave.listening_started": "listening station_id station_name",
    "rainwave.listening_stopped": "listening station_id station_name",
    "system.service_started": "service_name service_status version pid",
    "system.service_stopped": "service_name service_status reason",
    HEALTH_CHECK: (
        "service_name health_status checks_passed checks_failed uptime memory_usage cpu_usage disk_usage error_count"
    ),
    PERFORMANCE_METRIC: "metric_name metric_value metric_unit component process_id hostname environment",
    "obs.websocket_event": "event_type session_id raw_data",
    "obs.unknown_event": "obs_event_type obs_event_data session_id",
    "stream.state_updated": "current_show base alerts ticker timeline version metadata",
    "stream.show_changed": "show game_id game_name title changed_at",
    "stream.interrupt_removed": "interrupt_id removal_timestamp",
    "stream.emote_increment": "emotes native_emotes user_name increment_timestamp",
    "stream.goals_updated": "follower_goal sub_goal new_sub_goal goals_timestamp",
    "stream.takeover_started": "takeover_type message duration takeover_timestamp",
    "stream.takeover_cleared": "clear_timestamp",
}
CATALOGUE: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(fields.split()) for kind, fields in _CATALOGUE.items()
}
"""The own fields of each type of event. What an event has besides is left out; of unknown types everything is kept as it is."""
_SOURCES: Final = ("obs", "ironmon", "rainwave", "system")
_INTERNAL: Final = frozenset(
    f"stream.{name}"
    for name in (
        "state_updated",
        "show_changed",
        "interrupt_removed",
        "emote_increment",
        "goals_updated",
        "takeover_started",
        "takeover_cleared",
    )
)
CRITICAL: Final = frozenset(
    {
        "system.startup",
        "system.shutdown",
        "system.error",
        "stream.online",
        "stream.offline",
        "obs.stream_started",
        "obs.stream_stopped",
        "obs.connection_lost",
    }
)
"""Types that never wait for others (§5)."""
_BASE: Final = frozenset({"id", "type", "timestamp", "correlation_id", "source_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """Something that has happened on a stream, checked. `data` are the own fields of its type."""

    id: str
    type: str
    timestamp: datetime
    correlation_id: str
    source: str
    source_id: str | None = None
    data: JsonObject = field(default_factory=dict)

    @property
    def is_critical(self) -> bool:
        """Whether it never waits for others."""
        return self.type in CRITICAL

    @property
    def person(self) -> str | None:
        """Who it is about, as others are to read the name; None where it tells of nobody, or of nobody in particular."""
        if self.data.get("is_anonymous") is True:
            return None
        for key in ("user_name", "from_broadcaster_user_name", "user_login"):
            if (name := self.data.get(key)) and isinstance(name, str):
                return name
        return None

    def to_wire(self) -> JsonObject:
        """Return the flat event."""
        return {
            **self.data,
            "id": self.id,
            "type": self.type,
            "timestamp": wire_time(self.timestamp),
            "correlation_id": self.correlation_id,
            "source": self.source,
            "source_id": self.source_id,
            "raw_type": self.type,
        }


def source_of(kind: str) -> str:
    """Return where events of a type come from, by its prefix."""
    if kind in _INTERNAL:
        return "stream"
    prefix = kind.partition(".")[0]
    return prefix if prefix in _SOURCES else "twitch"


def fitted(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event with texts and lists no longer than allowed: what is too long is cut off, what is no text is left out.

    For sources that nobody can ask to send something shorter: a long message in chat is a message all the same.
    """
    longest = MAX_CHAT_BYTES if raw.get("type") == CHAT_MESSAGE else MAX_TEXT_BYTES
    return {key: _fitted(value, longest) for key, value in raw.items()}


def _fitted(value: Any, longest: int) -> Any:
    match value:
        case str():
            text = value.encode(errors="ignore")[:longest].decode(errors="ignore")
            return _FORBIDDEN.sub("", text)
        case list():
            return [
                _fitted(entry, MAX_ENTRY_BYTES) for entry in value[:MAX_LIST_ENTRIES]
            ]
        case dict():
            return {
                _fitted(str(key), MAX_ENTRY_BYTES): _fitted(entry, longest)
                for key, entry in value.items()
            }
    return value


def read_event(
    raw: Mapping[str, Any], received: datetime, correlation_id: str | None = None
) -> StreamEvent:
    """Check and normalise an event; raises InvalidField.

    `received` is its time where it tells none, `correlation_id` what it belongs to where it does not say. Fields that are
    not of its type are left out, and of a type that is not known all are below `raw_data`.
    """
    kind = raw.get("type")
    if (
        not isinstance(kind, str)
        or len(kind) > MAX_TYPE_LENGTH
        or not _TYPE.fullmatch(kind)
    ):
        raise InvalidField(field="type", reason="must be words with points in between")
    _check_whole(raw)
    known = CATALOGUE.get(kind)
    if known is None and len(raw) > MAX_UNKNOWN_KEYS:
        raise InvalidField(field="data", reason=f"more than {MAX_UNKNOWN_KEYS} keys")
    if known is None:
        for key in raw:
            _check_value("data", key, MAX_ENTRY_BYTES)
    # The goal of `channel.goal.*` has a type of its own, which an event can't carry beside its own.
    own = {
        key: value
        for key, value in raw.items()
        if key not in _BASE and (known is None or key in known) and value is not None
    }
    for key, value in own.items():
        _check_field(kind, key, value, is_known=known is not None)
    timestamp = raw.get("timestamp")
    return StreamEvent(
        id=_id(raw.get("id") or raw.get("message_id")) or f"evt_{token_hex(12)}",
        type=kind,
        timestamp=received if timestamp is None else _moment("timestamp", timestamp),
        correlation_id=_id(raw.get("correlation_id"), "correlation_id")
        or correlation_id
        or token_hex(16),
        source=source_of(kind),
        source_id=_id(raw.get("source_id"), "source_id"),
        data=own if known is not None else {"raw_data": own},
    )


def _check_whole(raw: Mapping[str, Any]) -> None:
    check_size(dict(raw), field="data")
    try:
        size = len(orjson.dumps(dict(raw)))
    except TypeError as error:
        raise InvalidField(field="data", reason=str(error)) from None
    if size > MAX_EVENT_BYTES:
        raise InvalidField(field="data", reason=f"larger than {MAX_EVENT_BYTES} bytes")


def _check_field(kind: str, key: str, value: JsonValue, *, is_known: bool) -> None:
    longest = MAX_TEXT_BYTES
    if kind == CHAT_MESSAGE and key == "message":
        longest = MAX_CHAT_BYTES
    _check_value(key, value, longest)
    if not is_known:
        return
    for fits, check in _CHECKS:
        if fits(key):
            check(key, value)


def _check_value(key: str, value: JsonValue, longest: int) -> None:
    """Check texts and lists at any depth."""
    if isinstance(value, str):
        if len(value.encode(errors="replace")) > longest:
            raise InvalidField(field=key, reason=f"longer than {longest} bytes")
        if _FORBIDDEN.search(value):
            raise InvalidField(field=key, reason="has control characters")
    elif isinstance(value, list):
        if len(value) > MAX_LIST_ENTRIES:
            raise InvalidField(
                field=key, reason=f"more than {MAX_LIST_ENTRIES} entries"
            )
        for entry in value:
            _check_value(key, entry, MAX_ENTRY_BYTES)
    elif isinstance(value, dict):
        for name, entry in value.items():
            _check_value(key, name, MAX_ENTRY_BYTES)
            _check_value(key, entry, longest)


def _twitch_id(key: str, value: JsonValue) -> None:
    if value != "" and not _TWITCH_ID.fullmatch(str(value)):
        raise InvalidField(field=key, reason="must be a number")


def _login(key: str, value: JsonValue) -> None:
    if value != "" and not (isinstance(value, str) and _LOGIN.fullmatch(value)):
        raise InvalidField(
            field=key, reason="must be 1 to 25 letters, digits or underscores"
        )


def _tier(key: str, value: JsonValue) -> None:
    if value not in TIERS:
        raise InvalidField(field=key, reason=f"must be one of {', '.join(TIERS)}")


def _date(key: str, value: JsonValue) -> None:
    _moment(key, value)


# Names of fields, and what must hold for those that fit.
_CHECKS: Final[
    tuple[tuple[Callable[[str], bool], Callable[[str, JsonValue], None]], ...]
] = (
    (lambda key: key.endswith("user_id"), _twitch_id),
    (lambda key: key.endswith("user_login"), _login),
    (lambda key: key == "tier", _tier),
    (lambda key: key.endswith("_at"), _date),
)


def _moment(key: str, value: Any) -> datetime:
    try:
        return utc_clock(str(value))
    except ValueError:
        raise InvalidField(field=key, reason="must be a date of ISO 8601") from None


def _id(value: Any, key: str = "id") -> str | None:
    if value is None or value == "":
        return None
    if (
        not isinstance(value, str)
        or len(value) > MAX_ID_LENGTH
        or not value.isprintable()
    ):
        raise InvalidField(
            field=key, reason=f"must be text of at most {MAX_ID_LENGTH} characters"
        )
    return value
