"""The running connections to the outside: started, replaced when their settings change, and stopped."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.typing import UNDEFINED

from ..core.bus import Unsubscribe, call_each, enlist, get_logger
from .devices import HubDevices
from .link import Link, ServiceLink
from .presentation import Presentation
from .presenter import Presenter
from .state_writer import StateWriter

_LOGGER = get_logger(__name__)

type MakeLink = Callable[[str, ConfigSubentry], ServiceLink]


class Links:
    """The links by id, in the order in which they were started."""

    def __init__(
        self,
        entry: ConfigEntry[Any],
        presenter: Presenter,
        writer: StateWriter,
        devices: HubDevices,
        presentations: Mapping[str, tuple[Presentation, ...]],
    ) -> None:
        """Run none yet. `presentations` are what is shown of a link, by its kind."""
        self._entry = entry
        self._presenter = presenter
        self._writer = writer
        self._devices = devices
        self._presentations = presentations
        self._by_id: dict[str, Link] = {}
        self._listeners: list[Callable[[], None]] = []
        self._watchers: list[Callable[[Link], None]] = []

    def __iter__(self) -> Iterator[Link]:
        """Iterate over a copy: links may be replaced meanwhile."""
        return iter(list(self._by_id.values()))

    def get(self, link_id: str) -> Link | None:
        """Return a link by its id, if it runs."""
        return self._by_id.get(link_id)

    def of[L: Link](self, kind: type[L]) -> list[L]:
        """Return the links of a class."""
        return [link for link in self._by_id.values() if isinstance(link, kind)]

    def first[L: Link](self, kind: type[L]) -> L | None:
        """Return the first link of a class, None while there is none."""
        return next(iter(self.of(kind)), None)

    def dialects[D](self, kind: type[D]) -> list[D]:
        """Return the dialects of a class on all brokers."""
        return [
            dialect
            for link in self._by_id.values()
            for dialect in link.dialects
            if isinstance(dialect, kind)
        ]

    @property
    def gateways(self) -> list[Link]:
        """The links that clients are heard on."""
        return [link for link in self._by_id.values() if link.is_gateway]

    def is_reachable(self, gateway: str | None) -> bool:
        """Whether what was last heard on this link can be heard now.

        What was never heard on a link that still exists is reachable over any.
        """
        if gateway is not None:
            link = self._by_id.get(gateway)
            if link is not None and link.is_gateway:
                return link.connected
        gateways = self.gateways
        return not gateways or any(link.connected for link in gateways)

    @callback
    def follow(self, changed: Callable[[], None]) -> Unsubscribe:
        """Call `changed` when one that clients are heard on comes or goes, until the returned function is called."""
        return enlist(self._listeners, changed)

    @callback
    def watch(self, changed: Callable[[Link], None]) -> Unsubscribe:
        """Call `changed` with any that is not as it was, until the returned function is called."""
        return enlist(self._watchers, changed)

    @callback
    def start_services(self, kinds: Iterable[str], make: MakeLink) -> None:
        """Start the links of subentries that do not run yet, those of the first kind first."""
        for kind in kinds:
            for subentry in self._entry.get_subentries_of_type(kind):
                if subentry.subentry_id in self._by_id:
                    continue
                try:
                    self.start(make(kind, subentry))
                except Exception:
                    # The others start all the same.
                    _LOGGER.exception("%s can't be started", subentry.title)

    @callback
    def start(self, link: Link) -> None:
        """Show a link and let it connect."""
        self._by_id[link.id] = link
        self.register(link)
        self._presenter.show(
            link.id,
            link.id,
            self._presentations[link.kind],
            subentry_id=link.subentry_id,
        )
        link.start()
        # Where it took another's place, it is not connected yet.
        self.changed(link)

    async def stop(self, link: Link) -> None:
        """Disconnect a link; what is shown of it stays. What goes wrong with that is logged."""
        self._by_id.pop(link.id, None)
        try:
            await link.stop()
        except Exception:
            _LOGGER.exception("%s has not stopped well", link.title)

    async def stop_all(self) -> None:
        """Disconnect all, those that others rely on last."""
        for link in reversed(list(self._by_id.values())):
            await self.stop(link)

    @callback
    def withdraw(self, link: Link) -> None:
        """Show nothing of a link any more."""
        self._presenter.withdraw(link.id)
        self._devices.remove(link.id)

    async def apply(self) -> None:
        """Stop the links whose subentry has changed or gone."""
        for link in self:
            if not isinstance(link, ServiceLink):
                continue
            subentry = self._entry.subentries.get(link.id)
            if subentry and subentry.data == link.data:
                link.subentry = subentry
                self.register(link)
                continue
            await self.stop(link)
            if subentry is None:
                self.withdraw(link)
                await link.removed()

    @callback
    def changed(self, link: Link) -> None:
        """Write what a connection that came or went makes available or not."""
        for entity in self._presenter.of(link.id):
            self._writer.write_now(entity)
        if link.is_gateway:
            self._writer.mark_all(self._presenter, is_urgent=True)
            call_each(self._listeners)
        call_each(self._watchers, link)

    @callback
    def register(self, link: Link) -> None:
        """Register the device of a link, or what changed of it."""
        # Removed in this very turn of the loop: nothing can be registered below it any more.
        if link.subentry_id and link.subentry_id not in self._entry.subentries:
            return
        self._devices.put(
            link.id,
            name=link.title,
            # What is not known yet stays as it was before the restart.
            model=link.model or UNDEFINED,
            sw_version=link.sw_version or UNDEFINED,
            subentry_id=link.subentry_id,
            is_service=True,
        )

    @callback
    def refresh(self) -> None:
        """Show what links have counted, and let them do what no event starts."""
        for link in self:
            self._writer.mark_all(self._presenter.of(link.id))
            link.refresh()
