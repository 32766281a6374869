"""`scripts/bench`: measures and prints one table. Nothing is asserted: figures are for people."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
import json
import os
from pathlib import Path
import sys
import tempfile
from typing import Final

from scripts.report import DOCS, machine, provenance, publish

from .basics import Failed
from .card_parts import PARTS as CARDS
from .chat_parts import PARTS as CHAT
from .cue_parts import PARTS as CUES
from .detector_parts import PARTS as DETECTORS
from .effort import FULL, QUICK, SMOKE
from .esphome_parts import PARTS as ESPHOME
from .f2_parts import PARTS as F2
from .gateway_parts import PARTS as GATEWAYS
from .iss_parts import PARTS as ISS
from .parts import PARTS as WAY_IN
from .processes import FOLDER
from .qs_parts import PARTS as QS
from .store_parts import PARTS as STORE
from .stream_parts import PARTS as STREAM
from .whole_parts import PARTS as WHOLE
from .worker_parts import PARTS as WORKERS

PARTS = {
    **WAY_IN,
    **STORE,
    **GATEWAYS,
    **QS,
    **F2,
    **DETECTORS,
    **ISS,
    **WHOLE,
    **CARDS,
    **ESPHOME,
    **CUES,
    **WORKERS,
    **CHAT,
    **STREAM,
}

PAGE: Final = DOCS / "performance.md"
"""Has a place for each part, by its letter."""


def main(arguments: Sequence[str]) -> int:
    """Run the parts that the command line names."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure Maestra against real servers. See docs/performance.md.",
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART",
        help="a: throughput, b: latency and stalls, c: start and memory, d: scale, e: writing to the database, "
        "f: CPU a row, g: charts, h: even load on the store, i: OSC, j: REST, k: WebSocket, l: QS, m: F2, n: ISS, o: detectors, "
        "p: all of it, as the user has it, q: cards in a browser, r: an ESPHome node, s: fades and cues, t: workers of a cluster, u: a busy chat, v: stream production (default: all)",
    )  # fmt: skip
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--quick",
        action="store_true",
        help="short rounds: rough figures in a minute or two",
    )
    length.add_argument(
        "--smoke",
        action="store_true",
        help="see that each part works; the figures say nothing",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        metavar="N",
        help="how long (h) and (p) last (default: 1)",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the figures there too"
    )
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="put each table into docs/performance.md",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.parts if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    effort = QUICK if options.quick else SMOKE if options.smoke else FULL
    if options.minutes:
        effort = replace(effort, steady=options.minutes * 60)
    tables = {}
    where = machine()
    print(where)
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="maestra-bench-") as folder:
            os.environ[FOLDER] = folder
            try:
                tables[name] = PARTS[name](Path(folder), effort)
            except Failed as error:
                print(f"({name}) failed: {error}", file=sys.stderr)
                return 1
        print(f"\n{tables[name]}", flush=True)
        if options.write_docs:
            how = [f"--{it}" for it in ("quick", "smoke") if getattr(options, it)]
            made_by = provenance(" ".join(("scripts/bench", *how, name)), where)
            publish(PAGE, name, f"{tables[name].as_markdown()}\n\n{made_by}")
    if options.json:
        figures = {name: table.as_dict() for name, table in tables.items()}
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
