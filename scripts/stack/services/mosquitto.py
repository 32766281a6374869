"""The MQTT broker."""

from collections.abc import Mapping
import os
from pathlib import Path

from scripts.stack.context import Context
from scripts.stack.ports import LOOPBACK, accepts_connections


class Mosquitto:
    """Mosquitto on loopback, open to everyone there."""

    async def start(self, context: Context) -> None:
        """Start the broker; returns when it takes connections."""
        configuration = context.data / "mosquitto.conf"
        configuration.write_text(_configuration(context.ports.mqtt), "utf-8")
        await context.spawn(
            "mosquitto",
            Path(os.environ["MAESTRA_MOSQUITTO"]),
            "-c",
            configuration,
            cwd=context.data,
            unprivileged=True,
        )
        await accepts_connections(context.ports.mqtt)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the broker is."""
        return {"mqtt_port": context.ports.mqtt}


def _configuration(port: int) -> str:
    """Return the broker's configuration.

    Without `set_tcp_nodelay` Nagle's algorithm adds about 25 ms to small messages; with
    the usual 20 messages in flight a fast client waits for acknowledgements.
    """
    return f"""\
listener {port} {LOOPBACK}
allow_anonymous true
persistence false
set_tcp_nodelay true
max_inflight_messages 1000
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""
