"""The NATS server."""

from collections.abc import Mapping
import os
from pathlib import Path

from scripts.stack.context import Context
from scripts.stack.ports import LOOPBACK, accepts_connections


class Nats:
    """nats-server on loopback, open to everyone there."""

    async def start(self, context: Context) -> None:
        """Start the server; returns when it takes connections."""
        port = context.ports.nats
        await context.spawn(
            "nats-server",
            Path(os.environ["MAESTRA_NATS_SERVER"]),
            "--addr",
            LOOPBACK,
            "--port",
            str(port),
            cwd=context.data,
            unprivileged=True,
        )
        await accepts_connections(port)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the server is."""
        return {"nats_url": f"nats://{LOOPBACK}:{context.ports.nats}"}
