"""`maestra-worker`: reads its settings, works until SIGTERM, and leaves nothing half done."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
import logging
import os
from pathlib import Path
import signal
import sys

from ..bus import collect_less, get_logger
from ..domain.errors import MaestraError
from ..domain.json_values import InvalidJson
from ..nats.api import StreamUnusable
from .check import check
from .configured import ConfiguredWorker, publish_settings
from .monitor import monitored
from .settings import (
    DATABASE_PASSWORD,
    OwnSettings,
    SettingsInvalid,
    read_own_settings,
    read_settings,
)

_LOGGER = get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a worker; the process ends with 2 where its settings can't be read."""
    parser = argparse.ArgumentParser(
        prog="maestra-worker",
        description="Store what devices say in NATS JetStream streams. See docs/scale.md.",
    )
    parser.add_argument("settings", type=Path, metavar="FILE", help="settings as TOML")
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="its own among all that write to the database, whatever FILE says (default: the host's); a number at its end is its ordinal",
    )
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
    parser.add_argument(
        "--check",
        action="store_true",
        help="see whether servers, streams and partitions agree, and end: with 1 where they don't",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="as --check, and delete the consumers beyond the last partition, if nothing waits there",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        environment = dict(os.environ)
        if options.publish:
            # Whose it is by the environment, has it there.
            environment.pop(DATABASE_PASSWORD, None)
        settings = read_own_settings(options.settings, environment, options.name)
        if settings.bucket is None or options.publish:
            read_settings(options.settings, environment)
        if options.publish:
            asyncio.run(publish_settings(settings, options.replicas))
        elif options.check or options.prune:
            found = asyncio.run(check(settings, prunes=options.prune))
            sys.stdout.writelines(f"{line}\n" for line in found.lines)
            if found.faults:
                parser.exit(
                    1, "".join(f"maestra-worker: {each}\n" for each in found.faults)
                )
        else:
            asyncio.run(_work(settings))
    except SettingsInvalid as error:
        parser.exit(2, f"maestra-worker: {error}\n")
    except (OSError, MaestraError, StreamUnusable, InvalidJson) as error:
        parser.exit(1, f"maestra-worker: {str(error) or 'no connection'}\n")


async def _work(settings: OwnSettings) -> None:
    collect_less()
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
