"""The running connection to an OSC program or device."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback

from .bus import Unsubscribe
from .domain.errors import MaestraError
from .domain.json_types import JsonValue
from .gateways.osc.target import OscTarget
from .link import ServiceLink
from .osc_maps import osc_maps
from .repairs import OSC_TARGET_SILENT
from .subentries.forms import address
from .subentries.osc_target import target_settings

if TYPE_CHECKING:
    from .runtime import MaestraRuntime


class OscTargetLink(ServiceLink):
    """One OSC target. Its id is the gateway in every Source that comes in here."""

    issue = OSC_TARGET_SILENT
    subject = "target"
    model = "OSC target"

    def __init__(self, runtime: MaestraRuntime, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(
            runtime.hass, runtime.entry, subentry, runtime.show.link_changed
        )
        self.gateway = OscTarget(
            subentry.subentry_id,
            runtime.domain,
            runtime.announcer,
            target_settings(
                subentry.title, subentry.data, osc_maps(runtime.entry.options)
            ),
        )

    @property
    @override
    def connected(self) -> bool:
        """Whether it is heard, or, where it never answers, whether it can be sent to."""
        return self.gateway.connected

    def is_called(self, name: str) -> bool:
        """Whether a user can mean this one: id, name, `host:port`."""
        return name in (self.id, self.title, address(self.data))

    def send(self, to: str, arguments: Sequence[JsonValue]) -> None:
        """Send one message; raises NotConnected, OutgoingFull, InvalidField."""
        self.gateway.send(to, arguments)

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [self.gateway.on_connection(self._connection_changed)]

    @override
    async def _serve(self) -> None:
        await self.gateway.run()

    @callback
    def _connection_changed(self, connected: bool, reason: MaestraError | None) -> None:
        # Where there is no reason, it was closed on purpose, and nothing is wrong.
        if connected or reason is not None:
            self._connection_is(connected, reason)
