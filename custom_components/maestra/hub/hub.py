"""What the hub offers to its features: the one seam between the two."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..core.bus import Unsubscribe
from ..core.domain import Domain
from ..core.domain.json_values import JsonObject
from ..core.phoenix.channels import PhoenixParts
from ..core.store.topic import Catalogue
from ..core.transport.event_encoder import EventEncoder
from .devices import HubDevices
from .links import Links
from .manager import Manager
from .presenter import Presenter
from .state_writer import StateWriter


class Hub(Protocol):
    """The loaded config entry as managers, links, entities, actions and triggers see it.

    Features do not know each other. What one has for others it provides as a service of the core,
    by its class: the store, the certificate authority.
    """

    @property
    def hass(self) -> HomeAssistant:
        """Home Assistant."""

    @property
    def entry(self) -> ConfigEntry[Any]:
        """The hub's config entry."""

    @property
    def domain(self) -> Domain:
        """Entities, devices and streams, on one bus."""

    @property
    def encoder(self) -> EventEncoder:
        """Renders each event once for all gateways."""

    @property
    def presenter(self) -> Presenter:
        """Keeps Home Assistant's entities in line with what is to be shown."""

    @property
    def writer(self) -> StateWriter:
        """Writes their states."""

    @property
    def devices(self) -> HubDevices:
        """Keeps the device registry in line."""

    @property
    def links(self) -> Links:
        """The connections to the outside."""

    @property
    def managers(self) -> Mapping[type[Manager], Manager]:
        """The managers of all features, in their order."""

    @property
    def dialects(self) -> Mapping[str, Any]:
        """How each dialect that a broker can carry is made, by name (`DialectFactory`)."""

    @property
    def records(self) -> Catalogue:
        """What is kept in the database: the catalogue of all features' tables."""

    def forget(self, owner_ids: Iterable[str]) -> bool:
        """Remove what stands behind a registry device; False for what is still at work."""

    def manager[M: Manager](self, kind: type[M]) -> M:
        """Return the manager of this class; raises KeyError where no feature has one."""

    def provide[S](self, kind: type[S], service: S) -> Unsubscribe:
        """Offer a service of the core to other features until the returned function is called."""

    def service[S](self, kind: type[S]) -> S | None:
        """Return what a feature provides under this class, None while there is none."""

    def endpoints(self, host: str) -> JsonObject:
        """Return where clients reach everything, as seen by who calls this machine `host`; null for what is not there."""

    def phoenix_parts(self) -> PhoenixParts:
        """Return what clients of Phoenix channels find of all features."""


type MaestraConfigEntry = ConfigEntry[Hub]
