"""One connection of a session, as long as it lasts."""

from typing import override

from .session import Session
from .transport import Link


class Connection(Link):
    """Acknowledges on the connection it was made for: packet ids mean nothing on the next."""

    def __init__(self, session: Session) -> None:
        """Begin with the session's new connection."""
        self._session: Session | None = session

    @override
    def acknowledge(self, packet_id: int) -> None:
        # A message of QoS 0 has no packet id.
        if packet_id and self._session is not None:
            self._session.acknowledge(packet_id)

    def end(self) -> None:
        """Acknowledge nothing any more."""
        self._session = None
