"""The table of everything that a development server starts, in this order."""

from collections.abc import Mapping
from typing import Final, Protocol

from scripts.stack.context import Context

from .demo import Demo
from .f2 import F2Controllers
from .home_assistant import HomeAssistant
from .integration import Integration
from .lightstreamer import Lightstreamer
from .mosquitto import Mosquitto
from .mosquitto_tls import KeptMosquittoTls, MosquittoTls
from .nats import Nats
from .postgresql import Postgresql
from .qs_nodes import QsNodes


class Service(Protocol):
    """One part of a development server."""

    async def start(self, context: Context) -> None:
        """Bring the part up; returns when it can be used."""

    def facts(self, context: Context) -> Mapping[str, object]:
        """What a client must know to use it: its keys of the READY line."""


SERVICES: Final[tuple[Service, ...]] = (
    Mosquitto(),
    Nats(),
    Lightstreamer(),
    Postgresql(),
    KeptMosquittoTls(),
    HomeAssistant(),
    Integration(),
    MosquittoTls(),
    Demo(),
    QsNodes(),
    F2Controllers(),
)
