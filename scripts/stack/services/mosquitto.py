"""The MQTT broker."""

from collections.abc import Mapping
import os
from pathlib import Path

from custom_components.maestra.core.pki.broker_files import QUEUES, plugin_persistence
from scripts.stack.context import Context
from scripts.stack.ports import LOOPBACK, accepts_connections


class Mosquitto:
    """Mosquitto on loopback, open to everyone there."""

    async def start(self, context: Context) -> None:
        """Start the broker; returns when it takes connections."""
        configuration = context.data / "mosquitto.conf"
        program = Path(os.environ["MAESTRA_MOSQUITTO"])
        configuration.write_text(
            configuration_text(context.ports.mqtt, context.data, program), "utf-8"
        )
        await context.spawn(
            "mosquitto",
            program,
            "-c",
            configuration,
            cwd=context.data,
            unprivileged=True,
        )
        await accepts_connections(context.ports.mqtt)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the broker is."""
        return {"mqtt_port": context.ports.mqtt}


def configuration_text(port: int, folder: Path, program: Path) -> str:
    """Return the broker's configuration; it keeps its messages in `folder`."""
    return "".join(
        f"{line}\n"
        for line in (
            f"listener {port} {LOOPBACK}",
            "allow_anonymous true",
            f"persistence_location {folder}/",
            *_persistence(program),
            *QUEUES,
            "log_dest stderr",
            "log_timestamp_format %Y-%m-%dT%H:%M:%S",
        )
    )


def persistence_plugin(program: Path) -> Path | None:
    """Return the SQLite plugin that a Mosquitto from 2.1 on has beside it."""
    return next(
        program.parents[1].glob("lib/*/mosquitto/mosquitto_persist_sqlite.so"), None
    )


def _persistence(program: Path) -> tuple[str, ...]:
    """Return what makes a broker keep what it has acknowledged, also when it is killed.

    Without the plugin all is written anew at every change, and the messages of the last moment are lost.
    """
    if plugin := persistence_plugin(program):
        return plugin_persistence(str(plugin))
    return (
        "persistence true",
        "autosave_on_changes true",
        "autosave_interval 1",
    )
