"""Child processes: started with a log of their own, watched, and stopped to the last one."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
import ctypes
from dataclasses import dataclass, field
from functools import partial
import os
from pathlib import Path
import pwd
import resource
import signal
import sys
from typing import Any

from .terminal import say

SERVICE_USER = "nobody"
"""Runs servers that should not or will not run as root, when we are root."""
STOP_PATIENCE_S = 20
POLL_INTERVAL_S = 0.05
LOG_TAIL_LINES = 25
_PR_SET_PDEATHSIG = 1
# Looked up beforehand: between fork and exec no lock may be needed that another thread can hold.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class ServiceFailed(Exception):
    """A server could not be started or ended by itself; the text says what to look at."""


def unprivileged_user() -> pwd.struct_passwd | None:
    """Return the account for servers that must not be root, or None where we are not root."""
    return pwd.getpwnam(SERVICE_USER) if os.geteuid() == 0 else None


@dataclass(kw_only=True)
class Child:
    """What is needed to start a process, and to start it again."""

    name: str
    command: Sequence[str | Path]
    log: Path
    cwd: Path
    env: Mapping[str, str]
    unprivileged: bool = False
    restart_code: int | None = None
    """The exit code with which the program asks to be started again."""
    vital: bool = False
    """Whether nothing makes sense without it, also once everything is up."""
    stop_signal: signal.Signals = signal.SIGTERM
    has_input: bool = False
    """Whether something will be told to it on its standard input."""
    pid_file: Path | None = None
    """Where the program keeps its id while it runs: one that a person has started again is stopped too."""
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> None:
        """Start the process in a group of its own, its output in the log."""
        account = unprivileged_user() if self.unprivileged else None
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=self.cwd,
                env=self.env,
                stdin=asyncio.subprocess.PIPE
                if self.has_input
                else asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal reaches only us; we stop the others in order.
                start_new_session=True,
                preexec_fn=partial(die_with_parent, self.stop_signal),
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    async def wait(self) -> int:
        """Wait for the end of the process; returns its exit code."""
        assert self.process
        while (code := await self.process.wait()) == self.restart_code:
            await self.start()
        return code

    async def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n".encode())
        await self.process.stdin.drain()

    async def kill(self) -> None:
        """End the process where it stands, and all that it has started, as a power cut would."""
        assert self.process
        # Else it starts others in place of those that are gone.
        self.process.send_signal(signal.SIGSTOP)
        pids = _family(self.process.pid)
        _signal_all(pids, signal.SIGKILL)
        await self.process.wait()
        while any(map(_is_alive, pids)):
            await asyncio.sleep(POLL_INTERVAL_S)

    def freeze(self) -> None:
        """Let the process hang, with all that it has started: connections stay, nothing is answered."""
        assert self.process
        _signal_all(_family(self.process.pid), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a process that hangs go on."""
        assert self.process
        _signal_all(_family(self.process.pid), signal.SIGCONT)

    def limit_files(self, size: int) -> None:
        """Let no file of the process grow beyond so many bytes (RLIMIT_FSIZE); -1 lets them."""
        assert self.process
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, hard))

    async def stop(self) -> None:
        """Stop the process and everything that it started."""
        if self.process is None:
            return
        if self.process.returncode is None:
            self.thaw()
        self._signal(self.stop_signal)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_PATIENCE_S):
                await self.process.wait()
        self._signal(signal.SIGKILL)
        await self.process.wait()
        if self.pid_file:
            await self._stop_successor(self.pid_file, self.process.pid)

    async def _stop_successor(self, pid_file: Path, ours: int) -> None:
        with suppress(OSError, TimeoutError):
            pid = int(pid_file.read_text("utf-8").split()[0])
            if pid == ours:
                return
            os.kill(pid, self.stop_signal)
            async with asyncio.timeout(STOP_PATIENCE_S):
                # Not a child of ours: its file is gone when it has ended.
                while pid_file.exists():
                    await asyncio.sleep(POLL_INTERVAL_S)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def tail(self) -> str:
        """Return the end of the log."""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])


class Supervisor:
    """Starts processes, notices when one ends, stops all: what is vital first, as it needs the others, then the last started."""

    def __init__(self) -> None:
        """Begin with no processes."""
        self._children: dict[str, Child] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._is_up = False

    def all_up(self) -> None:
        """From now on bear the end of what is not vital: stopping a broker is how one tries an outage."""
        self._is_up = True

    async def spawn(self, child: Child) -> None:
        """Start a process that is meant to run until everything is stopped."""
        child.log.parent.mkdir(parents=True, exist_ok=True)
        child.log.write_bytes(b"")
        self._children[child.name] = child
        await self._start(child)

    def __contains__(self, name: str) -> bool:
        """Tell whether something was started under a name."""
        return name in self._children

    def __getitem__(self, name: str) -> Child:
        """Return what runs under a name."""
        return self._children[name]

    async def kill(self, name: str) -> None:
        """End a process where it stands; nobody is told."""
        watcher = self._watchers.pop(name)
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        await self._children[name].kill()

    async def start_again(self, name: str) -> None:
        """Start a process that was killed."""
        await self._start(self._children[name])

    async def _start(self, child: Child) -> None:
        await child.start()
        self._watchers[child.name] = asyncio.create_task(self._watch(child))

    async def _watch(self, child: Child) -> None:
        code = await child.wait()
        end = f"{child.name} ended by itself (exit code {code})"
        if self._is_up and not child.vital:
            say(f"{end}; the others go on. Its log is {child.log}")
        elif not self._failure.done():
            self._failure.set_result(f"{end}. The end of {child.log}:\n{child.tail()}")

    async def failed(self) -> None:
        """Wait until a process ends by itself, then raise ServiceFailed."""
        raise ServiceFailed(await asyncio.shield(self._failure))

    async def guard[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Await something; raises ServiceFailed when a process ends by itself meanwhile."""
        task, failed = asyncio.create_task(work), asyncio.create_task(self.failed())
        try:
            await asyncio.wait({task, failed}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                failed.result()
            return task.result()
        finally:
            for it in (task, failed):
                it.cancel()
            await asyncio.gather(task, failed, return_exceptions=True)

    async def stop(self) -> None:
        """Stop everything in order."""
        for watcher in self._watchers.values():
            watcher.cancel()
        await asyncio.gather(*self._watchers.values(), return_exceptions=True)
        latest_first = reversed(self._children.values())
        for child in sorted(latest_first, key=lambda it: not it.vital):
            await child.stop()
        self._children.clear()


def _family(pid: int) -> list[int]:
    """Return a process and all below it: PostgreSQL gives each of its own a group."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            children = Path(f"/proc/{parent}/task/{parent}/children")
            found += map(int, children.read_text("ascii").split())
    return found


def _signal_all(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    # Behind the name in brackets; a zombie waits for nobody but its parent.
    return stat.rpartition(")")[2].split()[0] != "Z"


def die_with_parent(number: signal.Signals) -> None:
    """Ask the kernel to end this process, too, when its parent is killed outright."""
    if _PRCTL:
        _PRCTL(_PR_SET_PDEATHSIG, number)
