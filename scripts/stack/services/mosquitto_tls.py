"""The MQTT broker that demands certificates, with the configuration that Maestra writes for it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
import json
import os
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from cryptography import x509

from scripts.stack.context import Context
from scripts.stack.flows import Answers
from scripts.stack.hass_api import Json
from scripts.stack.ports import LOOPBACK, accepts_connections
from scripts.stack.subentries import Subentry, hub_entry, set_up
from scripts.stack.supervisor import unprivileged_user
from scripts.stack.terminal import say

CONFIGURATION: Final = "mosquitto.conf"
SPARE: Final = timedelta(days=30)


class KeptMosquittoTls:
    """The broker of the last run: there before Home Assistant, which looks for it at once."""

    async def start(self, context: Context) -> None:
        """Start it if what it was given is still good."""
        if is_good(context):
            await _start(context)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing before Maestra knows it."""
        return {}


class MosquittoTls:
    """A stock Mosquitto with exactly Maestra's files; F2 is spoken on it."""

    async def start(self, context: Context) -> None:
        """Have the files made where they are missing, and tell Maestra of the broker."""
        if not is_good(context):
            await _fetch_files(context)
            await _start(context)
        entry = await hub_entry(context)
        await set_up(context, entry["entry_id"], BROKER)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where the broker is, and whom to trust."""
        return {
            "mqtts_port": context.ports.mqtts,
            "ca_file": str(context.broker_files / "ca.crt"),
        }


def is_good(context: Context) -> bool:
    """Tell whether the broker's files are those of this authority and port, know all revoked certificates and will last a while."""
    folder = context.broker_files
    try:
        kept = json.loads(
            (context.config / ".storage" / "maestra.certificates").read_text("utf-8")
        )["data"]
        lines = (folder / CONFIGURATION).read_text("utf-8").splitlines()
        server = x509.load_pem_x509_certificate((folder / "server.crt").read_bytes())
        return (
            (folder / "ca.crt").read_text("utf-8") == kept["certificate"]
            and (folder / "ca.crl").read_text("utf-8") == kept["crl"]["pem"]
            and f"listener {context.ports.mqtts}" in lines
            and server.not_valid_after_utc > datetime.now(UTC) + SPARE
        )
    except FileNotFoundError:
        return False


async def _fetch_files(context: Context) -> None:
    """Have Maestra write the configuration, and unpack it where an unprivileged broker reads it."""
    say("making certificates for the broker")
    folder = context.broker_files
    answer = await context.api.ask(
        "maestra.write_broker_configuration",
        {"port": context.ports.mqtts, "path": str(folder)},
    )
    archive = ZipFile(BytesIO(await context.api.fetch(answer["url"])))
    account = unprivileged_user()
    folder.mkdir(exist_ok=True)
    if account:
        # Its messages are kept here too.
        os.chown(folder, account.pw_uid, account.pw_gid)
    for name in answer["files"]:
        file = folder / name
        file.unlink(missing_ok=True)
        file.touch(0o600 if name.endswith(".key") else 0o644)
        file.write_bytes(archive.read(name))
        if account:
            os.chown(file, account.pw_uid, account.pw_gid)


async def _start(context: Context) -> None:
    await context.spawn(
        "mosquitto-tls",
        Path(os.environ["MAESTRA_MOSQUITTO"]),
        "-c",
        context.broker_files / CONFIGURATION,
        cwd=context.data,
        unprivileged=True,
    )
    await accepts_connections(context.ports.mqtts)


def _answers(context: Context) -> Answers:
    address: dict[str, Json] = {
        "name": "Encrypted MQTT broker",
        "host": LOOPBACK,
        "port": context.ports.mqtts,
        "security": {"tls": True, "own_certificate": True},
        "advanced": {"dialects": ["f2"]},
    }
    return {
        "user": {"next_step_id": "direct"},
        "direct": address,
        "reconfigure": address,
    }


BROKER: Final = Subentry(kind="mqtt_broker", second="mqtts_broker", answers=_answers)
