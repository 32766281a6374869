"""What links hold, shown beside them: the sound and the scenes of an OBS, the processes of a process manager."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, override

from homeassistant.core import callback

from ..core.bus import Unsubscribe
from .hub import Hub
from .link import Link
from .manager import Manager
from .presentation import Presentation


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A device beside each link of a kind.

    `suffix` makes its identifier of the link's, `title` its name of the link's; `model` is what it is, and `entities_fn`
    says what there is on it now.
    """

    suffix: str
    title: str
    model: str
    entities_fn: Callable[[Any], Iterable[Presentation]]


class LinkContents[OurLink: Link](Manager):
    """Follows the links of one kind, and shows devices beside each, with what there is behind it as it comes and goes."""

    kind: ClassVar[type]
    contents: ClassVar[tuple[Contents, ...]]

    def __init__(self, hub: Hub) -> None:
        """Follow none yet."""
        self._links = hub.links
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._followed: dict[str, tuple[OurLink, Unsubscribe]] = {}
        self._shown: dict[str, tuple[Presentation, ...]] = {}

    def __iter__(self) -> Iterator[OurLink]:
        """Iterate over the links."""
        return iter(self._links.of(self.kind))

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
        return any(
            owner_id.endswith(each.suffix)
            and isinstance(
                self._links.get(owner_id.removesuffix(each.suffix)), self.kind
            )
            for each in self.contents
        )

    def _follow(self) -> None:
        links = {link.id: link for link in self}
        for id_, (link, unsubscribe) in list(self._followed.items()):
            if links.get(id_) is not link:
                unsubscribe()
                del self._followed[id_]
            if id_ not in links:
                for each in self.contents:
                    self._withdraw(f"{id_}{each.suffix}")
                self.lost(id_)
        for id_, link in links.items():
            if id_ not in self._followed:
                changed = partial(self._changed, link)
                self._followed[id_] = link, self.follow(link, changed)
                changed()

    def _changed(self, link: OurLink, *_: object) -> None:
        self.seen(link)
        self._writer.mark_all(self._presenter.of(link.id))
        for each in self.contents:
            owner_id = f"{link.id}{each.suffix}"
            # While it is away it has what it had.
            if link.connected:
                self._show(link, owner_id, each)
            self._writer.mark_all(self._presenter.of(owner_id))

    def _show(self, link: OurLink, owner_id: str, contents: Contents) -> None:
        entities = tuple(contents.entities_fn(link))
        if entities == self._shown.get(owner_id, ()):
            return
        if not entities:
            self._withdraw(owner_id)
            return
        self._shown[owner_id] = entities
        self._devices.put(
            owner_id,
            name=contents.title.format(link.title),
            model=contents.model,
            above=link.id,
            subentry_id=link.subentry_id,
            is_service=True,
        )
        self._presenter.show(
            owner_id,
            owner_id,
            entities,
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
