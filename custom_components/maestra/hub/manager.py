"""What a feature's manager is to the hub: the steps of its life, all of which may be left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import callback

from ..core.bus import Unsubscribe


def subentries_by_id(entry: ConfigEntry[Any], kind: str) -> dict[str, ConfigSubentry]:
    """Return the subentries of a kind by their ids, which are those of what they describe."""
    found = entry.get_subentries_of_type(kind)
    return {subentry.subentry_id: subentry for subentry in found}


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as a sensor shows it, by the key of its texts."""

    sensor: str
    value: str


class Manager:
    """What holds one topic together on Home Assistant's side.

    The hub calls the steps of all managers in the order of the features: `async_load`, `start`, then the links start,
    `async_started`. Changed options or subentries: `async_apply`, links are replaced, `applied`. At the end all save, the links
    stop, what `start` returned is called, and then `async_save` and `async_stop`, the last feature first. A step that raises
    is logged, and all others are taken.
    """

    async def async_load(self) -> None:
        """Bring back what was known before the restart."""

    @callback
    def start(self) -> Unsubscribe | None:
        """Listen to the domain. The platforms are attached, no link runs yet."""

    async def async_started(self) -> None:
        """Show what is known: all links have been started, and may be heard while others have their turn of the loop."""

    async def async_apply(self) -> None:
        """Take over changed options and subentries, before links are replaced for them."""

    @callback
    def applied(self) -> None:
        """Show what is other now that links have been replaced."""

    @callback
    def refresh(self) -> None:
        """Do what no event starts, every few seconds."""

    async def async_save(self) -> None:
        """Save what has changed since it was last saved: before anything stops, and again when it has."""

    async def async_stop(self) -> None:
        """Leave nothing behind."""

    @property
    def owners(self) -> Iterable[str]:
        """The identifiers of the devices that it shows; others of the registry are removed at start."""
        return ()

    def expects(self, owner_id: str) -> bool:
        """Whether a device that is not shown yet may come back, and is not to be removed at start."""
        return False

    @callback
    def forget(self, owner_id: str) -> bool:
        """Forget what stands behind a device that the user removes; False where that is still at work."""
        return owner_id not in self.owners

    def diagnostics(self) -> Mapping[str, Any]:
        """Return what belongs into the hub's diagnostics, by section; nothing private in it."""
        return {}

    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return what is known of what stands behind a device, None where it is another feature's."""
        return None

    def health(self) -> Mapping[str, Any]:
        """Return what Settings, System, Repairs shows, by the key of its text."""
        return {}

    async def async_pause(self) -> None:
        """Hold still: Home Assistant makes a backup."""

    def resume(self) -> None:
        """Go on after a backup."""
