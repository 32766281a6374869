"""Cue lists by OSC, with the addresses that QLab has: `/go`, `/cue/5/start`, `/panic`; below `/cues/<list>` for one of several."""

from typing import Final

from ..bus import Bus, Counters, Unsubscribe, cached_by_text, together
from ..domain.errors import MaestraError
from ..domain.events import OscReceived
from ..domain.source import Source
from ..transport.access import RejectionLog
from .commands import Command, read_words
from .cue_lists import CueLists

SOURCE: Final = "osc"


@cached_by_text(4_096)
def read_command(address: str) -> Command | None:
    """Return what an address asks for, None where it is not for us."""
    match address.split("/")[1:]:
        case ["cues", name, *rest] if rest:
            return read_words(rest, name)
        case parts:
            return read_words(parts)


class OscCues:
    """Lets OSC clients run cue lists; what they may not do is counted, and in the log."""

    def __init__(self, bus: Bus, lists: CueLists) -> None:
        """Hear nothing yet."""
        self.counters = Counters()
        self._bus = bus
        self._lists = lists
        self._rejections = RejectionLog("OSC cues", self.counters)

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        return together(
            self._rejections.close, self._bus.subscribe(OscReceived, self._received)
        )

    def _received(self, event: OscReceived) -> None:
        # Asked for each of thousands of messages a second.
        if not self._lists or (command := read_command(event.address)) is None:
            return
        # A button tells of its release too, with 0 or false.
        if event.arguments and not event.arguments[0]:
            return
        try:
            command.run(self._lists, Source(SOURCE, event.gateway, event.peer))
        except MaestraError as error:
            self._rejections.note(event.peer, error.code, str(error), event.address)
