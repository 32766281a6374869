"""How the link of each kind of subentry is made."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigSubentry

from .authority_link import AuthorityLink
from .const import (
    SUBENTRY_CERTIFICATE_AUTHORITY,
    SUBENTRY_ISS_TELEMETRY,
    SUBENTRY_MQTT_BROKER,
    SUBENTRY_NATS_SERVER,
    SUBENTRY_OSC_TARGET,
    SUBENTRY_TIMESCALE_STORE,
)
from .iss_link import IssLink
from .link import ServiceLink
from .links import MqttLink
from .nats_link import NatsLink
from .osc_link import OscTargetLink
from .store_link import StoreLink

if TYPE_CHECKING:
    from .runtime import MaestraRuntime

type Build = Callable[[MaestraRuntime, ConfigSubentry], ServiceLink]


def _store(runtime: MaestraRuntime, subentry: ConfigSubentry) -> StoreLink:
    return StoreLink(
        runtime.hass,
        runtime.entry,
        subentry,
        runtime.domain,
        runtime.show.store_changed,
    )


# In the order in which they start: the store first, to miss nothing of what the others bring.
SERVICE_LINKS: Final[Mapping[str, Build]] = {
    SUBENTRY_TIMESCALE_STORE: _store,
    SUBENTRY_CERTIFICATE_AUTHORITY: AuthorityLink,
    SUBENTRY_MQTT_BROKER: MqttLink,
    SUBENTRY_NATS_SERVER: NatsLink,
    SUBENTRY_OSC_TARGET: OscTargetLink,
    SUBENTRY_ISS_TELEMETRY: IssLink,
}
