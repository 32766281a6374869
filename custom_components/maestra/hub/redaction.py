"""Taking out of diagnostics what identifies people, places and machines, and what opens doors."""

from collections.abc import Iterable, Mapping
import re
from typing import Any, Final, cast

from homeassistant.components.diagnostics import REDACTED
from homeassistant.config_entries import ConfigSubentry

SAMPLE_SIZE: Final = 20
"""So many of a kind are described at most."""

# Clients choose the keys of states and metadata. A key is private if it contains one of these …
PRIVATE_PARTS: Final = (
    "apikey",
    "certificate",
    "credential",
    "hardwareid",
    "latitude",
    "location",
    "longitude",
    "passphrase",
    "passwd",
    "password",
    "secret",
    "serial",
    "ssid",
    "token",
    "username",
)
# … or if one of its words is one of these, which are too short to look for inside words.
PRIVATE_WORDS: Final = frozenset(
    {
        "address",
        "auth",
        "client",
        "database",
        "email",
        "gps",
        "host",
        "hostname",
        "ip",
        "key",
        "lat",
        "lng",
        "lon",
        "mac",
        "nkey",
        "phone",
        "pin",
        "psk",
        "pw",
        "url",
        "user",
    }
)
# What `{"name": "password", …}` says of a variable or a metric.
VALUE_KEYS: Final = frozenset({"value", "defaultValue"})
PEM: Final = "-----BEGIN"

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def redact[T](data: T, secrets: Iterable[str] = ()) -> T:
    """Return a copy without private values; `secrets` are taken out of every text too."""
    longest_first = sorted(filter(None, secrets), key=len, reverse=True)
    return cast(T, _redact(data, longest_first))


def described_subentry(subentry: ConfigSubentry) -> dict[str, Any]:
    """Return what diagnostics show of a subentry."""
    # Title and unique id have the address of the service in them.
    return {
        "id": subentry.subentry_id,
        "type": subentry.subentry_type,
        "data": redact(dict(subentry.data)),
    }


def _redact(data: Any, secrets: list[str]) -> Any:
    match data:
        case str():
            return _redact_text(data, secrets)
        case Mapping():
            name = data.get("name")
            names_private = isinstance(name, str) and _is_private(name)
            return {
                _redact_text(str(key), secrets): (
                    REDACTED
                    if value not in (None, "")
                    and (_is_private(str(key)) or (names_private and key in VALUE_KEYS))
                    else _redact(value, secrets)
                )
                for key, value in data.items()
            }
        case list() | tuple():
            return [_redact(item, secrets) for item in data]
    return data


def _is_private(key: str) -> bool:
    words = [word.lower() for word in _WORD.findall(key)]
    joined = "".join(words)
    return not PRIVATE_WORDS.isdisjoint(words) or any(
        part in joined for part in PRIVATE_PARTS
    )


def _redact_text(text: str, secrets: list[str]) -> str:
    if PEM in text:
        return REDACTED
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text
