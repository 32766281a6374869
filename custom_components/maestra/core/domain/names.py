"""Slugs, names, ltree paths and MAC addresses: what may stand in a topic, a subject or a database path."""

import re
from typing import Final
from unicodedata import normalize

from ..bus import cached_by_text
from .errors import InvalidField, InvalidMac

F2_NAME_PREFIX: Final = "f2-"
"""What topics have before the MAC address of an F2 controller (f2.md §1)."""

_COLON_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
BARE_LENGTH: Final = 12
_BARE_MAC: Final = re.compile(r"[0-9a-f]{12}")
_SEPARATORS: Final = str.maketrans("", "", ":-.")
_HEX_PAIRS: Final = re.compile(r"(?:[0-9a-f]{2}[:.-])+[0-9a-f]{2}")
_SEPARATED: Final = re.compile(r"[\s:._/-]+")
MAX_NAME_LENGTH: Final = 255
MAX_SLUG_LENGTH: Final = 100
MAX_VARIABLE_NAME_LENGTH: Final = 100
# Below `maestra/entity/state/` these words are commands: as a type they would make our own event a command.
RESERVED_TYPE_NAMES: Final = frozenset({"update", "set"})
_SLUG = re.compile(rf"[a-z0-9_-]{{1,{MAX_SLUG_LENGTH}}}")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_LABEL = re.compile(r"[^A-Za-z0-9]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Surrogates have no UTF-8: one of them would make a snapshot impossible to save.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


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
        digits = digits.removeprefix(F2_NAME_PREFIX.rstrip("-"))
    if not _BARE_MAC.fullmatch(digits):
        raise InvalidMac(mac=text[:40])
    return digits


def mac_of(text: object) -> str | None:
    """Return the MAC address of a network card that a text is, with colons; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        digits = bare_mac(text)
    except InvalidMac:
        return None
    # The lowest bit of the first byte is that of groups, and a serial number of twelve digits is no address.
    is_bare = text.strip().isdecimal()
    if int(digits[:2], 16) & 1 or not int(digits, 16) or is_bare:
        return None
    return ":".join(digits[at : at + 2] for at in range(0, BARE_LENGTH, 2))


@cached_by_text(8_192)
def hardware_key(hardware_id: str) -> str:
    """Return what a hardware id is compared by: neither its case nor its separators tell one device from another.

    A MAC address is the same in all ways to write it; of other ids, `ESP_1` is `esp-1`, but `node-1-12` is not `node-11-2`.
    """
    text = normalize("NFKC", hardware_id).casefold().strip()
    try:
        return bare_mac(text)
    except InvalidMac:
        pass
    if _HEX_PAIRS.fullmatch(text):
        return text.translate(_SEPARATORS)
    return _SEPARATED.sub("-", text)


def valid_text(text: str) -> str:
    """Return text that is Unicode: what bytes have left that are no UTF-8 (lone surrogates) becomes U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def cleaned_text(value: object, longest: int) -> str:
    """Return what can be printed of a text that another program gives, empty where it gives none."""
    if not isinstance(value, str):
        return ""
    return "".join(it for it in value if it.isprintable()).strip()[:longest]


def is_slug(text: object) -> bool:
    """Tell whether `text` is a slug: `[a-z0-9_-]`, 1 to 100 characters."""
    return isinstance(text, str) and _SLUG.fullmatch(text) is not None


def checked_slug(text: str, field: str = "slug") -> str:
    """Return a slug unchanged, or raise InvalidField."""
    if not is_slug(text):
        raise InvalidField(
            field=field, reason=f"must be 1 to {MAX_SLUG_LENGTH} of a-z, 0-9, _ and -"
        )
    return text


def checked_type_name(text: str) -> str:
    """Return the name of an entity type unchanged, or raise InvalidField."""
    if checked_slug(text, "entity_type") in RESERVED_TYPE_NAMES:
        raise InvalidField(field="entity_type", reason=f"{text} is reserved")
    return text


def is_name(text: str, longest: int = MAX_NAME_LENGTH) -> bool:
    """Tell whether `text` is a name for people: printable, not blank, not too long."""
    if len(text) > longest or not text.strip():
        return False
    # What Python calls printable has none of these, and it says so quicker.
    return text.isprintable() or not _UNPRINTABLE.search(text)


def checked_name(
    text: object, field: str = "name", longest: int = MAX_NAME_LENGTH
) -> str:
    """Return a name for people unchanged, or raise InvalidField."""
    if not isinstance(text, str) or not is_name(text, longest):
        raise InvalidField(
            field=field, reason=f"must be 1 to {longest} printable characters"
        )
    return text


def slugify(name: str) -> str:
    """Return the slug of a name: lower case, everything else to single hyphens; may be empty."""
    return _NOT_SLUG.sub("-", name.lower()).strip("-")[:MAX_SLUG_LENGTH]


def path_label(slug: str) -> str:
    """Return the ltree label of a slug (maestra.md §1.5)."""
    return _NOT_LABEL.sub("_", slug)
