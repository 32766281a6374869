"""Who fades, and what can be taken back."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.core import callback

from ...core.bus import Unsubscribe
from ...core.cues.fader import Fade, Fader
from ...core.domain.source import HOME_ASSISTANT
from ...hub.actions import refusal
from ...hub.hub import Hub
from ...hub.manager import Manager

MAX_KEPT: Final = 50
"""Changes that can be taken back, one after the other."""


class CuesManager(Manager):
    """Takes changes from actions. When the hub is unloaded, everything is where it was to go."""

    fader: Fader

    def __init__(self, hub: Hub) -> None:
        """Change nothing yet."""
        self._domain = hub.domain
        self._done: deque[Fade] = deque(maxlen=MAX_KEPT)

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Be ready to fade."""
        self.fader = Fader(self._domain.bus, self._domain.entities)
        return self.fader.close

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how much is on its way."""
        return {
            "fades": {
                "moving": self.fader.moving,
                "waiting": self.fader.waiting,
                "can_be_undone": len(self._done),
            }
        }

    @property
    def last(self) -> Fade | None:
        """The change that is taken back next."""
        return self._done[-1] if self._done else None

    def do(self, fade: Fade) -> None:
        """Change what is wanted, all of it or nothing. Raises MaestraError."""
        self.fader.start(fade)
        self._done.append(fade)

    def undo(self, over: float) -> None:
        """Bring back what was there before the last change; raises MaestraError, ServiceValidationError."""
        if (last := self.last) is None:
            raise refusal("nothing_to_undo")
        self.fader.cancel(last)
        entities = self._domain.entities
        states = {
            entity_id: before
            for entity_id, before in last.change.before.items()
            if entities.get(entity_id)
        }
        self.fader.start(
            Fade(
                states=states, over=over, priority=last.priority, source=HOME_ASSISTANT
            )
        )
        self._done.pop()
