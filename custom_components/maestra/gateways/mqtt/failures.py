"""Why a broker did not let us in, or we are out again."""

import ssl
from typing import Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from .errors import (
    BrokerError,
    BrokerRefused,
    BrokerTooOld,
    BrokerUnreachable,
    TlsNameMismatch,
    TlsRejected,
    TlsUntrusted,
)

UNTOLD: Final = "the broker ended it; is another client using our client id?"
LOST: Final = "the connection was lost"
UNSUPPORTED_VERSION: Final = 0x84
REFUSALS: Final = frozenset({0x85, 0x86, 0x87, 0x8A, 0x8C})
"""CONNACK reasons about who we are: client id, password, authorisation, ban, method (MQTT 5 §3.2.2.2)."""
NAME_MISMATCHES: Final = frozenset({62, 64})
"""OpenSSL's verification results for a host name and an IP address (X509_V_ERR_*)."""


def kind_and_reason(
    error: aiomqtt.MqttError, failure: OSError | None, is_tls: bool
) -> tuple[type[BrokerError], str]:
    """Say why there was no, or a negative, answer to CONNECT."""
    if isinstance(error, aiomqtt.MqttCodeError) and isinstance(error.rc, ReasonCode):
        if error.rc.value == UNSUPPORTED_VERSION:
            return BrokerTooOld, "the broker does not speak MQTT 5"
        kind = BrokerRefused if error.rc.value in REFUSALS else BrokerUnreachable
        return kind, str(error.rc)
    if isinstance(failure, ssl.SSLCertVerificationError):
        is_name = failure.verify_code in NAME_MISMATCHES
        return TlsNameMismatch if is_name else TlsUntrusted, failure.verify_message
    if isinstance(failure, ssl.SSLError) or (
        is_tls and isinstance(failure, ConnectionResetError)
    ):
        return TlsRejected, f"{failure}; is the port plain?"
    if isinstance(failure, TimeoutError):
        return BrokerUnreachable, "no answer in time"
    if failure is not None:
        return BrokerUnreachable, failure.strerror or str(failure)
    # With TLS 1.3 a client certificate is judged after our side has finished the handshake.
    if is_tls:
        return TlsRejected, f"{error}; is the client certificate right?"
    return BrokerUnreachable, f"{error}; does the port expect TLS?"
