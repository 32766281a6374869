"""The figures of the gateways beside MQTT: OSC, REST and WebSocket, each against the barest server of its kind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import json
from pathlib import Path
from statistics import median
import subprocess
import sys
import time
from typing import Any, Final
from urllib.request import urlopen

from scripts.devenv.paths import ROOT
from scripts.report import Table

from .basics import Failed, free_port
from .effort import Effort
from .processes import Reader, bare, broker, home_assistant, set_up_maestra
from .traffic import VARIABLES, slug

MS: Final = 1_000
US: Final = 1e6
PATIENCE: Final = 120  # seconds
FADERS: Final = 1_000  # messages a second
FIRST_STEP: Final = 4_000  # messages a second
STEP: Final = 1.25
STEP_SECONDS: Final = 2.0
AUDIENCE: Final = 100
CHANGES: Final = 200  # a second
CLIENTS: Final = (1, 50)
LIMITS: Final = {"networks": ["127.0.0.0/8"], "max_clients": 1_000, "rate": 0}


@dataclass(frozen=True, kw_only=True)
class Rig:
    """Maestra in Home Assistant, with all its listeners."""

    reader: Reader
    mqtt: int
    ports: dict[str, int]

    def counts(self, listener: str) -> dict[str, float]:
        """Return what a listener has counted."""
        counts: dict[str, float] = self.reader.do("gateway", key=listener)
        return counts


@contextmanager
def rig(folder: Path, entities: int) -> Iterator[Rig]:
    """Start it."""
    ports = {name: free_port() for name in ("fleet_api", "websocket", "osc")}
    options = {
        name: {"enabled": True, "host": "127.0.0.1", "port": port, **LIMITS}
        for name, port in ports.items()
    }
    with (
        broker(folder / "broker") as mqtt,
        home_assistant(folder / "maestra", entities=entities) as reader,
    ):
        set_up_maestra(reader, mqtt, entities * len(VARIABLES), options)
        yield Rig(reader=reader, mqtt=mqtt, ports=ports)


def osc(folder: Path, effort: Effort) -> Table:
    """Figure i: OSC in, MQTT and WebSocket out."""
    table = Table(
        f"(i) OSC in to MQTT and WebSocket out, {effort.entities} entities (aim: p99 below 5 ms at {FADERS}/s, "
        "10 000/s without backlog)",
        ("", "messages/s", "p50 ms", "p99 ms", "max ms", "heard", "CPU us/msg"),
        (
            "Without backlog: all that was sent for two seconds is taken over half a second later, and nothing is lost.",
            "MQTT out are three QoS 1 events a change, as the protocol has them; WebSocket out is one frame.",
        ),
    )
    with (
        rig(folder, effort.entities) as ours,
        bare(folder / "bare", port := free_port(), "bare_osc") as server,
    ):
        before = ours.counts("osc")
        told = _faders(
            ours.ports["osc"],
            FADERS,
            effort.seconds,
            effort.entities,
            mqtt=ours.mqtt,
            websocket=ours.ports["websocket"],
        )
        cpu = ours.counts("osc")["cpu"] - before["cpu"]
        for name, delays in told["delays"].items():
            delays.sort()
            table.add(
                f"Maestra, to {name}", FADERS, delays[len(delays) // 2] * MS, delays[len(delays) * 99 // 100] * MS,
                delays[-1] * MS, len(delays) / told["sent"], cpu / told["sent"] * US,
            )  # fmt: skip
        for name, target, counts in (
            ("Maestra, highest rate", ours.ports["osc"], lambda: ours.counts("osc")),
            (
                "bare python-osc server, highest rate",
                port,
                lambda: server.do("counts"),
            ),
        ):
            rate, micros = _highest(target, counts, effort)
            table.add(name, rate, None, None, None, None, micros)
    return table


def _highest(
    port: int, counts: Callable[[], dict[str, float]], effort: Effort
) -> tuple[float, float]:
    """Go up in steps until something is late or lost; returns the last rate before, and its CPU microseconds a message."""
    rate, best = float(FIRST_STEP), (0.0, 0.0)
    for _ in range(effort.steps):
        before = counts()
        sent = _faders(port, rate, STEP_SECONDS, effort.entities)["sent"]
        after = counts()
        taken = after["messages_in"] - before.get("messages_in", 0)
        if taken < sent:
            break
        best = rate, (after["cpu"] - before["cpu"]) / sent * US
        rate *= STEP
    return best


def _faders(
    port: int, rate: float, seconds: float, entities: int, **listeners: int
) -> dict[str, Any]:
    options = {"port": port, "entities": entities, "rate": rate, "seconds": seconds}
    return _load("osc_load", **options, **listeners)


def rest(folder: Path, effort: Effort) -> Table:
    """Figure j: state PATCHes."""
    table = Table(
        f"(j) REST state PATCH, medians of {effort.rounds} alternating rounds of {effort.seconds:g} s "
        "(aim: 0.5 of the echo with 50 clients)",
        (
            "",
            "clients",
            "requests/s",
            "ratio",
            "CPU us/request",
            "CPU ratio",
            "lost",
            "bad",
        ),
        (
            "Each client waits for its answer before it asks again, and sets a key of its own on one entity that all share.",
            "lost: keys that do not have the last value that was sent. ratio: to the bare aiohttp JSON echo.",
        ),
    )
    with (
        rig(folder, effort.entities) as ours,
        bare(folder / "bare", port := free_port(), "bare_web") as server,
    ):
        url = f"http://127.0.0.1:{ours.ports['fleet_api']}/entities/by-slug/{slug(0)}"
        path = f"/entities/{_get(url)['id']}/state"
        for clients in CLIENTS:
            rounds: dict[str, list[tuple[float, float]]] = {}
            lost = bad = 0
            for number in range(effort.rounds + 1):
                for name, target, counts in (
                    ("bare aiohttp JSON echo", port, lambda: server.do("counts")),
                    (
                        "Maestra",
                        ours.ports["fleet_api"],
                        lambda: ours.counts("fleet_api"),
                    ),
                ):
                    before = counts()["cpu"]
                    done = _load(
                        "web_load",
                        port=target,
                        path=path,
                        clients=clients,
                        seconds=effort.seconds,
                    )
                    cpu = counts()["cpu"] - before
                    bad += done["bad"]
                    if number:
                        rounds.setdefault(name, []).append(
                            (
                                done["requests"] / done["seconds"],
                                cpu / done["requests"] * US,
                            )
                        )
                state = _get(url)["state"]
                lost += sum(
                    state.get(key) != value for key, value in done["last"].items()
                )
            base = rounds["bare aiohttp JSON echo"]
            for name, found in rounds.items():
                rate, micros = (
                    median(it[0] for it in found),
                    median(it[1] for it in found),
                )
                is_ours = name == "Maestra"
                table.add(
                    name, clients, rate, rate / median(it[0] for it in base), micros,
                    median(it[1] for it in base) / micros, lost if is_ours else None, bad if is_ours else None,
                )  # fmt: skip
    return table


def fan_out(folder: Path, effort: Effort) -> Table:
    """Figure k: one change to many sockets."""
    table = Table(
        f"(k) WebSocket fan-out of {CHANGES} changes/s to {AUDIENCE} clients, medians of {effort.rounds} alternating rounds of "
        f"{effort.seconds:g} s (aim: 1.5 times the bare loop's CPU a frame, one frame a change)",
        ("", "frames a change", "bytes", "CPU us/frame", "ratio"),
        (
            "The bare loop awaits send_str of one ready text of the same size for each client.",
            "Maestra's CPU is what it takes more than for the same changes without an audience.",
        ),
    )
    count = CHANGES * effort.seconds
    with (
        rig(folder, effort.entities) as ours,
        bare(folder / "bare", port := free_port(), "bare_web") as server,
    ):
        found: dict[str, list[tuple[float, float, float]]] = {}
        text = "x" * 500
        for number in range(effort.rounds + 1):
            alone = _cpu(ours, effort)
            with _audience(ours.ports["websocket"], "/") as audience:
                cpu = _cpu(ours, effort) - alone
                heard = audience()
            text = '{"type": "state_changed"}'.ljust(int(heard["bytes"]), "x")
            with _audience(port, "/ws") as audience:
                before = server.do("counts")["cpu"]
                server.do("send", rate=CHANGES, seconds=effort.seconds, text=text)
                spent = server.do("counts")["cpu"] - before
                echoed = audience()
            for name, seconds, told in (
                ("bare aiohttp send loop", spent, echoed),
                ("Maestra", cpu, heard),
            ):
                if number:
                    found.setdefault(name, []).append(
                        (
                            told["frames"] / count / AUDIENCE,
                            told["bytes"],
                            seconds / told["frames"] * US,
                        )
                    )
        base = median(it[2] for it in found["bare aiohttp send loop"])
        for name, runs in found.items():
            micros = median(it[2] for it in runs)
            table.add(
                name,
                median(it[0] for it in runs),
                int(runs[0][1]),
                micros,
                micros / base,
            )
    return table


def _cpu(ours: Rig, effort: Effort) -> float:
    """Return the CPU seconds of the changes."""
    before = ours.counts("websocket")["cpu"]
    ours.reader.do("change", entity=slug(1), rate=CHANGES, seconds=effort.seconds)
    time.sleep(0.3)
    return ours.counts("websocket")["cpu"] - before


@contextmanager
def _audience(port: int, path: str) -> Iterator[Callable[[], dict[str, float]]]:
    """Connect the audience; yields what ends it and returns what it heard."""
    words = _words("socket_load", port=port, path=path, clients=AUDIENCE)
    process = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    if process.stdout.readline() != "ready\n":
        raise Failed("the audience did not connect")

    def heard() -> dict[str, float]:
        told, _ = process.communicate("\n", timeout=PATIENCE)
        result: dict[str, float] = json.loads(told)
        return result

    try:
        yield heard
    finally:
        process.kill()
        process.wait()


def _load(module: str, **options: object) -> dict[str, Any]:
    """Run a load to its end; returns what it says."""
    process = subprocess.run(
        _words(module, **options),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=PATIENCE,
    )
    result: dict[str, Any] = json.loads(process.stdout)
    return result


def _words(module: str, **options: object) -> list[str]:
    words = [sys.executable, "-m", f"scripts.benchmarks.{module}"]
    for name, value in options.items():
        words += [f"--{name}", str(value)]
    return words


def _get(url: str) -> Any:
    with urlopen(url, timeout=PATIENCE) as answer:
        return json.load(answer)


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {
    "i": osc,
    "j": rest,
    "k": fan_out,
}
