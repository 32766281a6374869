"""WebSocket commands that cards follow: first all there is, then what changes, at most 10 times a second."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import probatio

from homeassistant.auth.models import User
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.components.websocket_api.messages import event_message
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.typing import VolDictType

from ..const import DOMAIN
from ..core.bus import Unsubscribe
from ..core.domain.json_values import JsonObject, JsonValue
from .current import async_follow_hub, find_hub
from .hub import Hub
from .permissions import Needs, Touched, check_user, may
from .slices import SLICE

PUSH_INTERVAL: Final = 0.1
"""Seconds between two pushes of one subscription."""


class LiveView(Protocol):
    """Things by their keys, as one user may see them."""

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys of all there are."""

    def show(self, key: str) -> JsonObject | None:
        """Return one of them, None where it is not there."""

    def follow(self, changed: Callable[[str], None]) -> Unsubscribe:
        """Call `changed` with the key of what is new, different or gone, until the returned function is called."""


def differing(before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    """Yield the keys of what is new, different or gone."""
    return (
        key for key in before.keys() | now.keys() if before.get(key) != now.get(key)
    )


def telling_all(view: LiveView, changed: Callable[[str], None]) -> Callable[..., None]:
    """Return what calls `changed` with the keys of all there are, and of those that were there the last time."""
    known = set(view)

    @callback
    def tell(_now: object = None) -> None:
        nonlocal known
        before, known = known, set(view)
        for key in before | known:
            changed(key)

    return tell


@dataclass(frozen=True, kw_only=True)
class Live:
    """What a command lets cards follow. What a user needs counts for what a message `touches`, everything by default."""

    command: str
    view: Callable[[Hub, User, dict[str, Any]], LiveView]
    needs: Needs
    touches: Callable[[Hub, dict[str, Any]], Touched] = lambda hub, msg: None
    fields: VolDictType = field(default_factory=dict)
    interval: float = PUSH_INTERVAL


def live_command(live: Live) -> Any:
    """Return the command. It pushes `{"things": {key: thing}, "is_all": true}` and then `{"things": {key: thing or null}}`.

    Of thousands the first push has only some, and others with the rest follow at once.

    `things` is null while no hub is loaded, or where the user may not see them any more.
    The subscription outlives reloads of the hub.
    """

    @callback
    def handle(
        hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
    ) -> None:
        def send(pushed: JsonObject) -> None:
            # Not when it is the card that goes.
            if msg["id"] in subscriptions:
                connection.send_message(event_message(msg["id"], pushed))

        @callback
        def attach(hub: Hub) -> Unsubscribe:
            if not may(connection.user, live.needs, lambda: live.touches(hub, msg)):
                return lambda: None
            pushes = _Pushes(
                hass, live.view(hub, connection.user, msg), live.interval, send
            )
            stop = pushes.start()

            def detach() -> None:
                stop()
                send({"things": None})

            return detach

        hub, subscriptions = find_hub(hass), connection.subscriptions
        check_user(
            connection.user, live.needs, lambda: live.touches(hub, msg) if hub else None
        )
        connection.send_result(msg["id"])
        subscriptions[msg["id"]] = lambda: None
        if hub is None:
            send({"things": None})
        subscriptions[msg["id"]] = async_follow_hub(hass, attach)

    handle.needs = live.needs  # type: ignore[attr-defined]
    schema = {probatio.Required("type"): f"{DOMAIN}/{live.command}", **live.fields}
    return websocket_command(schema)(handle)


class _Pushes:
    """Sends what there is, and then what changed, with the others of its interval."""

    def __init__(
        self,
        hass: HomeAssistant,
        view: LiveView,
        interval: float,
        send: Callable[[JsonObject], None],
    ) -> None:
        """Send nothing yet."""
        self._loop = hass.loop
        self._view = view
        self._interval = interval
        self._send = send
        # In the order in which they changed.
        self._changed: dict[str, None] = {}
        self._timer: Any = None
        self._next = 0.0

    def start(self) -> Unsubscribe:
        """Push until the returned function is called."""
        unfollow = self._view.follow(self._mark)
        self._changed = dict.fromkeys(self._view)
        self._push(is_all=True)

        def stop() -> None:
            unfollow()
            if self._timer is not None:
                self._timer.cancel()

        return stop

    def _mark(self, key: str) -> None:
        self._changed[key] = None
        if self._timer is None:
            self._wait()

    def _wait(self) -> None:
        self._timer = self._loop.call_at(max(self._next, self._loop.time()), self._push)

    def _push(self, *, is_all: bool = False) -> None:
        """Push as many as are shown in a slice of time, so that thousands are no stall; the others follow."""
        began = self._loop.time()
        things: dict[str, JsonValue] = {}
        while self._changed and (not things or self._loop.time() - began < SLICE):
            key = next(iter(self._changed))
            del self._changed[key]
            things[key] = self._view.show(key)
        self._send({"things": things, **({"is_all": True} if is_all else {})})
        self._timer = None
        self._next = self._loop.time() + (SLICE if self._changed else self._interval)
        if self._changed:
            self._wait()
