"""What repair issues have in common: their ids, and texts of clients that may be shown."""

from hashlib import sha256
from string import punctuation
from typing import Final

LEARN_MORE_URL: Final = (
    "https://github.com/maestra-home/maestra/blob/main/docs/troubleshooting.md"
)
# A client may try one hardware id after the other.
MAX_ISSUES: Final = 20
MAX_SHOWN_LENGTH: Final = 64

ENTRY_ID: Final = "entry_id"
HARDWARE_ID: Final = "hardware_id"

_ESCAPES: Final = str.maketrans({char: f"\\{char}" for char in punctuation})


def device_issue_id(kind: str, hardware_id: str) -> str:
    """Return the id of a device's issue; a hardware id may be anything, so it is not part of it."""
    digest = sha256(hardware_id.encode(errors="replace")).hexdigest()
    return f"{kind}_{digest[:16]}"


def shown_text(text: str, longest: int = MAX_SHOWN_LENGTH) -> str:
    """Return text of a client so that it can be shown: short, printable, and no Markdown."""
    printable = "".join(char if char.isprintable() else "�" for char in text)
    shortened = (
        printable if len(printable) <= longest else f"{printable[: longest - 1]}…"
    )
    return shortened.translate(_ESCAPES)
