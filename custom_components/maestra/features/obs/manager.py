"""What is shown of each OBS beside its link: its inputs with sound; and when its entities are written."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import override

from homeassistant.core import callback

from ...const import OBS_AUDIO_SUFFIX
from ...core.bus import Unsubscribe, call_each, enlist, together
from ...core.obs.protocol import ObsEvent
from ...hub.hub import Hub
from ...hub.manager import Manager
from .link import ObsLink
from .presentation import audio_presentations
from .stream_events import ObsReporter

type ObsListener = Callable[[ObsLink, ObsEvent], None]


class ObsManager(Manager):
    """Follows the links to OBS."""

    def __init__(self, hub: Hub) -> None:
        """Follow none yet."""
        self._links = hub.links
        self._presenter = hub.presenter
        self._writer = hub.writer
        self._devices = hub.devices
        self._followed: dict[str, tuple[ObsLink, Unsubscribe]] = {}
        self._shown: dict[str, tuple[str, ...]] = {}
        self._listeners: list[ObsListener] = []
        self._reporter = ObsReporter(hub.domain.bus)

    def __iter__(self) -> Iterator[ObsLink]:
        """Iterate over the links."""
        return iter(self._links.of(ObsLink))

    def on_event(self, listener: ObsListener) -> Unsubscribe:
        """Tell `listener` whatever happens in any OBS."""
        return enlist(self._listeners, listener)

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
        """The identifiers of the devices with sound."""
        return self._shown

    @override
    def expects(self, owner_id: str) -> bool:
        """Whether this is the sound of an OBS, which may come later."""
        link_id, suffix, _ = owner_id.partition(OBS_AUDIO_SUFFIX)
        return bool(suffix) and isinstance(self._links.get(link_id), ObsLink)

    def _follow(self) -> None:
        links = {link.id: link for link in self}
        for id_, (link, unsubscribe) in list(self._followed.items()):
            if links.get(id_) is not link:
                unsubscribe()
                del self._followed[id_]
            if id_ not in links:
                self._withdraw(id_)
                self._reporter.forget(id_)
        for id_, link in links.items():
            if id_ not in self._followed:
                self._followed[id_] = link, self._following(link)
                self._changed(link)

    def _following(self, link: ObsLink) -> Unsubscribe:
        changed = partial(self._changed, link)

        def happened(event: ObsEvent) -> None:
            call_each(self._listeners, link, event)

        return together(
            link.gateway.on_change(changed),
            link.gateway.on_connection(lambda _connected, _why: changed()),
            link.gateway.on_event(happened),
        )

    def _changed(self, link: ObsLink) -> None:
        self._reporter.look(link)
        owner_id = f"{link.id}{OBS_AUDIO_SUFFIX}"
        inputs = tuple(link.gateway.state.inputs)
        # While OBS is away its inputs are those that it had.
        if link.connected and inputs != self._shown.get(owner_id, ()):
            self._show(link, owner_id, inputs)
        self._writer.mark_all(self._presenter.of(link.id))
        self._writer.mark_all(self._presenter.of(owner_id))

    def _show(self, link: ObsLink, owner_id: str, inputs: tuple[str, ...]) -> None:
        if not inputs:
            self._withdraw(link.id)
            return
        self._shown[owner_id] = inputs
        self._devices.put(
            owner_id,
            name=f"{link.title} audio",
            model="OBS audio",
            above=link.id,
            subentry_id=link.subentry_id,
            is_service=True,
        )
        self._presenter.show(
            owner_id,
            owner_id,
            audio_presentations(dict.fromkeys(inputs)),
            subentry_id=link.subentry_id,
        )

    def _withdraw(self, link_id: str) -> None:
        owner_id = f"{link_id}{OBS_AUDIO_SUFFIX}"
        if self._shown.pop(owner_id, None) is not None:
            self._presenter.withdraw(owner_id)
            self._devices.remove(owner_id)

    @callback
    def _stop(self) -> None:
        for _, unsubscribe in self._followed.values():
            unsubscribe()
        self._followed.clear()
