"""The bridge to MQTT topics from the subjects inside: no I/O (maestra.md §5.4)."""

import re
from typing import Any, Final, NamedTuple

import orjson

from ..bus import cached_by_text
from ..domain.errors import InvalidField
from ..domain.events import Relayed
from ..transport.commands import content
from ..transport.mqtt_subjects import TO_MQTT
from ..transport.subjects import topic_of_subject

FILTER: Final = "maestra/#"
PREFIX: Final = "maestra/"
"""Clients of other protocols reach the topics below this, and no others of the broker."""

# What only we say, of which every gateway is told by its own announcement. It comes back where the
# transport can't leave out our own messages.
_OUR_WORDS: Final = re.compile(
    r"maestra/(errors/.*"
    r"|entity/(created|updated|deleted)(/.*)?"
    r"|entity/state(/(?!update(/|$)|set(/|$)).*)?"
    r"|device/(discovered|approved|rejected|blocked|provisioned|(described|followed|command|configuration)/.*)"
    r"|stream/(advertise|ended|session|subscriber)/.*)"
)


class Publish(NamedTuple):
    """One message to send."""

    topic: str
    payload: bytes


@cached_by_text(4_096)
def is_ours(topic: str) -> bool:
    """Whether only we publish on this topic."""
    return _OUR_WORDS.fullmatch(topic) is not None


def to_mqtt(relayed: Relayed) -> Publish | None:
    """Return the message that somebody inside has for MQTT clients, None where it is not for them.

    Raises InvalidField for a topic outside `maestra/`.
    """
    if not relayed.subject.startswith(TO_MQTT):
        return None
    topic = checked_topic(topic_of_subject(relayed.subject.removeprefix(TO_MQTT)))
    return Publish(topic, _payload(relayed))


def checked_topic(topic: str) -> str:
    """Return a topic that others may say something on, unchanged; raises InvalidField for one outside `maestra/`."""
    if (
        topic == PREFIX
        or not topic.startswith(PREFIX)
        or any(sign in topic for sign in "+#\0")
    ):
        raise InvalidField(
            field="topic", reason=f"must begin with {PREFIX} and have no wildcards"
        )
    return topic


def _payload(relayed: Relayed) -> bytes:
    if relayed.raw is not None:
        return relayed.raw
    said: Any = content(relayed.data)
    if isinstance(said, dict) and "payload" in said:
        said = said["payload"]
    return said.encode() if isinstance(said, str) else orjson.dumps(said)
