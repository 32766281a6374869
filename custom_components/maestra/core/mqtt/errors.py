"""Connection errors of MQTT brokers, by kind, and how they are told apart."""

import ssl
from typing import Final

from ..transport.errors import ConnectionFailed


class BrokerError(ConnectionFailed):
    """There is no connection. Facts: host, port, and a reason for people (never a secret)."""

    code = "broker_error"
    message = "MQTT broker {host}:{port}: {reason}"
    lasting = True


class BrokerUnreachable(BrokerError):
    """No such host, nothing listens, no answer in time, or the connection was lost."""

    code = "broker_unreachable"
    lasting = False


class BrokerRefused(BrokerError):
    """The broker turned the user name, password or client id down."""

    code = "broker_refused"


class BrokerTooOld(BrokerError):
    """The broker does not speak the MQTT that we want to speak."""

    code = "broker_too_old"


class BrokerBusy(BrokerError):
    """The broker wants fewer connections or messages of us: we come back slowly."""

    code = "broker_busy"


class BrokerMoved(BrokerError):
    """The broker wants us to use another one."""

    code = "broker_moved"


class ClientIdTaken(BrokerError):
    """Another client, as a copy of this Home Assistant, has connected with our client id."""

    code = "client_id_taken"


class SubscriptionRefused(BrokerError):
    """The broker lets us in, but not hear what we have to."""

    code = "subscription_refused"


class TlsNameMismatch(BrokerError):
    """The broker's certificate is for another host."""

    code = "tls_name_mismatch"


class TlsUntrusted(BrokerError):
    """The broker's certificate is expired, or no trusted authority signed it."""

    code = "tls_untrusted"


class TlsRejected(BrokerError):
    """The TLS handshake failed: the port is plain, or the broker wants another client certificate."""

    code = "tls_rejected"


class TlsMaterialInvalid(BrokerError):
    """Our own certificate authority, certificate or private key can't be read."""

    code = "tls_material_invalid"


ENDED_BY_BROKER: Final = "the broker ended it; is another client using our client id?"
LOST: Final = "the connection was lost"
NAME_MISMATCHES: Final = frozenset({62, 64})
"""OpenSSL's verification results for a host name and an IP address (X509_V_ERR_*)."""


def connect_failure(
    failure: Exception | None, loss: str, is_tls: bool
) -> tuple[type[BrokerError], str]:
    """Return the kind and the reason of a CONNECT that was not answered.

    `failure` is what went wrong with the socket, None where it was lost after that: then `loss` says how.
    """
    if isinstance(failure, ssl.SSLCertVerificationError):
        is_name = failure.verify_code in NAME_MISMATCHES
        return TlsNameMismatch if is_name else TlsUntrusted, failure.verify_message
    if isinstance(failure, ssl.SSLError) or (
        is_tls and isinstance(failure, ConnectionResetError)
    ):
        return TlsRejected, f"{failure}; is the port plain?"
    if isinstance(failure, TimeoutError):
        return BrokerUnreachable, "no answer in time"
    if isinstance(failure, UnicodeError):
        return BrokerUnreachable, "the host name is none"
    if failure is not None:
        return BrokerUnreachable, getattr(failure, "strerror", None) or str(failure)
    # With TLS 1.3 a client certificate is judged after our side has finished the handshake.
    if is_tls:
        return TlsRejected, f"{loss}; is the client certificate right?"
    return BrokerUnreachable, f"{loss}; does the port expect TLS?"
