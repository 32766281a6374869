"""Where the accounts of services are linked; their owners bring client ids of their own."""

from homeassistant.components.application_credentials import AuthorizationServer
from homeassistant.core import HomeAssistant

from . import features
from .hub.accounts import Consent
from .hub.registry import registry_of


async def async_get_authorization_server(hass: HomeAssistant) -> AuthorizationServer:
    """Return the one server: Home Assistant knows one for each integration."""
    return _consent().server()


async def async_get_description_placeholders(hass: HomeAssistant) -> dict[str, str]:
    """Return what the dialog for credentials tells."""
    return {
        "console": _consent().console,
        "redirect": "https://my.home-assistant.io/redirect/oauth",
    }


def _consent() -> Consent:
    (consent,) = registry_of(features.FEATURES).consents.values()
    return consent
