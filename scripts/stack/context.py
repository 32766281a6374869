"""What the servers of one development server share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import secrets
import signal
from typing import Self

from .hass_api import HassApi, Json
from .ports import LOOPBACK, Ports
from .supervisor import Child, Supervisor

MEMORY_FILE = ".maestra-develop.json"


@dataclass(kw_only=True)
class Memory:
    """What is remembered between runs, in the config folder, for its owner's eyes only."""

    username: str = "maestra"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    token: str | None = None
    database_password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    subentries: dict[str, Json] = field(default_factory=dict)
    """What each subentry was last told, by its name in our tables."""
    subentry_ids: dict[str, str] = field(default_factory=dict)
    options: Json = None
    """What the hub's options were last told."""

    @classmethod
    def load(cls, config: Path) -> Self:
        """Read what the last run left, or begin anew."""
        file = config / MEMORY_FILE
        return cls(**json.loads(file.read_text("utf-8"))) if file.exists() else cls()

    def save(self, config: Path) -> None:
        """Write it down, readable by its owner only."""
        file = config / MEMORY_FILE
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            json.dump(vars(self), handle, indent=2)


@dataclass(kw_only=True)
class Context:
    """The folders, ports, processes and login of one development server."""

    config: Path
    """Home Assistant's config folder."""
    data: Path
    """Files of servers that run as an unprivileged user when we are root."""
    ports: Ports
    memory: Memory
    api: HassApi
    supervisor: Supervisor
    lightstreamer: str | None = None
    """Another feed of the ISS than our own simulator."""
    has_demo: bool = True
    """Whether there is a demo show, with a simulated Twitch."""
    has_studio: bool = False
    """Whether the OBS of the demo is a real OBS Studio, not a double."""
    has_speech: bool = False
    """Whether there is speech recognition."""
    faults: bool = False
    """Whether some devices misbehave, to see what Maestra makes of it."""

    @property
    def logs(self) -> Path:
        """The folder with a log for every process."""
        return self.config / "log"

    @property
    def broker_files(self) -> Path:
        """What the broker with TLS was given by Maestra."""
        return self.data / "mosquitto-tls"

    @property
    def url(self) -> str:
        """Where Home Assistant is."""
        return home_assistant_url(self.ports)

    def save_memory(self) -> None:
        """Keep what was learned for the next run."""
        self.memory.save(self.config)

    async def spawn(
        self,
        name: str,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        unprivileged: bool = False,
        restart_code: int | None = None,
        vital: bool = False,
        stop_signal: signal.Signals = signal.SIGTERM,
        has_input: bool = False,
        pid_file: Path | None = None,
    ) -> None:
        """Start a process that runs until everything is stopped."""
        await self.supervisor.spawn(
            Child(
                name=name,
                command=command,
                log=self.logs / f"{name}.log",
                cwd=cwd or self.config,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                unprivileged=unprivileged,
                restart_code=restart_code,
                vital=vital,
                stop_signal=stop_signal,
                has_input=has_input,
                pid_file=pid_file,
            )
        )


def home_assistant_url(ports: Ports) -> str:
    """Return the address of Home Assistant's web server."""
    return f"http://{LOOPBACK}:{ports.home_assistant}"
