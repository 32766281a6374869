"""A cluster on one machine: three nats-servers with JetStream and MQTT, two workers, and a fleet of its own."""

from collections.abc import Mapping
import os
from pathlib import Path
import sys
from typing import Final

from scripts.devenv.paths import ROOT
from scripts.simulators.qs import FAULTS, READY
from scripts.stack.context import Context
from scripts.stack.flows import Answers
from scripts.stack.hass_api import Json
from scripts.stack.ports import LOOPBACK, accepts_connections
from scripts.stack.starting import in_time, says
from scripts.stack.subentries import Subentry, hub_entry, set_up
from scripts.stack.worker_settings import mapped

SERVERS: Final = (1, 2, 3)
WORKERS: Final = 2
PARTITIONS: Final = 4
BUCKET: Final = "maestra"


def _ports(context: Context, kind: str) -> list[int]:
    return [getattr(context.ports, f"cluster_{kind}_{number}") for number in SERVERS]


def _servers(context: Context) -> list[str]:
    return [f"{LOOPBACK}:{port}" for port in _ports(context, "nats")]


class ClusterServers:
    """The nats-servers, open to everyone on this machine; what they keep is kept between runs."""

    async def start(self, context: Context) -> None:
        """Start them; returns when they take connections."""
        routes = ", ".join(
            f"nats://{LOOPBACK}:{port}" for port in _ports(context, "route")
        )
        for number in SERVERS:
            await self._start(context, number, routes)
        for port in (*_ports(context, "nats"), *_ports(context, "mqtt")):
            await accepts_connections(port)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the servers are, and their configurations."""
        return {"cluster": _servers(context)}

    async def _start(self, context: Context, number: int, routes: str) -> None:
        nats, mqtt, route = (
            _ports(context, kind)[number - 1] for kind in ("nats", "mqtt", "route")
        )
        configuration = context.data / f"cluster-n{number}.conf"
        configuration.write_text(
            "\n".join(
                (
                    f"server_name: n{number}",
                    f'listen: "{LOOPBACK}:{nats}"',
                    f'jetstream {{ store_dir: "{context.data / f"cluster-n{number}"}" }}',
                    f'mqtt {{ listen: "{LOOPBACK}:{mqtt}" }}',
                    f'cluster {{ name: maestra, listen: "{LOOPBACK}:{route}", routes: [{routes}] }}',
                    *mapped(PARTITIONS),
                    "",
                )
            ),
            "utf-8",
        )
        await context.spawn(
            f"cluster-n{number}",
            Path(os.environ["MAESTRA_NATS_SERVER"]),
            "-c",
            configuration,
            cwd=context.data,
            unprivileged=True,
        )


class ClusterWorkers:
    """The workers, which have their settings from Home Assistant."""

    async def start(self, context: Context) -> None:
        """Start them; they wait for their settings by themselves."""
        servers = ", ".join(f'"{server}"' for server in _servers(context))
        for number in range(WORKERS):
            name = f"fleet-{number}"
            file = context.data / f"{name}.toml"
            file.write_text(
                f'name = "{name}"\nbucket = "{BUCKET}"\n[nats]\nservers = [{servers}]\n[http]\nport = 0\n',
                "utf-8",
            )
            await context.spawn(
                f"worker-{number}",
                *(sys.executable, "-m", "custom_components.maestra.core.worker", file),
                cwd=ROOT,
            )

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


class ClusterInMaestra:
    """What Maestra is told of the cluster."""

    async def start(self, context: Context) -> None:
        """Set it up."""
        entry = await hub_entry(context)
        assert entry
        await set_up(context, str(entry["entry_id"]), CLUSTER)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


class ClusterNodes:
    """QS nodes that publish to whichever server is there."""

    async def start(self, context: Context) -> None:
        """Start the fleet; returns when it publishes."""
        name = "cluster-nodes"
        await context.spawn(
            name,
            *(sys.executable, "-m", "scripts.simulators.qs", "--name", "fleet"),
            *("--cluster", "--mqtt-port", *map(str, _ports(context, "mqtt"))),
            *("--interval", "2", "--without", *FAULTS),
            cwd=ROOT,
        )
        log = context.logs / f"{name}.log"
        await in_time("The nodes of the cluster", log, says(log, READY))

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


def _cluster(context: Context) -> Answers:
    ports = _ports(context, "nats")
    others: list[Json] = [f"{LOOPBACK}:{port}" for port in ports[1:]]
    form: dict[str, Json] = {
        "host": LOOPBACK,
        "port": ports[0],
        "servers": others,
        "workers_settings": {
            "bucket": BUCKET,
            "partitions": PARTITIONS,
            "workers": WORKERS,
        },
    }
    return {"user": form, "reconfigure": form}


CLUSTER: Final = Subentry(kind="stream_cluster", answers=_cluster)
