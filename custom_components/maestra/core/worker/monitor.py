"""How a worker is, over HTTP: `/healthz` for whoever restarts it, `/metrics` for Prometheus."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Final, NamedTuple

from aiohttp import web

from .configured import ConfiguredWorker
from .worker import Worker

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Of Prometheus's text format."""
PREFIX: Final = "maestra_worker"


class Metric(NamedTuple):
    """One figure; `labels` tell it from others of its name."""

    name: str
    kind: str
    help: str
    value: float
    labels: Mapping[str, object] = MappingProxyType({})


def metrics_of(configured: ConfiguredWorker) -> Iterator[Metric]:
    """Yield the figures, those of one name together."""
    for name, help_, is_so in (
        ("ready", "Whether messages can be taken and stored", not any(configured.faults)),
        ("settings_refused", "Whether the newest settings are of no use", bool(configured.refused)),
    ):  # fmt: skip
        yield Metric(name, "gauge", help_, is_so)
    if (worker := configured.worker) is None:
        return
    yield from _counted(worker)
    store, streams = worker.store, worker.streams
    for name, help_, now in (
        ("held_messages", "Messages that are not acknowledged", worker.held),
        ("waiting_reports", "Messages whose device is not known yet", worker.devices.waiting),
        ("lag_seconds", "Age of the oldest row that is not stored", store.lag),
        ("rows_per_second", "Rows stored a second, lately", store.rows_per_second),
    ):  # fmt: skip
        yield Metric(name, "gauge", help_, now)
    for stream in streams:
        for number, pending in stream.pinned.items():
            yield Metric(
                "pending_messages",
                "gauge",
                "Messages that wait in a partition of ours",
                pending,
                {"stream": stream.settings.stream, "partition": number},
            )


def _counted(worker: Worker) -> Iterator[Metric]:
    store, streams, qs = worker.store, worker.streams, worker.sources["qs"]
    received = sum(stream.counters.received for stream in streams)
    redelivered = sum(stream.redelivered for stream in streams)
    reconnects = sum(stream.counters.reconnects for stream in streams)
    for name, help_, value in (
        ("messages_received", "Messages of all streams", received),
        ("messages_redelivered", "Messages given again", redelivered),
        ("events_accepted", "QS events that were new", qs.counters["accepted"]),
        ("events_repeated", "QS events that came again", qs.counters["duplicates"]),
        ("acknowledgements", "Acknowledgements to devices", qs.counters["acks"]),
        ("dead_letters", "QS events that were rejected", qs.counters["dead_letters"]),
        ("rows_written", "Rows in the database", store.counters["rows_written"]),
        ("rows_repeated", "Rows that were there", store.counters["rows_repeated"]),
        ("rows_rejected", "Rows no table takes", store.counters["rows_rejected"]),
        ("reconnects", "Connections to NATS", reconnects),
        ("live_values", "Latest values that were told", worker.live.writer.told),
    ):  # fmt: skip
        yield Metric(f"{name}_total", "counter", help_, value)
    counters = {name: source.counters for name, source in worker.sources.items()}
    if worker.feed is not None:
        counters["iss"] = worker.feed.counters
    for name, help_, counted in (
        ("accepted", "What was taken of a dialect", "accepted"),
        ("refused", "What can't be taken of a dialect", "refused"),
    ):
        for dialect, of_dialect in counters.items():
            yield Metric(
                f"{name}_total",
                "counter",
                help_,
                of_dialect[counted],
                {"dialect": dialect},
            )


def as_text(metrics: Iterator[Metric]) -> str:
    """Write figures as Prometheus reads them."""
    lines: list[str] = []
    told = ""
    for metric in metrics:
        name = f"{PREFIX}_{metric.name}"
        if name != told:
            lines += (f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}")
            told = name
        labels = ",".join(f'{key}="{value}"' for key, value in metric.labels.items())
        lines.append(
            f"{name}{f'{{{labels}}}' if labels else ''} {float(metric.value):g}"
        )
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def monitored(
    worker: ConfiguredWorker, host: str, port: int
) -> AsyncIterator[int]:
    """Tell how a worker is for as long as the block lasts; yields the port."""

    async def health(_request: web.Request) -> web.Response:
        faults = list(worker.faults)
        return web.json_response(
            {"status": "unavailable" if faults else "ok", "faults": faults},
            status=503 if faults else 200,
        )

    async def metrics(_request: web.Request) -> web.Response:
        text = as_text(metrics_of(worker))
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", health), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
