"""The hub's options as rules of the domain."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .const import (
    CONF_AUTO_ACCEPT,
    CONF_CREATE_UNKNOWN,
    CONF_OFFLINE_AFTER,
    CONF_STRICT,
    DEFAULT_AUTO_ACCEPT,
    DEFAULT_CREATE_UNKNOWN,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_STRICT,
)
from .domain import Domain


def apply_rules(domain: Domain, options: Mapping[str, Any]) -> None:
    """Let the domain accept what the options say."""
    rules = domain.entities.rules
    rules.create_unknown = options.get(CONF_CREATE_UNKNOWN, DEFAULT_CREATE_UNKNOWN)
    rules.strict = options.get(CONF_STRICT, DEFAULT_STRICT)
    domain.streams.auto_accept = options.get(CONF_AUTO_ACCEPT, DEFAULT_AUTO_ACCEPT)


def silence_of(options: Mapping[str, Any]) -> timedelta:
    """Return how long a device may be silent before it counts as offline."""
    return timedelta(seconds=options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER))
