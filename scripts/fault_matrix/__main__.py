"""`scripts/faults`: kills, hangs, fills and cuts what Maestra rests on, and counts what is left. Fails when anything is not as it should be."""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
import json
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Final

import aiohttp

from scripts.report import DOCS, Table, machine, provenance, publish
from scripts.stack.hass_api import ApiError
from scripts.stack.supervisor import ServiceFailed
from scripts.stack.terminal import say

from .bill import Bill
from .faults import FAULTS
from .run import FULL, QUICK, Effort, run

PAGE: Final = DOCS / "reliability.md"
PLACE: Final = "faults"
COLUMNS: Final = (
    "fault",
    "published",
    "taken by the broker",
    "events told stored",
    "rows",
    "distinct",
    "lost",
    "doubled",
    "dropped by the broker",
    "shown as it is",
    "second ids",
    "recovered in s",
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/faults",
        description="Let servers die under load, and count what was acknowledged and is gone, double or stale. See docs/reliability.md.",
    )
    parser.add_argument(
        "faults",
        nargs="*",
        metavar="FAULT",
        help=f"which (default: all): {', '.join(FAULTS)}",
    )
    parser.add_argument(
        "--quick", action="store_true", help="each once, and short, instead of thrice"
    )
    parser.add_argument(
        "--rate", type=float, metavar="N", help="messages a second (default: 500)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the figures there too"
    )
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help=f"put the table into docs/{PAGE.name}",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.faults if name not in FAULTS]:
        parser.error(f"no such fault: {', '.join(unknown)}")
    return options


def main(arguments: Sequence[str]) -> int:
    """Run the faults that the command line names; returns the exit code."""
    options = parse(arguments)
    effort = QUICK if options.quick else FULL
    if options.rate:
        effort = replace(effort, rate=options.rate)
    where = machine()
    bills = {name: _run(name, effort) for name in options.faults or FAULTS}
    table = tabulate(bills, effort)
    print(table)
    if options.json:
        figures = {name: bill and asdict(bill) for name, bill in bills.items()}
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    if options.write_docs:
        command = " ".join(("scripts/faults", *options.faults, *(["--quick"] if options.quick else [])))  # fmt: skip
        publish(PAGE, PLACE, f"{table.as_markdown()}\n\n{provenance(command, where)}")
    return 0 if all(bill and bill.is_good for bill in bills.values()) else 1


def _run(name: str, effort: Effort) -> Bill | None:
    """Run one fault; None when it came to no bill."""
    folder = Path(tempfile.mkdtemp(prefix="maestra-faults-"))
    try:
        bill = asyncio.run(run(FAULTS[name], effort, folder))
    except (ServiceFailed, ApiError, aiohttp.ClientError, OSError) as error:
        bill, why = None, str(error) or type(error).__name__
    else:
        why = "not as it should be"
    if bill and bill.is_good:
        shutil.rmtree(folder)
    else:
        say(f"{FAULTS[name].title}: {why}; logs and data are in {folder}")
    return bill


def tabulate(bills: Mapping[str, Bill | None], effort: Effort) -> Table:
    """Return the table of all faults."""
    times = "once" if effort.rounds == 1 else f"{effort.rounds} times"
    table = Table(
        f"{effort.rate:.0f} messages a second at QoS 1, each fault {times}, {effort.outage:.0f} s long",
        COLUMNS,
    )
    for name, bill in bills.items():
        if bill is None:
            table.add(FAULTS[name].title, *(None for _ in COLUMNS[1:]))
            continue
        table.add(
            FAULTS[name].title,
            bill.published,
            bill.taken,
            f"{bill.told} of {bill.events}",
            bill.rows,
            bill.distinct,
            bill.lost,
            bill.doubled,
            bill.dropped,
            f"{bill.shown} of {bill.devices}",
            bill.second_ids,
            bill.recovered,
        )
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
