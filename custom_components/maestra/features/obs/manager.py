"""What is shown of each OBS beside its link: its inputs with sound; and when its entities are written."""

from collections.abc import Callable
from typing import override

from ...const import OBS_AUDIO_SUFFIX, OBS_SCENES_SUFFIX
from ...core.bus import Unsubscribe, call_each, enlist, together
from ...core.obs.protocol import ObsEvent
from ...hub.hub import Hub
from ...hub.link_contents import Contents, LinkContents
from .link import ObsLink
from .presentation import audio_presentations, scene_presentations
from .stream_events import ObsReporter

type ObsListener = Callable[[ObsLink, ObsEvent], None]


class ObsManager(LinkContents[ObsLink]):
    """Follows the links to OBS."""

    kind = ObsLink
    contents = (
        Contents(
            suffix=OBS_AUDIO_SUFFIX,
            title="{} audio",
            model="OBS audio",
            entities_fn=lambda link: audio_presentations(link.gateway.state),
        ),
        Contents(
            suffix=OBS_SCENES_SUFFIX,
            title="{} scenes",
            model="OBS scenes",
            entities_fn=lambda link: scene_presentations(link.gateway.state),
        ),
    )

    def __init__(self, hub: Hub) -> None:
        """Follow none yet."""
        super().__init__(hub)
        self._listeners: list[ObsListener] = []
        self._reporter = ObsReporter(hub.domain.bus)

    def on_event(self, listener: ObsListener) -> Unsubscribe:
        """Tell `listener` whatever happens in any OBS."""
        return enlist(self._listeners, listener)

    @override
    def follow(self, link: ObsLink, changed: Callable[..., None]) -> Unsubscribe:
        def happened(event: ObsEvent) -> None:
            call_each(self._listeners, link, event)

        return together(
            link.gateway.on_change(changed),
            link.gateway.on_connection(changed),
            link.gateway.on_event(happened),
        )

    @override
    def seen(self, link: ObsLink) -> None:
        self._reporter.look(link)

    @override
    def lost(self, link_id: str) -> None:
        self._reporter.forget(link_id)
