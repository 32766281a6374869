"""The table of everything that a development server starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from scripts.stack.context import Context

from .cluster import ClusterInMaestra, ClusterNodes, ClusterServers, ClusterWorkers
from .demo import Demo, DemoPrograms
from .esphome_nodes import EsphomeAlarm, EsphomeNodes
from .f2 import F2Controllers, KeptF2Controllers
from .home_assistant import HomeAssistant
from .integration import Integration
from .lightstreamer import Lightstreamer
from .mosquitto import Mosquitto
from .mosquitto_tls import KeptMosquittoTls, MosquittoTls
from .nats import Nats
from .obs import Obs, ObsInstance
from .postgresql import Postgresql
from .qs_nodes import QsNodes
from .speech import Speech, Transcription
from .twitch import LiveStream, Twitch


class Service(Protocol):
    """One part of a development server."""

    async def start(self, context: Context) -> None:
        """Bring the part up; returns when it can be used."""

    def facts(self, context: Context) -> Mapping[str, object]:
        """What a client must know to use it: its keys of the READY line."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A service, and what it needs: all others start side by side with it."""

    name: str
    """As the person at the terminal reads it."""
    service: Service
    after: tuple[str, ...] = ()
    """The names of the parts that must be up before it starts."""


PARTS: Final[tuple[Part, ...]] = (
    Part(name="Mosquitto", service=Mosquitto()),
    Part(name="NATS", service=Nats()),
    Part(name="PostgreSQL", service=Postgresql()),
    Part(name="Mosquitto of the last run, with TLS", service=KeptMosquittoTls()),
    # By the time it looks for the servers, they are up.
    Part(name="Home Assistant", service=HomeAssistant()),
    Part(name="ISS feed", service=Lightstreamer()),
    Part(name="QS nodes", service=QsNodes(), after=("Mosquitto",)),
    Part(
        name="Maestra",
        service=Integration(),
        after=("Mosquitto", "NATS", "PostgreSQL", "ISS feed", "Home Assistant"),
    ),
    Part(
        name="Mosquitto with TLS",
        service=MosquittoTls(),
        after=("Mosquitto of the last run, with TLS", "Maestra"),
    ),
    Part(name="programs of the demo show", service=DemoPrograms()),
    Part(name="Twitch", service=Twitch()),
    Part(name="live stream", service=LiveStream(), after=("Twitch", "Maestra")),
    Part(name="OBS", service=Obs()),
    Part(
        name="OBS in Maestra",
        service=ObsInstance(),
        after=("OBS", "live stream"),
    ),
    Part(name="speech recognition", service=Speech()),
    Part(
        name="transcription",
        service=Transcription(),
        after=("speech recognition", "OBS in Maestra"),
    ),
    Part(
        name="demo show",
        service=Demo(),
        after=("programs of the demo show", "Maestra"),
    ),
    Part(
        name="F2 controllers of the last run",
        service=KeptF2Controllers(),
        after=("Mosquitto of the last run, with TLS",),
    ),
    Part(
        name="F2 controllers",
        service=F2Controllers(),
        after=("F2 controllers of the last run", "Mosquitto with TLS"),
    ),
    Part(
        name="ESPHome nodes",
        service=EsphomeNodes(),
        after=("Mosquitto", "Maestra"),
    ),
    Part(name="cluster", service=ClusterServers()),
    Part(name="nodes of the cluster", service=ClusterNodes(), after=("cluster",)),
    Part(name="workers", service=ClusterWorkers(), after=("cluster",)),
    Part(
        name="cluster in Maestra",
        service=ClusterInMaestra(),
        after=("cluster", "Maestra"),
    ),
    # Both close the window in which certificates are asked for.
    Part(name="ESPHome alarm", service=EsphomeAlarm(), after=("F2 controllers",)),
)
