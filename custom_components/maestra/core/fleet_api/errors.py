"""The errors of the core as HTTP statuses, in the reference's words (maestra.md §1)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..domain.errors import (
    AlreadyExists,
    BadReply,
    Busy,
    Conflict,
    DeviceBlocked,
    DeviceNotPending,
    EntityTypeInUse,
    InvalidField,
    InvalidHierarchy,
    InvalidMac,
    InvalidValue,
    MaestraError,
    MulticastOnly,
    NoPublisher,
    NotAllowed,
    NotConnected,
    NotFound,
    NotMulticast,
    OutgoingFull,
    PublisherSilent,
    StreamRejected,
    TooMany,
    UnknownCollectionRule,
    UnknownConfiguration,
    UnknownDevice,
    UnknownEntity,
    UnknownEntityType,
    UnknownGroup,
    UnknownSession,
    UnknownStream,
    UnknownSubscriber,
    UnknownVariable,
)
from ..store.analytics import UnknownAnnotation
from ..store.errors import StoreError, StoreNotConnected, StoreTimeout
from .request import HttpError
from .schemas import detail

DATABASE_NOT_CONNECTED: Final = "Database not connected"


def http_error(error: MaestraError) -> HttpError:
    """Return the HTTP refusal that an error of the core stands for."""
    for kind in type(error).__mro__:
        if describe := _ERRORS.get(kind):
            status, said = describe(error)
            return HttpError(status, said, code=error.code, log_text=str(error))
    return HttpError(400, str(error), code=error.code)


def _says(status: int, template: str | None = None) -> Callable[[Any], tuple[int, Any]]:
    """Answer with the error's own message, or with this one filled with its facts."""
    if template is None:
        return lambda error: (status, str(error))
    return lambda error: (status, template.format_map(error.facts))


def _taken(error: AlreadyExists) -> tuple[int, Any]:
    # The reference has 400 for a variable's name, and 409 for all else.
    facts = error.facts
    if facts.get("kind") == "Variable":
        return 400, f"Variable '{facts['key']}' already exists"
    return 409, str(error)


def _unfit(error: InvalidField | InvalidValue) -> tuple[int, Any]:
    facts = error.facts
    field = str(facts.get("field") or facts.get("variable"))
    message = f"Value error, {facts['reason']}"
    return 422, [
        detail("value_error", message, ("body", field), None, {"error": {}}, url=False)
    ]


_ERRORS: Final[Mapping[type, Callable[[Any], tuple[int, Any]]]] = {
    UnknownDevice: _says(404, "Device not found"),
    UnknownConfiguration: _says(404),
    UnknownGroup: _says(404),
    UnknownEntity: _says(404, "Entity not found"),
    UnknownEntityType: _says(404, "Entity type not found"),
    UnknownVariable: _says(404, "Variable '{variable}' not found"),
    UnknownStream: _says(404, "Stream not found or expired"),
    UnknownSession: _says(404, "Session not found or expired"),
    UnknownAnnotation: _says(404, "Annotation not found"),
    UnknownCollectionRule: _says(404, "Config not found"),
    UnknownSubscriber: _says(404, "Subscriber not found or expired"),
    AlreadyExists: _taken,
    InvalidField: _unfit,
    InvalidValue: _unfit,
    InvalidHierarchy: _says(400),
    EntityTypeInUse: _says(409),
    TooMany: _says(409),
    DeviceNotPending: _says(400, "Device is not pending (status: {status})"),
    DeviceBlocked: _says(403, "Device hardware_id is blocked"),
    MulticastOnly: _says(400),
    NotMulticast: _says(400),
    # Not 404 as in the reference: a consumer must be able to tell it from a stream that is gone.
    StreamRejected: _says(403, "{reason}"),
    PublisherSilent: _says(504),
    NoPublisher: _says(504),
    BadReply: _says(502),
    NotConnected: _says(503),
    OutgoingFull: _says(503),
    InvalidMac: _says(400, "Invalid MAC format"),
    NotAllowed: _says(403),
    NotFound: _says(404),
    Conflict: _says(409),
    Busy: _says(429),
    StoreNotConnected: _says(503, DATABASE_NOT_CONNECTED),
    StoreTimeout: _says(504),
    # Its own message has the server's address and words: they are for the log.
    StoreError: _says(503, "Database failed"),
}
