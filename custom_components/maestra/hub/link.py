"""What all connections to the outside share: one task, and an issue when it stays away."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import CONF_SUBENTRY_ID, LINK_REPAIR_AFTER
from ..core.bus import Unsubscribe
from ..core.domain.errors import MaestraError
from ..core.transport.errors import ConnectionFailed, UnexpectedFailure
from ..core.transport.reconnect import Backoff, keep_serving, log_unexpected
from .issues import async_set_link_issue
from .redaction import redact

RETRY: Final = Backoff()


class Link(ABC):
    """One way to the outside, and what Home Assistant is told of it.

    It is either the service of a subentry (`ServiceLink`) or a listener of the hub itself.
    """

    issue: ClassVar[str]
    """Raised when it stays away."""
    subject: ClassVar[str]
    """What the texts of issues call its name."""
    data: Mapping[str, Any]
    """What it was built from."""
    section: ClassVar = "link"
    """Where diagnostics show it."""
    is_gateway: ClassVar[bool] = True
    """Whether clients are heard on it."""
    dialects: Sequence[Any] = ()
    """What a broker carries."""
    model: str | None = None
    """As the registry's device shows it; None while it is not known."""
    sw_version: str | None = None

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        on_change: Callable[[Link], None],
    ) -> None:
        """Connect nothing. `on_change` is called when the connection comes or goes."""
        self.reason: str | None = None
        self._hass = hass
        self._entry = entry
        self._on_change = on_change
        self._task: asyncio.Task[None] | None = None
        self._unsubscribes: list[Unsubscribe] = []
        self._cancel_issue: CALLBACK_TYPE | None = None

    @property
    @abstractmethod
    def id(self) -> str:
        """What names it in Home Assistant's registries, and as the gateway of a Source."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """What is shown of it: a key of `Feature.link_entities`."""

    @property
    @abstractmethod
    def title(self) -> str:
        """Its name, for people."""

    @property
    def subentry_id(self) -> str | None:
        """The subentry that it belongs to; None for a part of the hub itself."""
        return None

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether the other side is there, or can come."""

    @callback
    def start(self) -> None:
        """Connect, and reconnect until stopped."""
        self._unsubscribes = self._begin()
        self._expect_connection()
        self._task = self._start_task()

    async def stop(self) -> None:
        """Disconnect and leave nothing behind: each step is done whatever becomes of the others, whose error is raised at the end."""
        async with AsyncExitStack() as steps:
            steps.callback(self._heal)
            steps.push_async_callback(self._end_task)
            # Gone first, so that what happens while closing is not told as a loss.
            for unsubscribe in self._unsubscribes:
                steps.callback(unsubscribe)
            self._unsubscribes = []

    @callback
    def refresh(self) -> None:
        """Do what no event starts; most links have nothing to do."""
        return

    def diagnostics(self) -> dict[str, Any]:
        """Return how the connection is, and what passed through it."""
        # What a listener counts by begins with its first attempt to listen.
        gateway: Any = getattr(self, "gateway", None)
        return {
            **self._described(),
            "kind": self.kind,
            "gateway_counters": gateway.counters.as_dict() if gateway else {},
            "latency_p99": gateway.latency.quantile(0.99) if gateway else None,
        }

    def _described(self) -> dict[str, Any]:
        # Free text about a server: it may name the server, or us.
        secrets = [value for value in self.data.values() if isinstance(value, str)]
        return {
            "id": self.id,
            "connected": self.connected,
            "reason": redact(self.reason, secrets),
        }

    @abstractmethod
    def _begin(self) -> list[Unsubscribe]:
        """Listen to what the connection needs, before it is there."""

    @abstractmethod
    async def _serve(self) -> None:
        """Keep the connection until cancelled."""

    def _start_task(self) -> asyncio.Task[None]:
        return self._entry.async_create_background_task(
            self._hass, self._run(), f"maestra {self.title}"
        )

    async def _run(self) -> None:
        # Whatever ends it, it is told and tried again: a link that is dead helps nobody.
        await keep_serving(self.title, self._serve, self._failed, RETRY)

    async def _end_task(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    @callback
    def _failed(self, failure: ConnectionFailed) -> None:
        if isinstance(failure, UnexpectedFailure) and self.reason != str(failure):
            log_unexpected(failure)
        self._connection_is(False, failure)

    @callback
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        """Listen to a connection of the core."""
        # Home Assistant is on its way out and has cancelled us: nothing is wrong.
        is_ending = self._task is not None and self._task.cancelling() > 0
        if connected or not is_ending:
            self._connection_is(connected, reason)

    @callback
    def _connection_is(self, connected: bool, reason: MaestraError | None) -> None:
        self.reason = None if reason is None else str(reason)
        if connected:
            self._heal()
        else:
            self._expect_connection()
        self._on_change(self)

    def _expect_connection(self) -> None:
        if self._cancel_issue is None:
            self._cancel_issue = async_call_later(
                self._hass,
                LINK_REPAIR_AFTER,
                HassJob(self._raise_issue, cancel_on_shutdown=True),
            )

    @callback
    def _raise_issue(self, _now: object) -> None:
        async_set_link_issue(
            self._hass, self.issue, self, is_there=True, reason=self.reason or "-"
        )

    def _heal(self) -> None:
        if self._cancel_issue is not None:
            self._cancel_issue()
            self._cancel_issue = None
        async_set_link_issue(self._hass, self.issue, self, is_there=False)


@callback
def async_end_reauth(hass: HomeAssistant, subentry_id: str) -> None:
    """Take back the question for new credentials of a service: those there are good."""
    flows = hass.config_entries.flow
    for flow in flows.async_progress_by_init_data_type(
        dict, lambda data: data.get(CONF_SUBENTRY_ID) == subentry_id
    ):
        flows.async_abort(flow["flow_id"])


class ServiceLink(Link):
    """The outside service of one subentry, which may refuse our credentials."""

    refusal: ClassVar[type[MaestraError] | tuple[type[MaestraError], ...]] = ()
    """What asks the user for other credentials."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        subentry: ConfigSubentry,
        on_change: Callable[[Link], None],
    ) -> None:
        """Connect nothing."""
        super().__init__(hass, entry, on_change)
        self.subentry = subentry
        # Home Assistant changes a subentry in place: this is what the link was built from.
        self.data = subentry.data
        self._is_refused = False

    @property
    @override
    def id(self) -> str:
        """The subentry's id."""
        return self.subentry.subentry_id

    @property
    @override
    def kind(self) -> str:
        """The subentry's type."""
        return self.subentry.subentry_type

    @property
    @override
    def title(self) -> str:
        """What the user calls the subentry."""
        return self.subentry.title

    @property
    @override
    def subentry_id(self) -> str:
        """The subentry's id."""
        return self.subentry.subentry_id

    async def removed(self) -> None:
        """Delete what is kept for a subentry that is not there any more; most keep nothing."""
        return

    @callback
    @override
    def refresh(self) -> None:
        """Ask for credentials as long as they are refused."""
        self.ask_for_credentials()

    @callback
    def ask_for_credentials(self) -> None:
        """Ask the user for what is not refused; called again, as only one link can ask at a time."""
        if self._is_refused:
            self._entry.async_start_reauth(self._hass, data={CONF_SUBENTRY_ID: self.id})

    @callback
    @override
    def _connection_is(self, connected: bool, reason: MaestraError | None) -> None:
        self._is_refused = isinstance(reason, self.refusal)
        self.ask_for_credentials()
        if connected:
            # What was refused is put right, be it on the other side.
            async_end_reauth(self._hass, self.id)
        super()._connection_is(connected, reason)
