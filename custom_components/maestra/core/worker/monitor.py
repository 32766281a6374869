"""How a worker is, over HTTP: `/healthz` for whoever restarts it, `/metrics` for Prometheus."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from aiohttp import web

from .worker import Worker

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Of Prometheus's text format."""
PREFIX: Final = "maestra_worker"


class Metric(NamedTuple):
    """One figure; `label` is its partition's number, where it has one."""

    name: str
    kind: str
    help: str
    value: float
    label: int | None = None


def metrics_of(worker: Worker) -> Iterator[Metric]:
    """Yield the figures, those of one name together."""
    store, stream, source = worker.store, worker.stream, worker.source
    for name, help_, value in (
        ("messages_received", "Messages of the stream", stream.counters.received),
        ("events_accepted", "QS events that were new", source.counters["accepted"]),
        ("events_repeated", "QS events that came again", source.counters["duplicates"]),
        ("acknowledgements", "Acknowledgements to devices", source.counters["acks"]),
        ("dead_letters", "QS events that were rejected", source.counters["dead_letters"]),
        ("rows_written", "Rows in the database", store.counters["rows_written"]),
        ("rows_repeated", "Rows that were there", store.counters["rows_repeated"]),
        ("rows_rejected", "Rows no table takes", store.counters["rows_rejected"]),
        ("reconnects", "Connections to NATS", stream.counters.reconnects),
    ):  # fmt: skip
        yield Metric(f"{name}_total", "counter", help_, value)
    for name, help_, now in (
        ("held_messages", "Messages that are not acknowledged", stream.held),
        ("lag_seconds", "Age of the oldest row that is not stored", store.lag),
        ("rows_per_second", "Rows stored a second, lately", store.rows_per_second),
        ("ready", "Whether messages can be taken and stored", not any(worker.faults)),
    ):
        yield Metric(name, "gauge", help_, now)
    for number, pending in stream.pinned.items():
        yield Metric(
            "pending_messages",
            "gauge",
            "Messages that wait in a partition of ours",
            pending,
            number,
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
        label = "" if metric.label is None else f'{{partition="{metric.label}"}}'
        lines.append(f"{name}{label} {float(metric.value):g}")
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def monitored(worker: Worker, host: str, port: int) -> AsyncIterator[int]:
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
