"""The running connection to an OSC program or device."""

from collections.abc import Sequence
from typing import Final, override

from homeassistant.config_entries import ConfigSubentry

from ...core.bus import Unsubscribe
from ...core.domain.json_values import JsonValue
from ...core.osc.target import OscTarget
from ...hub.flows import address
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from .flow import target_settings
from .maps import osc_maps

OSC_TARGET_SILENT: Final = "osc_target_silent"


class OscTargetLink(ServiceLink):
    """One OSC target. Its id is the gateway in every Source that comes in here."""

    issue = OSC_TARGET_SILENT
    subject = "target"
    model = "OSC target"

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self.gateway = OscTarget(
            subentry.subentry_id,
            hub.domain,
            hub.encoder,
            target_settings(subentry.title, subentry.data, osc_maps(hub.entry.options)),
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
