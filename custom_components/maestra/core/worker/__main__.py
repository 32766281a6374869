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
from ..domain.errors import MaestraError
from ..nats.api import StreamUnusable
from .configured import ConfiguredWorker, publish_settings
from .monitor import monitored
from .settings import OwnSettings, SettingsInvalid, read_own_settings, read_settings

_LOGGER = get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a worker; the process ends with 2 where its settings can't be read."""
    parser = argparse.ArgumentParser(
        prog="maestra-worker",
        description="Store what devices say in NATS JetStream streams. See docs/scale.md.",
    )
    parser.add_argument("settings", type=Path, metavar="FILE", help="settings as TOML")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="put what FILE has for all workers into its bucket, where they read it, and end",
    )
    parser.add_argument(
        "--replicas",
        type=int,
        default=1,
        metavar="N",
        help="how many servers keep the bucket that --publish makes (default: 1)",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = read_own_settings(options.settings, os.environ)
        if settings.bucket is None or options.publish:
            read_settings(options.settings, os.environ)
        if options.publish:
            asyncio.run(publish_settings(settings, options.replicas))
        else:
            asyncio.run(_work(settings))
    except SettingsInvalid as error:
        parser.exit(2, f"maestra-worker: {error}\n")
    except (OSError, MaestraError, StreamUnusable) as error:
        parser.exit(1, f"maestra-worker: {str(error) or 'no connection'}\n")


async def _work(settings: OwnSettings) -> None:
    configured = ConfiguredWorker(settings)
    async with monitored(configured, *settings.http) as port:
        _LOGGER.info("Ready to be asked on port %s", port)
        working = asyncio.create_task(configured.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, working.cancel)
        with suppress(asyncio.CancelledError):
            await working


if __name__ == "__main__":
    main()
