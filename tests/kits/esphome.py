"""Real ESPHome nodes: processes of this computer, which speak to a real broker."""

from pathlib import Path
from typing import override

import pytest

from scripts.nodes import compiler

from .broker import Broker
from .process import Program, free_port

needs_compiler = pytest.mark.skipif(
    compiler() is None,
    reason="no C++ compiler (g++ or clang++): nodes can't be built here",
)

INSTALLING = pytest.mark.timeout(600)
"""ESPHome may have to be installed, and nodes to be compiled."""


class Node(Program):
    """One node. Its preferences are in `folder`, so it is the same one after a restart.

    `environment` is what the node is told at its start.
    """

    def __init__(
        self, program: Path, broker: Broker, folder: Path, **environment: str
    ) -> None:
        super().__init__()
        self.api_port = free_port()
        self.environment = environment
        self._program = program
        self._environment = {
            "MQTT_BROKER": f"{broker.host}:{broker.port}",
            "ESPHOME_PREFDIR": str(folder),
            "API_PORT": str(self.api_port),
        }

    async def __aexit__(self, *_: object) -> None:
        """Pull its plug."""
        await self.kill()

    @override
    async def start(self) -> None:
        """Switch it on."""
        await self._run(self._program, env=self._environment | self.environment)
