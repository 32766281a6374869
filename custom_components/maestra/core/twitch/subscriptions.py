"""Which notices of EventSub there are, what each needs, and the topics that people choose them by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BROADCASTER: Final = ("broadcaster_user_id",)
_MODERATOR: Final = ("broadcaster_user_id", "moderator_user_id")
_CHATTER: Final = ("broadcaster_user_id", "user_id")


class Topic(StrEnum):
    """What people want to hear of."""

    STREAM = "stream"
    FOLLOWS = "follows"
    SUBSCRIPTIONS = "subscriptions"
    CHEERS = "cheers"
    RAIDS = "raids"
    CHAT = "chat"
    POINTS = "points"
    GOALS = "goals"
    POLLS = "polls"
    PREDICTIONS = "predictions"
    HYPE_TRAINS = "hype_trains"
    CHARITY = "charity"
    SHOUTOUTS = "shoutouts"
    VIPS = "vips"
    ADS = "ads"
    MANAGE = "manage"


USUAL_TOPICS: Final = (
    Topic.STREAM,
    Topic.FOLLOWS,
    Topic.SUBSCRIPTIONS,
    Topic.CHEERS,
    Topic.RAIDS,
    Topic.CHAT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One kind of notice. `condition` are the names under which it wants our own user id."""

    type: str
    version: str = "1"
    condition: tuple[str, ...] = _BROADCASTER


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNeeds:
    """The notices of a topic, and the scope that the account has to allow for them; None for none."""

    scope: str | None
    notices: tuple[Subscription, ...]


def _plain(*types: str) -> tuple[Subscription, ...]:
    return tuple(Subscription(type=kind) for kind in types)


def _chat(*types: str) -> tuple[Subscription, ...]:
    return tuple(Subscription(type=kind, condition=_CHATTER) for kind in types)


MANAGES: Final = "channel:manage:broadcast"
"""The scope for changing title and category."""
_CHANNEL_UPDATE: Final = Subscription(type="channel.update", version="2")
TOPICS: Final[Mapping[Topic, TopicNeeds]] = {
    Topic.STREAM: TopicNeeds(
        scope=None,
        notices=(
            *_plain("stream.online", "stream.offline"),
            _CHANNEL_UPDATE,
        ),
    ),
    Topic.FOLLOWS: TopicNeeds(
        scope="moderator:read:followers",
        notices=(
            Subscription(type="channel.follow", version="2", condition=_MODERATOR),
        ),
    ),
    Topic.SUBSCRIPTIONS: TopicNeeds(
        scope="channel:read:subscriptions",
        notices=_plain(
            "channel.subscribe",
            "channel.subscription.end",
            "channel.subscription.gift",
            "channel.subscription.message",
        ),
    ),
    Topic.CHEERS: TopicNeeds(scope="bits:read", notices=_plain("channel.cheer")),
    Topic.RAIDS: TopicNeeds(
        scope=None,
        notices=(
            Subscription(type="channel.raid", condition=("to_broadcaster_user_id",)),
            Subscription(type="channel.raid", condition=("from_broadcaster_user_id",)),
        ),
    ),
    Topic.CHAT: TopicNeeds(
        scope="user:read:chat",
        notices=_chat(
            "channel.chat.message",
            "channel.chat.clear",
            "channel.chat.clear_user_messages",
            "channel.chat.message_delete",
            "channel.chat.notification",
            "channel.chat_settings.update",
        ),
    ),
    Topic.POINTS: TopicNeeds(
        scope="channel:read:redemptions",
        notices=_plain(
            "channel.channel_points_custom_reward.add",
            "channel.channel_points_custom_reward.update",
            "channel.channel_points_custom_reward.remove",
            "channel.channel_points_custom_reward_redemption.add",
            "channel.channel_points_custom_reward_redemption.update",
        ),
    ),
    Topic.GOALS: TopicNeeds(
        scope="channel:read:goals",
        notices=_plain(
            "channel.goal.begin", "channel.goal.progress", "channel.goal.end"
        ),
    ),
    Topic.POLLS: TopicNeeds(
        scope="channel:read:polls",
        notices=_plain(
            "channel.poll.begin", "channel.poll.progress", "channel.poll.end"
        ),
    ),
    Topic.PREDICTIONS: TopicNeeds(
        scope="channel:read:predictions",
        notices=_plain(
            "channel.prediction.begin",
            "channel.prediction.progress",
            "channel.prediction.lock",
            "channel.prediction.end",
        ),
    ),
    Topic.HYPE_TRAINS: TopicNeeds(
        scope="channel:read:hype_train",
        notices=tuple(
            Subscription(type=f"channel.hype_train.{part}", version="2")
            for part in ("begin", "progress", "end")
        ),
    ),
    Topic.CHARITY: TopicNeeds(
        scope="channel:read:charity",
        notices=_plain(
            "channel.charity_campaign.donate", "channel.charity_campaign.progress"
        ),
    ),
    Topic.SHOUTOUTS: TopicNeeds(
        scope="moderator:read:shoutouts",
        notices=tuple(
            Subscription(type=f"channel.shoutout.{part}", condition=_MODERATOR)
            for part in ("create", "receive")
        ),
    ),
    Topic.VIPS: TopicNeeds(
        scope="channel:read:vips",
        notices=_plain("channel.vip.add", "channel.vip.remove"),
    ),
    Topic.ADS: TopicNeeds(
        scope="channel:read:ads", notices=_plain("channel.ad_break.begin")
    ),
    # What is changed from here is heard of, too.
    Topic.MANAGE: TopicNeeds(scope=MANAGES, notices=(_CHANNEL_UPDATE,)),
}


def scopes_of(topics: Iterable[str]) -> list[str]:
    """Return the scopes that an account has to allow for these topics."""
    needed = {TOPICS[Topic(topic)].scope for topic in topics}
    return sorted(filter(None, needed))


def notices_of(topics: Iterable[str]) -> list[Subscription]:
    """Return the notices of these topics, those of the first topic first, each once."""
    chosen = {*topics}
    found = (
        notice
        for topic, needs in TOPICS.items()
        if topic in chosen
        for notice in needs.notices
    )
    return [*dict.fromkeys(found)]
