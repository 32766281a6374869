"""Why an OSC target is not there, by kind."""

from ..errors import ConnectionFailed


class OscTargetError(ConnectionFailed):
    """Facts: host, port, and a reason for people."""

    code = "osc_target_error"
    message = "OSC target {host}:{port}: {reason}"


class OscTargetUnreachable(OscTargetError):
    """No such host, no connection, or it was lost."""

    code = "osc_target_unreachable"


class OscTargetSilent(OscTargetError):
    """Nothing was heard of it for too long."""

    code = "osc_target_silent"
