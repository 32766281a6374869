"""What goes wrong with Twitch, by kind."""

from ..domain.errors import MaestraError
from ..transport.errors import ConnectionFailed


class TwitchError(ConnectionFailed):
    """There is no connection. Facts: host, port, and a reason for people (never a secret)."""

    code = "twitch_error"
    message = "Twitch at {host}: {reason}"


class TwitchUnreachable(TwitchError):
    """Nothing answers, something else answers, or the connection was lost."""

    code = "twitch_unreachable"


class TwitchRefused(TwitchError):
    """The account has to be linked again: the link has ended, or allows too little."""

    code = "twitch_refused"
    lasting = True


class TwitchDenied(MaestraError):
    """Twitch does not do what it is asked for. Facts: its own words."""

    code = "twitch_denied"
    message = "Twitch refuses: {reason}"
    is_failure = True
