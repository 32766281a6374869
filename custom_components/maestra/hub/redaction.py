"""Taking out of diagnostics what identifies people, places and machines, and what opens doors."""

from collections.abc import Iterable, Mapping
import re
from typing import Any, Final, cast

from homeassistant.components.diagnostics import REDACTED
from homeassistant.config_entries import ConfigSubentry

from ..const import CONF_AUTH, CONF_KEY_TYPE

SAMPLE_SIZE: Final = 20
"""So many of a kind are described at most."""

# Clients choose the keys of states and metadata. A key is private if it contains one of these …
PRIVATE_PARTS: Final = (
    "apikey",
    "brokernames",
    "certificate",
    "credential",
    "hardwareid",
    "latitude",
    "location",
    "longitude",
    "passphrase",
    "passwd",
    "password",
    "salt",
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
        "addresses",
        "auth",
        "client",
        "database",
        "email",
        "emails",
        "gps",
        "host",
        "hostname",
        "hostnames",
        "hosts",
        "ip",
        "ips",
        "key",
        "lat",
        "lng",
        "lon",
        "mac",
        "macs",
        "nkey",
        "origins",
        "phone",
        "pin",
        "pins",
        "psk",
        "pw",
        "url",
        "urls",
        "user",
        "users",
    }
)
PUBLIC_SETTINGS: Final = frozenset({CONF_AUTH, CONF_KEY_TYPE})
"""Settings of ours that sound private, and only say which kind was chosen."""
# What `{"name": "password", …}` says of a variable or a metric.
VALUE_KEYS: Final = frozenset({"value", "defaultValue"})
PEM: Final = "-----BEGIN"

_MAC: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Za-z])"
    # Not the end of a UUID.
    r"|(?<![0-9A-Za-z-])(?:f2-)?[0-9A-Fa-f]{12}(?![0-9A-Za-z-])"
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def redact[T](
    data: T, secrets: Iterable[str] = (), *, public: frozenset[str] = frozenset()
) -> T:
    """Return a copy without private values; `secrets` and MAC addresses are taken out of every text too.

    The values of `public` keys are shown as they are.
    """
    longest_first = sorted(filter(None, secrets), key=len, reverse=True)
    return cast(T, _redact(data, longest_first, public))


def described_subentry(subentry: ConfigSubentry) -> dict[str, Any]:
    """Return what diagnostics show of a subentry."""
    # Title and unique id have the address of the service in them.
    return {
        "id": subentry.subentry_id,
        "type": subentry.subentry_type,
        "data": redact(dict(subentry.data), public=PUBLIC_SETTINGS),
    }


def _redact(data: Any, secrets: list[str], public: frozenset[str]) -> Any:
    match data:
        case str():
            return _redact_text(data, secrets)
        case Mapping():
            name = data.get("name")
            names_private = isinstance(name, str) and _is_private(name)

            def is_shown(key: str, value: Any) -> bool:
                # Whether there is something says nothing of what it is.
                if value in (None, "") or isinstance(value, bool) or key in public:
                    return True
                return not (_is_private(key) or (names_private and key in VALUE_KEYS))

            return {
                _redact_text(str(key), secrets): (
                    _redact(value, secrets, public)
                    if is_shown(str(key), value)
                    else REDACTED
                )
                for key, value in data.items()
            }
        case list() | tuple():
            return [_redact(item, secrets, public) for item in data]
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
    return _MAC.sub(REDACTED, text)
