"""Services that are linked by an account's consent, which its owner gives in the browser (OAuth)."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.application_credentials import AuthorizationServer
from homeassistant.core import HomeAssistant

from .flows import FormData

CONF_AUTH_IMPLEMENTATION: Final = "auth_implementation"
CONF_ACCOUNT_TOKEN: Final = "token"
"""What a link is kept under, in the names that Home Assistant gives them."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """How the accounts of one kind of service are linked.

    `scopes` are what has to be allowed, by the data of the subentry. `completed` makes its data of those that have the new
    token, or says why that account won't do: a reason of the flow. `console` is where people get their own credentials.
    """

    server: Callable[[], AuthorizationServer]
    console: str
    scopes: Callable[[FormData], Iterable[str]]
    completed: Callable[[HomeAssistant, FormData], Awaitable[dict[str, Any] | str]]
