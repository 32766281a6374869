"""Running other programs: quiet when they succeed, explicit when they fail."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import subprocess
import sys
import time

Command = Sequence[str | Path]


class SetupError(Exception):
    """Something the set-up needs is missing or failed; the text is for the person at the terminal."""


def say(text: str) -> None:
    """Tell the person at the terminal what is going on (stderr: stdout is for results)."""
    print(f"devenv: {text}", file=sys.stderr, flush=True)


def run(
    command: Command,
    *,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a program to its end and return its standard output; SetupError when it fails."""
    words = [str(word) for word in command]
    try:
        result = subprocess.run(
            words,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as err:
        raise SetupError(f"{words[0]} is not installed") from err
    except subprocess.TimeoutExpired as err:
        raise SetupError(f"{' '.join(words)} took longer than {timeout} s") from err
    if result.returncode:
        output = (result.stderr + result.stdout).strip()[-3000:]
        raise SetupError(f"{' '.join(words)} failed ({result.returncode}):\n{output}")
    return result.stdout


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what starts and how long it took; a failure is told by who catches it."""
    say(f"{text} …")
    start = time.monotonic()
    yield
    say(f"{text}: {time.monotonic() - start:.1f} s")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one set-up at a time touch a folder: commands may be started side by side."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up to finish")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
