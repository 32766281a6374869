"""A process manager that is looked at again and again, and asked to start, stop and restart processes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NoReturn

import aiohttp

from ..bus import Counters, Latency, Unsubscribe, call_each, enlist
from ..domain.json_values import JsonValue
from ..transport.breaker import Breaker
from ..transport.http_client import NoAnswer, ask_for_json
from ..transport.reconnect import Backoff, ConnectionListener, Reconnector
from .errors import ProcessRefused, RemoteServiceUnreachable
from .processes import Process, read_processes, reason_of

LOOK_INTERVAL: Final = 10.0  # seconds
REQUEST_TIMEOUT: Final = 15.0
"""Seconds: a process has five to end."""
BACKOFF: Final = Backoff(first=timedelta(seconds=5), most=timedelta(minutes=2))
GOOD: Final = range(200, 300)


class ProcessAction(StrEnum):
    """What a process can be asked to do."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteServiceSettings:
    """Where the process manager is."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address of its API."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/api"


class RemoteServiceConnection:
    """One process manager and its processes."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        settings: RemoteServiceSettings,
        *,
        backoff: Backoff = BACKOFF,
        interval: float = LOOK_INTERVAL,
    ) -> None:
        """Look at nothing yet."""
        self.counters = Counters()
        """Counts of looks, requests, and failed (requests)."""
        self.latency = Latency()
        self.processes: Mapping[str, Process] = {}
        self.breaker = Breaker(f"The process manager at {settings.host}")
        """For what is asked; that nobody is there is told by the looks."""
        self._http = http
        self._settings = settings
        self._interval = interval
        self._reconnector = Reconnector(
            f"the process manager at {settings.host}", backoff
        )
        self._look_again = asyncio.Event()
        self._on_change: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Whether it answers."""
        return self._reconnector.connected

    def on_connection(self, listener: ConnectionListener) -> Unsubscribe:
        """Tell `listener` whenever the connection, or the reason why there is none, changes."""
        return self._reconnector.on_connection(listener)

    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        """Tell `listener` whenever a process does something else."""
        return enlist(self._on_change, listener)

    async def run(self) -> None:
        """Look, again and again, until cancelled."""
        await self._reconnector.run(self._serve)

    async def look(self) -> Mapping[str, Process]:
        """Return the processes; raises RemoteServiceUnreachable."""
        status, answer = await self._request("GET", "processes")
        found = read_processes(answer) if status in GOOD else None
        if found is None:
            raise self._error("what answers there is no process manager")
        return found

    async def ask(self, process: Process, action: ProcessAction) -> None:
        """Ask a process to do something; raises ProcessRefused, CircuitOpen, RemoteServiceUnreachable."""
        self.breaker.check()
        self.counters.add("requests")
        try:
            status, answer = await self._request(
                "POST", f"processes/{process.id}/{action}"
            )
        except RemoteServiceUnreachable:
            self._has_failed()
            raise
        reason = reason_of(answer)
        if reason is None and status not in GOOD:
            reason = f"status {status}"
        if reason is not None:
            self._has_failed()
            raise ProcessRefused(process=process.name, action=action, reason=reason)
        self.breaker.succeeded()
        self._look_again.set()

    def _has_failed(self) -> None:
        self.counters.add("failed")
        self.breaker.failed()

    async def _serve(self) -> NoReturn:
        while True:
            self._look_again.clear()
            found = await self.look()
            self.counters.add("looks")
            is_other, self.processes = found != self.processes, found
            self._reconnector.came_up()
            if is_other:
                call_each(self._on_change)
            try:
                async with asyncio.timeout(self._interval):
                    await self._look_again.wait()
            except TimeoutError:
                pass

    async def _request(self, method: str, path: str) -> tuple[int, JsonValue]:
        try:
            return await ask_for_json(
                self._http,
                method,
                f"{self._settings.url}/{path}",
                timeout=REQUEST_TIMEOUT,
            )
        except NoAnswer as error:
            raise self._error(
                "what answers there is no process manager"
                if error.is_foreign
                else error.reason
            ) from None

    def _error(self, reason: str) -> RemoteServiceUnreachable:
        settings = self._settings
        return RemoteServiceUnreachable(
            host=settings.host, port=settings.port, reason=reason
        )
