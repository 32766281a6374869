"""Trying a broker's settings out."""

from dataclasses import replace

from .session import Session
from .settings import BrokerSettings
from .tls import open_context
from .transport import Counters


async def prove(settings: BrokerSettings) -> None:
    """Connect once and disconnect. Raises BrokerError by kind.

    Under another client id, since the broker throws a running connection of the same id out.
    """
    trial = replace(settings, client_id=f"{settings.client_id}-trial")
    session = Session(
        trial, await open_context(trial), lambda _: None, Counters(), keep=False
    )
    await session.open()
    await session.close()
