"""Events on the bus about F2 controllers: states, cards, readings, and who was let in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import uuid4

from ..domain import Domain
from ..domain.clock import utcnow
from ..domain.errors import InvalidField

HASH_BYTES: Final = 16
MAX_TEXT: Final = 255


def credential_hash(salt: bytes, credential: bytes) -> str:
    """Return what a credential is called where others can read it: 32 digits, the same for the same one.

    Cards have few bits: without the salt their hashes would be looked up in a table.
    """
    return blake2b(credential, digest_size=HASH_BYTES, key=salt[:64]).hexdigest()


def record_decision(
    domain: Domain,
    *,
    gateway: str,
    controller: str,
    path: str,
    granted: bool,
    reason: str,
    credential_hash: str | None = None,
    person: str | None = None,
) -> AccessDecision:
    """Publish, and so store, who was let in or not, and why; raises InvalidField for texts that are too long."""
    for name, text in (("reason", reason), ("person", person), ("path", path)):
        if text is not None and len(text) > MAX_TEXT:
            raise InvalidField(field=name, reason=f"longer than {MAX_TEXT} characters")
    decision = AccessDecision(
        id=str(uuid4()),
        gateway=gateway,
        controller=controller,
        path=path,
        credential_hash=credential_hash,
        person=person,
        granted=granted,
        reason=reason,
        timestamp=utcnow(),
    )
    domain.bus.publish(decision)
    return decision


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Event:
    """What all events of F2 controllers have: the link (`gateway`), the MAC as twelve digits, and the times.

    `path` is the component: `J1/strike-2`. `measured_at` is when the controller says that it happened, None where
    it does not or can't be read; `received_at` is when it came in. Both are in UTC.
    """

    gateway: str
    controller: str
    path: str
    measured_at: datetime | None
    received_at: datetime

    @property
    def delay(self) -> float | None:
        """Seconds between the two times: the error of the controller's clock, and the way here."""
        if self.measured_at is None:
            return None
        return (self.received_at - self.measured_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class F2StateChanged(F2Event):
    """A strike, door sensor, exit button, siren or motion sensor has another state. `previous` is None for the first."""

    previous: bool | None
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class F2ExitButton(F2Event):
    """An exit button was pressed or let go, in this moment: never what the broker has kept."""

    is_pressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class F2CardRead(F2Event):
    """A reader has read a card or a code, in this moment: never what the broker has kept.

    `credential` and `text` (its bytes as text, or as hexadecimal digits where they are none) are secrets;
    `credential_hash` is what may be logged, stored and shown.
    """

    credential: bytes = field(repr=False)
    text: str = field(repr=False)
    credential_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Reading(F2Event):
    """A sensor has sent a frame. `time` is that of its stored rows, the controller's where it can be believed.

    `values` has a number, or None where the frame is too short, for each datapoint of the sensor's template;
    `rows` the same by the integers of what is stored: (sensor, datapoint, value). Both are empty without a template.
    `raw` is empty where the sensor has sent a number instead of a frame. `crc_valid` is only for people:
    many sensors' checksums are wrong.
    """

    template: str | None
    values: Mapping[str, float | None]
    rows: tuple[tuple[int, int, float | None], ...] = field(repr=False)
    raw: bytes
    crc_valid: bool | None
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class F2ControllerDiscovered:
    """A controller that nobody has set up was heard for the first time."""

    gateway: str
    controller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class F2ControllerChanged:
    """A controller has other components, another name, or was set up or forgotten."""

    gateway: str
    controller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecision:
    """Somebody was let in, or not, and why. Published on the bus, it is stored.

    `path` is the reader, or the exit button; `person` who it was, where that is known.
    """

    id: str
    gateway: str
    controller: str
    path: str
    credential_hash: str | None
    person: str | None
    granted: bool
    reason: str
    timestamp: datetime
