"""The MQTT broker."""

from collections.abc import Mapping
import os
from pathlib import Path

from custom_components.maestra.core.pki.broker_files import QUEUES
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
            *_persistence(folder, program),
            *QUEUES,
            "log_dest stderr",
            "log_timestamp_format %Y-%m-%dT%H:%M:%S",
        )
    )


def _persistence(folder: Path, program: Path) -> tuple[str, ...]:
    """Return what makes a broker keep what it has acknowledged, also when it is killed.

    From 2.1 on it has a plugin that writes each message before it is acknowledged. Without that all is
    written anew at every change, and the messages of the last moment are lost.
    """
    for plugin in program.parents[1].glob(
        "lib/*/mosquitto/mosquitto_persist_sqlite.so"
    ):
        return (
            f"plugin {plugin}",
            f"plugin_opt_db_file {folder / 'mosquitto.sqlite3'}",
            "plugin_opt_sync full",
            "plugin_opt_flush_period 0",
        )
    return (
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_on_changes true",
        "autosave_interval 1",
    )
