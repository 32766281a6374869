"""`maestra-worker`: reads its settings, works until SIGTERM, and leaves nothing half done."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
import logging
import os
from pathlib import Path
import signal

from ..bus import get_logger
from .monitor import monitored
from .settings import SettingsInvalid, WorkerSettings, read_settings
from .worker import Worker

_LOGGER = get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a worker; the process ends with 2 where its settings can't be read."""
    parser = argparse.ArgumentParser(
        prog="maestra-worker",
        description="Store what devices say in NATS JetStream streams. See docs/scale.md.",
    )
    parser.add_argument("settings", type=Path, metavar="FILE", help="settings as TOML")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = read_settings(options.settings, os.environ)
    except SettingsInvalid as error:
        parser.exit(2, f"maestra-worker: {error}\n")
    try:
        asyncio.run(_work(settings))
    except OSError as error:
        parser.exit(1, f"maestra-worker: {error}\n")


async def _work(settings: WorkerSettings) -> None:
    worker = Worker(settings)
    async with monitored(worker, *settings.http) as port:
        _LOGGER.info("Ready to be asked on port %s", port)
        working = asyncio.create_task(worker.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, working.cancel)
        with suppress(asyncio.CancelledError):
            await working


if __name__ == "__main__":
    main()
