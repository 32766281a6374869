"""NATS subjects, as all gateways use them inside (maestra.md §5)."""

from functools import lru_cache
import re
from typing import Final
from urllib.parse import unquote

from ..bus import cached_by_text

MAX_SUBJECT_LENGTH: Final = 512
_TOKEN: Final = re.compile(r"[^\s.*>\x00-\x20\x7f]+")


def is_subject(text: object) -> bool:
    """Tell whether `text` can be published on: tokens without blanks and wildcards."""
    return (
        isinstance(text, str)
        and len(text) <= MAX_SUBJECT_LENGTH
        and all(_TOKEN.fullmatch(token) for token in text.split("."))
    )


def is_pattern(text: object) -> bool:
    """Tell whether `text` can be subscribed to: a subject where `*` stands for a token, and `>` for the rest."""
    if not isinstance(text, str) or len(text) > MAX_SUBJECT_LENGTH:
        return False
    *firsts, last = text.split(".")
    return all(token == "*" or _TOKEN.fullmatch(token) for token in firsts) and (
        last in ("*", ">") or _TOKEN.fullmatch(last) is not None
    )


@cached_by_text(8_192)
def subject_matches(pattern: str, subject: str) -> bool:
    """Tell whether a subject is one of those that a pattern stands for."""
    wanted, tokens = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(tokens) <= len(wanted):
            return False
        tokens = tokens[: len(wanted)]
    return len(wanted) == len(tokens) and all(
        want in ("*", token) for want, token in zip(wanted, tokens, strict=True)
    )


@cached_by_text(8_192)
def subject_of_topic(topic: str) -> str:
    """Return the subject of an MQTT topic or OSC address below its prefix: `/` to `.`, what has a meaning in a subject escaped."""
    return ".".join(token(level) for level in topic.split("/"))


@lru_cache(maxsize=8_192)
def subjects_of_topics(topics: tuple[str, ...]) -> tuple[str, ...]:
    """Return the subjects of an event's topics."""
    return tuple(subject_of_topic(topic) for topic in topics)


@cached_by_text(8_192)
def topic_of_subject(subject: str) -> str:
    """Return the MQTT topic of a subject; the reverse of `subject_of_topic`."""
    return "/".join(
        "" if level == _EMPTY else unquote(level) for level in subject.split(".")
    )


def token(text: str) -> str:
    """Write any text as one token: `%`, `.`, `*`, `>`, blanks and control characters as %XX; an empty one as `%`."""
    return (
        _MEANT.sub(
            lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text
        )
        or _EMPTY
    )


_EMPTY: Final = "%"
_MEANT: Final = re.compile(r"[%.*>\s\x00-\x20\x7f]")
