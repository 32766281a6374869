"""The processes of each process manager, shown as they come and go."""

from collections.abc import Callable, Iterator
from typing import Final, override

from homeassistant.const import Platform

from ...const import PROCESSES_SUFFIX
from ...core.bus import Unsubscribe, together
from ...hub.link_contents import Contents, LinkContents
from ...hub.presentation import Presentation
from .link import RemoteServiceLink

PROCESS: Final = "process"
PROCESS_RESTART: Final = "process_restart"


def _entities(link: RemoteServiceLink) -> Iterator[Presentation]:
    for id_, process in link.gateway.processes.items():
        for platform, kind in (
            (Platform.SWITCH, PROCESS),
            (Platform.BUTTON, PROCESS_RESTART),
        ):
            yield Presentation(
                platform=platform,
                kind=kind,
                key=f"{kind}:{id_}",
                shows=(id_, process.name),
            )


class RemoteServiceManager(LinkContents[RemoteServiceLink]):
    """Follows the links to process managers."""

    kind = RemoteServiceLink
    contents = (
        Contents(
            suffix=PROCESSES_SUFFIX,
            title="{} processes",
            model="Processes",
            entities_fn=_entities,
        ),
    )

    @override
    def follow(
        self, link: RemoteServiceLink, changed: Callable[..., None]
    ) -> Unsubscribe:
        return together(
            link.gateway.on_change(changed), link.gateway.on_connection(changed)
        )
