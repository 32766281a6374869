"""Why a broker can't be used, by kind."""

from ...domain.errors import MaestraError
from ..errors import ConnectionFailed


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
    """The broker does not speak MQTT 5."""

    code = "broker_too_old"


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


class MessageTooLarge(MaestraError):
    """The broker accepts only smaller messages. Sizes in bytes."""

    code = "message_too_large"
    message = (
        "{gateway} accepts messages of at most {limit} bytes (this one has {size})"
    )
