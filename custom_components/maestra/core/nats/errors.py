"""Connection errors of NATS servers, by kind, and how they are told apart."""

import ssl
from typing import Final

from nats import errors

from ..transport.errors import ConnectionFailed


class NatsError(ConnectionFailed):
    """There is no connection. Facts: host, port, and a reason for people (never a secret)."""

    code = "nats_error"
    message = "NATS server {host}:{port}: {reason}"
    lasting = True


class NatsUnreachable(NatsError):
    """No such host, nothing or something else listens, no answer in time, or the connection was lost."""

    code = "nats_unreachable"
    lasting = False


class NatsRefused(NatsError):
    """The server turned our token, user, password or key down."""

    code = "nats_refused"


class NatsTlsFailed(NatsError):
    """There is no trusted encrypted connection, or only an encrypted one would do."""

    code = "nats_tls_failed"


class NatsSeedInvalid(NatsError):
    """Our seed is not that of a user's nkey."""

    code = "nats_seed_invalid"


AUTHENTICATION_WORDS: Final = ("authorization", "authentication")
HUNG_UP: Final = "the server ended it; is the client certificate right?"
_HUNG_UP: Final = (ConnectionResetError, BrokenPipeError)
NO_SERVER: Final = "what answers there is no NATS server"


def connect_failure(error: Exception, *, is_tls: bool) -> tuple[type[NatsError], str]:
    """Return the kind and the reason of a failed attempt to connect."""
    if is_tls and isinstance(error, _HUNG_UP):
        # With TLS 1.3 a client certificate is judged after our side has finished the handshake.
        return NatsTlsFailed, HUNG_UP
    return _kind_and_reason(error)


def kind_of_words(words: str) -> type[NatsError]:
    """Return the kind of what a server says before it ends a connection."""
    is_authentication = any(word in words.lower() for word in AUTHENTICATION_WORDS)
    return NatsRefused if is_authentication else NatsUnreachable


def _kind_and_reason(error: Exception) -> tuple[type[NatsError], str]:
    match error:
        case ssl.SSLCertVerificationError():
            return NatsTlsFailed, error.verify_message
        case ssl.SSLError():
            return NatsTlsFailed, error.reason or str(error)
        case errors.SecureConnWantedError():
            return NatsTlsFailed, "the server offers no TLS"
        case errors.SecureConnRequiredError():
            return NatsTlsFailed, "the server wants TLS"
        case TimeoutError():
            return NatsUnreachable, "no answer in time"
        case OSError():
            return NatsUnreachable, error.strerror or str(error)
        case errors.Error() if "expecting INFO" not in str(error):
            words = str(error).removeprefix("nats: ").strip("'")
            return kind_of_words(words), words
    return NatsUnreachable, NO_SERVER
