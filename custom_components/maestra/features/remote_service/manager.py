"""The processes of each process manager, shown as they come and go."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, override

from homeassistant.const import Platform

from ...const import PROCESSES_SUFFIX
from ...core.bus import Unsubscribe, together
from ...hub.link_contents import LinkContents
from ...hub.presentation import Presentation
from .link import RemoteServiceLink

PROCESS: Final = "process"
PROCESS_RESTART: Final = "process_restart"


class RemoteServiceManager(LinkContents[RemoteServiceLink]):
    """Follows the links to process managers."""

    kind = RemoteServiceLink
    suffix = PROCESSES_SUFFIX
    title = "{} processes"
    model = "Processes"

    @override
    def contents(self, link: RemoteServiceLink) -> Mapping[str, str]:
        processes = link.gateway.processes
        return {id_: process.name for id_, process in processes.items()}

    @override
    def presentations(self, contents: Mapping[str, str]) -> Iterable[Presentation]:
        return (
            Presentation(
                platform=platform, kind=kind, key=f"{kind}:{id_}", shows=(id_, name)
            )
            for id_, name in contents.items()
            for platform, kind in (
                (Platform.SWITCH, PROCESS),
                (Platform.BUTTON, PROCESS_RESTART),
            )
        )

    @override
    def follow(
        self, link: RemoteServiceLink, changed: Callable[..., None]
    ) -> Unsubscribe:
        return together(
            link.gateway.on_change(changed), link.gateway.on_connection(changed)
        )
