"""Make the page that boards are flashed from in a browser, and what says which firmware is the newest.

    python site.py firmware site --version 1.2.3

`firmware` has what ESPHome has built of the files in `esphome/factory/`: `<board>.factory.bin` and `<board>.ota.bin`.
`site` gets both, a manifest `<board>.json` for ESP Web Tools and for ESPHome's `update:`, and `index.html`.
Needs Python 3.11 or newer.
"""

import argparse
from collections.abc import Sequence
import hashlib
from html import escape
import json
from pathlib import Path
import re
import shutil
from string import Template
import sys
from typing import Any

ESPHOME = Path(__file__).resolve().parent.parent
FACTORY = ".factory.bin"
OTA = ".ota.bin"
CHIPS = {
    "esp32": "ESP32",
    "esp32s3": "ESP32-S3",
    "esp32c3": "ESP32-C3",
    "esp32c6": "ESP32-C6",
}
"""What ESP Web Tools calls the chips, by how the names of boards begin."""
IMPROV_WAIT_S = 15
RELEASES = "https://github.com/maestra-home/maestra/releases"


class NoFirmware(Exception):
    """There is nothing to publish of a board."""


def description(board: str) -> str:
    """Return what a board is: the first sentence of its file."""
    text = (ESPHOME / "boards" / f"{board}.yaml").read_text()
    comment = " ".join(re.match(r"(?:# .*\n)+", text)[0].replace("# ", "").split())
    return re.split(r"[.:](?: |$)", comment)[0]


def manifest(board: str, version: str, ota: bytes) -> dict[str, Any]:
    """Say what there is of a board: to whoever flashes it, and to the boards that look for updates."""
    return {
        "name": description(board),
        "version": version,
        "home_assistant_domain": "esphome",
        "new_install_prompt_erase": True,
        "new_install_improv_wait_time": IMPROV_WAIT_S,
        "builds": [
            {
                "chipFamily": CHIPS[board.partition("-")[0]],
                "parts": [{"path": f"{board}{FACTORY}", "offset": 0}],
                "ota": {
                    "path": f"{board}{OTA}",
                    # How ESPHome makes sure of what it has loaded.
                    "md5": hashlib.md5(ota, usedforsecurity=False).hexdigest(),
                    "summary": f"Maestra {version}",
                    "release_url": f"{RELEASES}/tag/{version}",
                },
            }
        ],
    }


def entry(board: str, size: int) -> str:
    """Return the part of the page that is about a board."""
    name = escape(board)
    return (
        f"      <li><span>{escape(description(board))}<br><small>{name}, {size // 1024} KiB</small></span>"
        f'<esp-web-install-button manifest="{name}.json"></esp-web-install-button></li>'
    )


def make(firmware: Path, site: Path, version: str) -> list[str]:
    """Make the page of all boards that were built; returns their names. Raises NoFirmware."""
    boards = sorted(path.name.removesuffix(FACTORY) for path in firmware.glob(f"*{FACTORY}"))  # fmt: skip
    if not boards:
        raise NoFirmware(f"There is no *{FACTORY} in {firmware}")
    site.mkdir(parents=True, exist_ok=True)
    entries = []
    for board in boards:
        ota = firmware / f"{board}{OTA}"
        if not ota.is_file():
            raise NoFirmware(f"{board} has no {OTA}")
        for file in (ota, firmware / f"{board}{FACTORY}"):
            shutil.copyfile(file, site / file.name)
        said = manifest(board, version, ota.read_bytes())
        (site / f"{board}.json").write_text(json.dumps(said, indent=2) + "\n")
        entries.append(entry(board, ota.stat().st_size))
    page = Template((ESPHOME / "web" / "index.html").read_text())
    text = page.substitute(version=escape(version), boards="\n".join(entries))
    (site / "index.html").write_text(text)
    return boards


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("firmware", type=Path, help="what was built")
    parser.add_argument("site", type=Path, help="where the page is made")
    parser.add_argument("--version", required=True)
    options = parser.parse_args(arguments)
    try:
        boards = make(options.firmware, options.site, options.version)
    except NoFirmware as err:
        print(err, file=sys.stderr)
        return 1
    print("\n".join(boards))
    return 0


if __name__ == "__main__":
    sys.exit(main())
