"""Why there is no feed, by kind."""

from ...gateways.errors import ConnectionFailed


class FeedError(ConnectionFailed):
    """There is no session. Facts: host, port, and a reason for people."""

    code = "feed_error"
    message = "telemetry feed {host}:{port}: {reason}"


class FeedUnreachable(FeedError):
    """No such host, nothing or something else listens, no answer in time, or the connection was lost."""

    code = "feed_unreachable"


class FeedRefused(FeedError):
    """The server turned us down, or has ended the session."""

    code = "feed_refused"
