"""The processes of a measurement: a broker, readers with a control socket, and the load."""

from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import json
import os
from pathlib import Path
import pwd
import socket
import subprocess
import sys
import time
from typing import IO, Any, Final, Self, override

from custom_components.maestra.core.pki.broker_files import DELIVERY
from scripts.devenv.environment import STUBS
from scripts.devenv.paths import ROOT
from scripts.stack.services.home_assistant import prepare_config

from .basics import LOOPBACK, PATIENCE, Failed, free_port
from .seed import install
from .traffic import CORE_PREFIX, PREFIX, slug, topic

PROBE: Final = "maestra_bench"
FOLDER: Final = "MAESTRA_BENCH_FOLDER"
"""The variable that tells the load where to write down what it does."""
SOCKET: Final = "MAESTRA_BENCH_SOCKET"
"""The variable that tells the probe where to listen."""
LOG_TAIL: Final = 40  # lines


class Control:
    """The control socket of a process under test."""

    def __init__(self, path: Path, log: Path) -> None:
        """Connect with the first question; `log` is where the process says what is wrong."""
        self._path = path
        self._log = log
        self._stream: IO[str] | None = None

    def do(self, name: str, **arguments: Any) -> Any:
        """Let the process do something and return its answer."""
        if self._stream is None:
            self._stream = self._connect()
        self._stream.write(json.dumps({"do": name, **arguments}) + "\n")
        self._stream.flush()
        answer = json.loads(self._stream.readline() or '{"error": "gone"}')
        if isinstance(answer, dict) and "error" in answer:
            raise Failed(f"{name}: {answer['error']}; see {self._log}:\n{self._tail()}")
        return answer

    def another(self) -> Control:
        """Return a second way to ask, while an answer is waited for."""
        return Control(self._path, self._log)

    def close(self) -> None:
        """Let go of the socket."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    @property
    def is_running(self) -> bool:
        """Whether the process can still come to listen."""
        return True

    def _connect(self) -> IO[str]:
        end = time.monotonic() + PATIENCE
        connection = socket.socket(socket.AF_UNIX)
        while True:
            try:
                connection.connect(str(self._path))
            except OSError:
                if not self.is_running or time.monotonic() > end:
                    raise Failed(
                        f"it did not start; see {self._log}:\n{self._tail()}"
                    ) from None
                time.sleep(0.05)
            else:
                return connection.makefile("rw", encoding="utf-8")

    def _tail(self) -> str:
        return "\n".join(
            self._log.read_text("utf-8", "replace").splitlines()[-LOG_TAIL:]
        )


class Reader(Control):
    """A process under test that answers on its control socket."""

    def __init__(
        self, prefix: str, folder: Path, words: list[str], env: Mapping[str, str]
    ) -> None:
        """Start it. `prefix` is where its topics begin."""
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / "socket", folder / "log")
        self.prefix = prefix
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                words,
                cwd=folder,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """The process's id, for a profiler."""
        return self._process.pid

    @property
    @override
    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process in order."""
        self.close()
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run Mosquitto with queues such as it needs; yields its port."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    configuration = folder / "mosquitto.conf"
    configuration.write_text(
        f"user {pwd.getpwuid(os.geteuid()).pw_name}\n"
        f"listener {port} {LOOPBACK}\nallow_anonymous true\n"
        f"{'\n'.join(DELIVERY)}\npersistence_location {folder}/\n"
        "log_dest stderr\nlog_type error\n",
        "utf-8",
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [os.environ["MAESTRA_MOSQUITTO"], "-c", str(configuration)], stderr=log
        )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def bare(
    folder: Path, port: int, module: str, *more: str, prefix: str = ""
) -> Iterator[Reader]:
    """Run a yardstick: a module of ours that is told a port, where its control socket is, and what it wants to know beside."""
    words = [sys.executable, "-m", f"scripts.benchmarks.{module}"]
    words += [str(port), str(folder / "socket"), *more]
    reader = Reader(prefix, folder, words, {"PYTHONPATH": str(ROOT)})
    try:
        reader.do("counts")
        yield reader
    finally:
        reader.stop()


@contextmanager
def home_assistant(
    folder: Path, *, entities: int, core_port: int | None = None
) -> Iterator[Reader]:
    """Run Home Assistant with `entities` in Maestra's storage, or as many MQTT sensors of its own.

    Nothing is set up yet but the probe and what Home Assistant always loads. The recorder
    is left out: what it does with a state is the same whoever writes it.
    """
    config = folder / "config"
    (config / "custom_components").mkdir(parents=True)
    (config / "custom_components" / PROBE).symlink_to(Path(__file__).parent / "probe")
    yaml = f"logger:\n  default: warning\n{PROBE}:\n"
    prefix = PREFIX
    if core_port is None:
        install(config / ".storage", entities)
    else:
        prefix = CORE_PREFIX
        yaml += "mqtt:\n  sensor:\n" + "".join(
            f'    - name: "{slug(number)} value"\n      unique_id: "{slug(number)}"\n'
            f'      state_topic: "{topic(prefix, number)}"\n      state_class: measurement\n'
            for number in range(entities)
        )
    (config / "configuration.yaml").write_text(yaml, "utf-8")
    prepare_config(config, free_port())
    words = [
        str(Path(sys.executable).with_name("hass")),
        "--skip-pip",
        "--log-no-color",
        "--config",
        str(config),
    ]
    environment = {
        "PYTHONPATH": str(STUBS / "python"),
        SOCKET: str(folder / "socket"),
    }
    reader = Reader(prefix, folder, words, environment)
    try:
        reader.do("counts")
        yield reader
    finally:
        reader.stop()


def set_up_maestra(
    reader: Reader, port: int, shown: int, options: Mapping[str, Any] | None = None
) -> dict[str, float]:
    """Add Maestra with a direct connection; returns how long it took until all states were there."""
    subentry = {
        "data": {
            "transport": "direct",
            "host": LOOPBACK,
            "port": port,
            "tls": False,
            "mqtt_client_id": f"maestra-{os.urandom(4).hex()}",
        },
        "subentry_type": "mqtt_broker",
        "title": "Mosquitto",
        "unique_id": None,
    }
    times: dict[str, float] = reader.do(
        "add",
        domain="maestra",
        version=1,
        data={},
        subentries=[subentry],
        shown=shown,
        options=options,
    )
    reader.do("connected")
    return times


def set_up_core_mqtt(reader: Reader, port: int, shown: int) -> None:
    """Add Home Assistant's own MQTT integration, whose sensors stand in the YAML."""
    reader.do(
        "add",
        domain="mqtt",
        version=2,
        data={"broker": LOOPBACK, "port": port},
        subentries=[],
        shown=shown,
    )


class Load:
    """One run of the generator."""

    def __init__(
        self,
        port: int,
        prefix: str,
        *,
        entities: int,
        count: int,
        rate: float = 0,
        qos: int = 0,
        mix: str = "show",
    ) -> None:
        """Let it prepare everything; it waits for `go`."""
        self.count = count
        self.log = Path(os.environ[FOLDER]) / "published"
        options = {"port": port, "prefix": prefix, "mix": mix, "entities": entities}
        options |= {"count": count, "rate": rate, "qos": qos, "log": self.log}
        words = [sys.executable, "-m", "scripts.benchmarks.generator"]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        self._process = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        if self._process.stdout.readline() != "ready\n":
            raise Failed("the generator did not start")

    def go(self) -> Self:
        """Begin."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self

    def done(self) -> array[float]:
        """Wait for the end; returns the publish times of a paced run."""
        self._process.communicate(timeout=PATIENCE)
        times = array("d")
        times.frombytes(self.log.read_bytes())
        return times


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((LOOPBACK, port)).close()
        except OSError:
            if time.monotonic() > end:
                raise Failed("Mosquitto did not start") from None
            time.sleep(0.02)
        else:
            return
