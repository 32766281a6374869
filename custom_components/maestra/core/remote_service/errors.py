"""What goes wrong with a process manager, by kind."""

from ..domain.errors import MaestraError
from ..transport.errors import ConnectionFailed


class RemoteServiceUnreachable(ConnectionFailed):
    """Nothing answers there, or what answers is no process manager."""

    code = "remote_service_unreachable"
    message = "Process manager at {host}:{port}: {reason}"


class ProcessRefused(MaestraError):
    """A process manager does not do what it is asked for. Facts: the action, the process, and its own words."""

    code = "process_refused"
    message = "{process} can't be asked to {action}: {reason}"
    is_failure = True
