"""A Twitch channel for clients of Phoenix channels and REST: its connection, title and category (stream-production.md §3, §4, §11)."""

from typing import Final

from ...core.bus import Unsubscribe
from ...core.domain.clock import utcnow
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.phoenix.channels import Channel, PhoenixParts, Push, Query, Report
from ...core.phoenix.errors import NotAvailable
from ...core.production.stream_events import fitted, read_event
from ...core.twitch.connection import Category
from ...core.twitch.errors import TwitchDenied
from ...core.twitch.subscriptions import MANAGES
from ...hub.hub import Hub
from ...hub.link import Link
from .link import TwitchLink

STREAM_TOPICS: Final = ("stream:overlays", "stream:queue")
MAX_TITLE: Final = 140
"""Characters, as Twitch takes them."""
MAX_QUERY: Final = 100


def twitch_parts(hub: Hub) -> PhoenixParts:
    """Return what clients find of the first channel: their topics name none."""

    def found() -> TwitchLink | None:
        return hub.links.first(TwitchLink)

    def channel() -> TwitchLink:
        if (link := found()) is None:
            raise NotAvailable(what="Twitch channel")
        return link

    def account() -> tuple[TwitchLink, str]:
        link = channel()
        if (known := link.gateway.account) is None:
            raise NotAvailable(what="connection to Twitch")
        return link, known.id

    def described(link: TwitchLink) -> JsonObject:
        """Return the fields of `twitch.service_status`; what Twitch's own session is called is nobody's business."""
        return {
            "service_name": "twitch",
            "connected": link.connected,
            "connection_state": "connected" if link.connected else "disconnected",
            "last_error": link.reason,
            "subscription_count": sum(
                refusal is None for refusal in link.gateway.subscribed.values()
            ),
        }

    def status(_topic: str, _payload: JsonObject) -> JsonValue:
        link = channel()
        return {**described(link), "account": link.account_name}

    def joined(_topic: str, push: Push) -> Unsubscribe:
        """Tell when the connection comes and goes."""
        link = found()
        known = [link is not None and link.connected]

        def changed(other: Link) -> None:
            if other is not found() or not isinstance(other, TwitchLink):
                return
            is_connected = other.connected
            if known[0] is is_connected:
                return
            known[0] = is_connected
            raw = {"type": "twitch.service_status", **described(other)}
            told = read_event(fitted(raw), utcnow()).to_wire()
            push(f"twitch_{'' if is_connected else 'dis'}connected", told)
            push("twitch_connection_changed", told)

        return hub.links.watch(changed)

    async def info(_topic: str, _payload: JsonObject) -> JsonValue:
        link, user = account()
        known = await link.gateway.api.channel(user)
        return {
            "connected": link.connected,
            "title": known.title,
            "language": known.language,
            "category": _category(known.category),
        }

    async def change(_topic: str, payload: JsonObject) -> JsonValue:
        title, category = (
            payload.get("title"),
            payload.get("category_id", payload.get("game_id")),
        )
        if not isinstance(title, str | None) or len(title or "") > MAX_TITLE:
            raise InvalidField(
                field="title", reason=f"must be text of at most {MAX_TITLE} characters"
            )
        if category is not None and not str(category).isdecimal():
            raise InvalidField(field="category_id", reason="must be a number")
        if not title and category is None:
            raise InvalidField(field="title", reason="must not be empty")
        link, user = account()
        if MANAGES not in link.gateway.settings.scopes:
            raise TwitchDenied(reason=f"the link does not allow {MANAGES}")
        await link.gateway.api.change_channel(
            user,
            title=title or None,
            category=None if category is None else str(category),
        )
        return {"updated": True}

    async def search(_topic: str, payload: JsonObject) -> JsonValue:
        words = payload.get("query")
        if not isinstance(words, str) or not 0 < len(words.strip()) <= MAX_QUERY:
            raise InvalidField(
                field="query", reason=f"must be text of 1 to {MAX_QUERY} characters"
            )
        link, _ = account()
        categories = await link.gateway.api.categories(words.strip())
        return {"categories": [_category(each) for each in categories]}

    def subscriptions(_query: Query) -> JsonValue:
        known = channel().gateway.subscribed
        return {
            "total": len(known),
            "enabled": sum(refusal is None for refusal in known.values()),
            "subscriptions": [
                {
                    "type": notice.type,
                    "version": notice.version,
                    "status": refusal or "enabled",
                }
                for notice, refusal in known.items()
            ],
        }

    return PhoenixParts(
        channels=(
            Channel(fits=lambda topic: topic.startswith("dashboard:"), joined=joined),
            Channel(
                fits=lambda topic: topic.startswith("overlay:"),
                commands={"twitch:status": status},
            ),
            Channel(
                fits=lambda topic: topic in STREAM_TOPICS and found() is not None,
                commands={
                    "get_channel_info": info,
                    "update_channel_info": change,
                    "search_categories": search,
                },
            ),
        ),
        reports=(Report(path="/api/health/subscriptions", handler=subscriptions),),
    )


def _category(category: Category) -> JsonObject:
    return {"id": category.id, "name": category.name}
