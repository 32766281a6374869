"""Credentials that may be told, and decisions about them that are recorded."""

from hashlib import blake2b
from typing import Final
from uuid import uuid4

from ...domain import Domain
from ...domain.clock import utcnow
from ...domain.errors import InvalidField
from ...domain.telemetry import AccessDecision

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
    """Tell, and so store, who was let in or not, and why; raises InvalidField for texts that are too long."""
    for field, text in (("reason", reason), ("person", person), ("path", path)):
        if text is not None and len(text) > MAX_TEXT:
            raise InvalidField(field=field, reason=f"longer than {MAX_TEXT} characters")
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
