"""Simulated F2 controllers with certificates of their own, set up with what hangs on them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
import sys
from typing import Final

from cryptography import x509

from scripts.devenv.paths import ROOT
from scripts.simulators.f2 import READY, is_good, mac_of
from scripts.stack.context import Context
from scripts.stack.ports import LOOPBACK
from scripts.stack.starting import in_time, says

from . import mosquitto_tls
from .home_assistant import TIME_ZONE

NAME: Final = "f2-controllers"
COUNT: Final = 2
MACS: Final = tuple(map(mac_of, range(COUNT)))
ALARM_MAC: Final = "024d41455303"
"""Of the ESPHome node that is one too."""
INTERVAL_S: Final = 5
ENROLMENT: Final = "switch.maestra_authority_enrolment"


class KeptF2Controllers:
    """The controllers of the last run: with their certificates they need nothing of Home Assistant."""

    async def start(self, context: Context) -> None:
        """Start them if all have what the broker lets them in with; returns when all are connected."""
        certificates = _certificates(context)
        if not mosquitto_tls.is_good(context):
            return
        forget_useless(certificates, context.broker_files)
        if all(is_good(certificates / f"{mac}.crt", certificates / f"{mac}.key") for mac in MACS):  # fmt: skip
            await _start(context, certificates)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


class F2Controllers:
    """Controllers that answer commands; the first is set up, the others ask to be."""

    async def start(self, context: Context) -> None:
        """Start them while they may ask for certificates, unless they run; returns when all are connected."""
        if NAME in context.supervisor:
            return
        certificates = _certificates(context)
        forget_useless(certificates, context.broker_files)
        async with enrolment(context):
            await _start(context, certificates)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Nothing that a client needs."""
        return {}


@asynccontextmanager
async def enrolment(context: Context) -> AsyncGenerator[None]:
    """Let devices ask for certificates."""
    await context.api.act("maestra.open_enrolment", {})
    try:
        yield
    finally:
        await context.api.act("switch.turn_off", {"entity_id": ENROLMENT})


def _certificates(context: Context) -> Path:
    return context.data / "f2-controllers"


async def _start(context: Context, certificates: Path) -> None:
    await context.spawn(
        NAME,
        sys.executable,
        "-m",
        "scripts.simulators.f2",
        "--mqtt-port",
        str(context.ports.mqtts),
        "--certificates",
        certificates,
        "--zone",
        TIME_ZONE,
        "--issue",
        f"http://{LOOPBACK}:{context.ports.fleet_api}/issue",
        "--count",
        str(COUNT),
        "--interval",
        str(INTERVAL_S),
        "--lively",
        cwd=ROOT,
    )
    log = context.logs / f"{NAME}.log"
    await in_time("The F2 controllers", log, says(log, READY))


def forget_useless(certificates: Path, broker: Path) -> None:
    """Remove certificates that the broker lets nobody in with: of another authority, or revoked."""
    known = certificates / "ca.crt"
    if not known.exists():
        return
    if known.read_bytes() != (broker / "ca.crt").read_bytes():
        shutil.rmtree(certificates)
        return
    revoked = x509.load_pem_x509_crl((broker / "ca.crl").read_bytes())
    for file in certificates.glob("*.crt"):
        serial = x509.load_pem_x509_certificate(file.read_bytes()).serial_number
        if revoked.get_revoked_certificate_by_serial_number(serial):
            # Who has no key asks again.
            file.with_suffix(".key").unlink(missing_ok=True)
