"""One connection of a session, as long as it lasts."""

from typing import override

from .session import Session
from .transport import Link


class Connection(Link):
    """One connection: packet ids mean nothing on the next."""

    def __init__(self, session: Session) -> None:
        self._session: Session | None = session

    @override
    def acknowledge(self, packet_id: int) -> None:
        if self._session is not None:
            self._session.acknowledge(packet_id)

    def end(self) -> None:
        self._session = None
