"""What links hold, shown beside them: the sound of an OBS, the processes of a process manager."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import ClassVar, override

from homeassistant.core import callback

from ..core.bus import Unsubscribe
from .hub import Hub
from .link import Link
from .manager import Manager
from .presentation import Presentation


class LinkContents[OurLink: Link](Manager):
    """Follows the links of one kind, and shows a device beside each, with what there is behind it as it comes and goes.

    `suffix` makes the identifier of that device of the link's, `title` its name of the link's; `model` is what it is.
    """

    kind: ClassVar[type]
    suffix: ClassVar[str]
    title: ClassVar[str]
    model: ClassVar[str]

    def __init__(self, hub: Hub) -> None:
        """Follow none yet."""
        self._links = hub.links
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._followed: dict[str, tuple[OurLink, Unsubscribe]] = {}
        self._shown: dict[str, Mapping[str, str]] = {}

    def __iter__(self) -> Iterator[OurLink]:
        """Iterate over the links."""
        return iter(self._links.of(self.kind))

    @abstractmethod
    def contents(self, link: OurLink) -> Mapping[str, str]:
        """Return the names of what there is, by its id."""

    @abstractmethod
    def presentations(self, contents: Mapping[str, str]) -> Iterable[Presentation]:
        """Return the entities of what there is."""

    @abstractmethod
    def follow(self, link: OurLink, changed: Callable[..., None]) -> Unsubscribe:
        """Call `changed` whenever a link, or what there is, has changed."""

    def seen(self, link: OurLink) -> None:
        """Take note of a link that has changed."""

    def lost(self, link_id: str) -> None:
        """Forget a link that was removed."""

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
        """The identifiers of the devices with what there is."""
        return self._shown

    @override
    def expects(self, owner_id: str) -> bool:
        """Whether this is what a link holds, which may come later."""
        link_id, suffix, _ = owner_id.partition(self.suffix)
        return bool(suffix) and isinstance(self._links.get(link_id), self.kind)

    def _follow(self) -> None:
        links = {link.id: link for link in self}
        for id_, (link, unsubscribe) in list(self._followed.items()):
            if links.get(id_) is not link:
                unsubscribe()
                del self._followed[id_]
            if id_ not in links:
                self._withdraw(f"{id_}{self.suffix}")
                self.lost(id_)
        for id_, link in links.items():
            if id_ not in self._followed:
                changed = partial(self._changed, link)
                self._followed[id_] = link, self.follow(link, changed)
                changed()

    def _changed(self, link: OurLink, *_: object) -> None:
        self.seen(link)
        owner_id = f"{link.id}{self.suffix}"
        contents = self.contents(link)
        # While it is away it has what it had.
        if link.connected and contents != self._shown.get(owner_id, {}):
            self._show(link, owner_id, contents)
        self._writer.mark_all(self._presenter.of(link.id))
        self._writer.mark_all(self._presenter.of(owner_id))

    def _show(self, link: OurLink, owner_id: str, contents: Mapping[str, str]) -> None:
        if not contents:
            self._withdraw(owner_id)
            return
        self._shown[owner_id] = contents
        self._devices.put(
            owner_id,
            name=self.title.format(link.title),
            model=self.model,
            above=link.id,
            subentry_id=link.subentry_id,
            is_service=True,
        )
        self._presenter.show(
            owner_id,
            owner_id,
            tuple(self.presentations(contents)),
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
