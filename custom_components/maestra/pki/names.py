"""How devices and brokers are called in certificates."""

from ipaddress import ip_address
import re
from typing import Final

from cryptography import x509

from .errors import InvalidMac, InvalidName

OWN_NAME: Final = "maestra"
"""Our own name on a broker; no device has it, since it is no MAC address."""
F2_PREFIX: Final = "f2-"
"""What topics have before the MAC address of an F2 controller (f2.md §1)."""

_COLON_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
BARE_LENGTH: Final = 12
_BARE_MAC: Final = re.compile(r"[0-9a-f]{12}")
_SEPARATORS: Final = str.maketrans("", "", ":-.")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
MAX_HOST_LENGTH: Final = 253


def colon_mac(text: str) -> str:
    """Return the twelve digits of a MAC address with colons, the only form of `/issue` (f2.md §3); raises InvalidMac."""
    lower = text.lower()
    if not _COLON_MAC.fullmatch(lower):
        raise InvalidMac(mac=text[:40])
    return lower.replace(":", "")


def bare_mac(text: str) -> str:
    """Return the twelve digits of a MAC address as people write it, or of an F2 device's name; raises InvalidMac."""
    digits = text.strip().lower().translate(_SEPARATORS)
    # A MAC address may begin with f2 too: only what is too long has a prefix.
    if len(digits) > BARE_LENGTH:
        digits = digits.removeprefix(F2_PREFIX.rstrip("-"))
    if not _BARE_MAC.fullmatch(digits):
        raise InvalidMac(mac=text[:40])
    return digits


def general_name(text: str) -> x509.GeneralName:
    """Return a host name or an IP address as it stands in a certificate; raises InvalidName."""
    name = text.strip().strip("[]").lower()
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    name = name.removesuffix(".")
    if len(name) > MAX_HOST_LENGTH or not _HOST.fullmatch(name):
        raise InvalidName(name=text[:80])
    return x509.DNSName(name)
