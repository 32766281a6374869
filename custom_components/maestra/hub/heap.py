"""Garbage collections that do not stop the event loop: what is there to stay is left out of them."""

import gc
from typing import Final

from homeassistant.core import CoreState, HomeAssistant, callback

from ..core.bus import YOUNG

GROWN: Final = 500
"""States of Home Assistant that came since: what stands behind them is worth a collection."""


class Heap:
    """Leaves out of garbage collections what has come with the start, and with many entities at once.

    A full collection looks at every object there is: some 250 ms where Home Assistant has a thousand entities, at any
    moment. What is frozen, it passes over. Objects go as ever when nobody holds them; of what is frozen, only those that
    hold each other stay until `thaw`.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Leave out nothing yet."""
        self._hass = hass
        self._states = 0
        self._frozen: int | None = None
        self._has_frozen = False
        self._thresholds: tuple[int, int, int] | None = None

    @callback
    def begin(self) -> None:
        """Look at young objects less often, and leave out what Home Assistant has loaded before our entities come; at a reload that may be garbage."""
        self._thresholds = gc.get_threshold()
        gc.set_threshold(YOUNG, *self._thresholds[1:])
        if self._hass.state is not CoreState.running:
            self._freeze()

    @callback
    def refresh(self) -> None:
        """Leave out what is there, once no more comes; called every few seconds."""
        before, self._states = self._states, self._hass.states.async_entity_ids_count()
        if self._hass.state is not CoreState.running or self._states != before:
            return
        if self._frozen is None or self._states - self._frozen >= GROWN:
            self._frozen = self._states
            # Else garbage would be kept, that of the start too. This one does stop the loop.
            gc.unfreeze()
            gc.collect()
            self._freeze()

    @callback
    def thaw(self) -> None:
        """Do as Python does: what belonged to a hub that is unloaded can go."""
        if self._thresholds is not None:
            gc.set_threshold(*self._thresholds)
        self._frozen = self._thresholds = None
        # What others have left out stays so.
        if self._has_frozen:
            self._has_frozen = False
            gc.unfreeze()

    def _freeze(self) -> None:
        self._has_frozen = True
        gc.freeze()
