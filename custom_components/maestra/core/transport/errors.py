"""Errors that all wires share: listening, connecting, and messages that are too large."""

from typing import ClassVar

from ..domain.errors import MaestraError


class ListenFailed(MaestraError):
    """An address and port can't be listened on."""

    code = "listen_failed"
    message = "Can't listen on {address} port {port}: {reason}"


class ConnectionFailed(MaestraError):
    """There is no connection. Facts: host, port, and a reason for people (never a secret)."""

    code = "connection_failed"
    message = "{host}:{port}: {reason}"
    lasting: ClassVar[bool] = False
    """Whether somebody has to change something before another attempt can succeed."""

    reason: str

    def __init__(self, *, host: str, port: int, reason: str) -> None:
        """Keep where and why."""
        super().__init__(host=host, port=port, reason=reason)


class UnexpectedFailure(ConnectionFailed):
    """An error that nobody foresaw. Facts: what failed, and a reason for people; `__cause__` is the error."""

    code = "unexpected_failure"
    message = "{what}: {reason}"

    def __init__(self, what: str, error: BaseException) -> None:
        """Keep what failed, and of what."""
        reason = f"unexpected {type(error).__name__}: {error}"
        MaestraError.__init__(self, what=what, reason=reason)
        self.__cause__ = error


class MessageTooLarge(MaestraError):
    """The other side accepts only smaller messages. Sizes in bytes."""

    code = "message_too_large"
    message = (
        "{gateway} accepts messages of at most {limit} bytes (this one has {size})"
    )
