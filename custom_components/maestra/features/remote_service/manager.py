"""The processes of each process manager, shown as they come and go."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.const import Platform
from homeassistant.core import callback

from ...const import PROCESSES_SUFFIX
from ...core.bus import Unsubscribe, together
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.presentation import Presentation
from .link import RemoteServiceLink

PROCESS: Final = "process"
PROCESS_RESTART: Final = "process_restart"


class RemoteServiceManager(Manager):
    """Follows the links to process managers."""

    def __init__(self, hub: Hub) -> None:
        """Follow none yet."""
        self._links = hub.links
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._followed: dict[str, tuple[RemoteServiceLink, Unsubscribe]] = {}
        self._shown: dict[str, dict[str, str]] = {}
        """The names of processes by id, by owner."""

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Follow nothing yet: the links come later."""
        return self._stop

    @override
    async def async_started(self) -> None:
        """Follow the links."""
        self._follow()

    @override
    @callback
    def applied(self) -> None:
        """Follow those that are new."""
        self._follow()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The identifiers of the devices with processes."""
        return self._shown

    @override
    def expects(self, owner_id: str) -> bool:
        """Whether these are the processes of a manager, which may come later."""
        link_id, suffix, _ = owner_id.partition(PROCESSES_SUFFIX)
        return bool(suffix) and isinstance(self._links.get(link_id), RemoteServiceLink)

    def _follow(self) -> None:
        links = {link.id: link for link in self._links.of(RemoteServiceLink)}
        for id_, (link, unsubscribe) in list(self._followed.items()):
            if links.get(id_) is not link:
                unsubscribe()
                del self._followed[id_]
            if id_ not in links:
                self._withdraw(f"{id_}{PROCESSES_SUFFIX}")
        for id_, link in links.items():
            if id_ not in self._followed:
                self._followed[id_] = link, self._following(link)
                self._changed(link)

    def _following(self, link: RemoteServiceLink) -> Unsubscribe:
        def changed(*_: object) -> None:
            self._changed(link)

        return together(
            link.gateway.on_change(changed), link.gateway.on_connection(changed)
        )

    def _changed(self, link: RemoteServiceLink) -> None:
        owner_id = f"{link.id}{PROCESSES_SUFFIX}"
        processes = link.gateway.processes
        names = {id_: process.name for id_, process in processes.items()}
        # While it is away its processes are those that it had.
        if link.connected and names != self._shown.get(owner_id, {}):
            self._show(link, owner_id, names)
        self._writer.mark_all(self._presenter.of(link.id))
        self._writer.mark_all(self._presenter.of(owner_id))

    def _show(
        self, link: RemoteServiceLink, owner_id: str, names: dict[str, str]
    ) -> None:
        if not names:
            self._withdraw(owner_id)
            return
        self._shown[owner_id] = names
        self._devices.put(
            owner_id,
            name=f"{link.title} processes",
            model="Processes",
            above=link.id,
            subentry_id=link.subentry_id,
            is_service=True,
        )
        self._presenter.show(
            owner_id,
            owner_id,
            tuple(
                Presentation(
                    platform=platform,
                    kind=kind,
                    key=f"{kind}:{id_}",
                    shows=(id_, name),
                )
                for id_, name in names.items()
                for platform, kind in (
                    (Platform.SWITCH, PROCESS),
                    (Platform.BUTTON, PROCESS_RESTART),
                )
            ),
            subentry_id=link.subentry_id,
        )

    def _withdraw(self, owner_id: str) -> None:
        if self._shown.pop(owner_id, None) is not None:
            self._presenter.withdraw(owner_id)
            self._devices.remove(owner_id)

    @callback
    def _stop(self) -> None:
        for _, unsubscribe in self._followed.values():
            unsubscribe()
        self._followed.clear()
