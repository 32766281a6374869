"""What goes wrong with OBS, by kind."""

from ..domain.errors import Busy, MaestraError
from ..transport.errors import ConnectionFailed


class ObsError(ConnectionFailed):
    """There is no connection. Facts: host, port, and a reason for people (never a secret)."""

    code = "obs_error"
    message = "OBS at {host}:{port}: {reason}"


class ObsUnreachable(ObsError):
    """No such host, nothing or something else listens, no answer in time, or OBS was closed."""

    code = "obs_unreachable"


class ObsRefused(ObsError):
    """OBS wants another password."""

    code = "obs_refused"
    lasting = True


class ObsIncompatible(ObsError):
    """OBS speaks another version of the protocol."""

    code = "obs_incompatible"
    lasting = True


class ObsKicked(ObsError):
    """Somebody has ended our session in OBS: we stay out until we are asked to come back."""

    code = "obs_kicked"
    lasting = True


class ObsNotConnected(MaestraError):
    """OBS is not there."""

    code = "obs_not_connected"
    message = "{name} is not connected"
    is_failure = True


class ObsRequestFailed(MaestraError):
    """OBS does not do what it is asked for. Facts: the request, the status code of obs-websocket, and OBS's own words."""

    code = "obs_request_failed"
    message = "OBS does not do {request}: {reason} ({status})"
    is_failure = True


class ObsBusy(ObsRequestFailed, Busy):
    """OBS is busy, as while it changes its scene collection: the same request may be good a little later."""

    code = "obs_busy"
    message = "OBS is busy, and does not do {request} now"


class ObsNoPicture(MaestraError):
    """What OBS gave is no picture."""

    code = "obs_no_picture"
    message = "What OBS gave is no picture"
    is_failure = True


class ObsSilent(MaestraError):
    """OBS did not answer in time."""

    code = "obs_silent"
    message = "OBS did not answer {request} in time"
    is_failure = True
