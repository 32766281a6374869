"""The fleet that can be run without hardware, as a program of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
import json
from pathlib import Path
import sys

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.maestra.core.f2.events import F2Reading
from custom_components.maestra.core.f2.payloads import Feedback
from custom_components.maestra.core.pki.authority import Authority
from custom_components.maestra.core.pki.keys import KeyType
from scripts.devenv.paths import ROOT
from tests.kits.broker import Broker, TlsListener
from tests.kits.certificates import Identity
from tests.kits.f2 import MAC, WIRING, f2_on_broker
from tests.kits.pki import new_authority
from tests.kits.process import HOST, PATIENCE

DAY = timedelta(days=1)


@asynccontextmanager
async def simulated(port: int, *options: object) -> AsyncGenerator[None]:
    """Run two controllers that measure all the time."""
    words = ["-m", "scripts.simulators.f2", "--mqtt-port", port, "--count", 2]
    words += ["--interval", 0.2, "--zone", "UTC", "--until-eof", *options]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *map(str, words),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        async with asyncio.timeout(PATIENCE):
            assert await process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    assert process.returncode == 0


async def test_a_fleet(broker: Broker) -> None:
    """What it says is read, and it answers what it is told."""
    async with f2_on_broker(broker) as f2:
        f2.source.set_wiring(MAC, WIRING)
        f2.controller.is_silent = True
        async with simulated(broker.port):
            reading = await f2.told(F2Reading, controller=MAC, path="J3/sensor-1")
            assert 15 < reading.values["temperature"] < 28
            assert reading.crc_valid
            assert reading.time == reading.measured_at
            await f2.source.strike(MAC, "J1", 1, on=True)
            await f2.source.strike(MAC, "J1", 1, on=False)
            await f2.source.siren(MAC, "J2", 1, True)
            f2.source.feedback(MAC, "J1", 1, Feedback.SUCCESS)
            await f2.told(F2Reading, controller="aabbccddee02")
        assert f2.source.counters["refused"] == 0


@pytest.fixture
async def issuer() -> AsyncGenerator[tuple[Authority, str]]:
    """An authority, and where controllers ask it for certificates."""
    authority = new_authority()

    async def issue(request: web.Request) -> web.Response:
        mac = json.loads(await request.text())["mac"]
        signed = authority.issue_pair(mac.replace(":", ""), KeyType.ECDSA_P256, DAY)
        return web.json_response(
            {
                "mac": mac,
                "client_cert": signed.pem,
                "private_key": signed.private_key,
                "ca_cert": authority.pem,
                "expires_at": "2030-01-01T00:00:00Z",
            }
        )

    app = web.Application()
    app.router.add_post("/issue", issue)
    async with TestServer(app) as server:
        yield authority, str(server.make_url("/issue"))


async def test_mutual_tls(issuer: tuple[Authority, str], tmp_path: Path) -> None:
    """Asking for certificates, it connects as the broker wants it: by its own name."""
    authority, url = issuer
    acl = tmp_path / "acl"
    acl.write_text(f"user {MAC}\ntopic write tele/f2-{MAC}/#\n")
    acl.chmod(0o600)
    its = authority.issue_pair("broker", KeyType.ECDSA_P256, DAY, [HOST])
    tls = TlsListener(Identity(its.pem, str(its.private_key)), authority.pem)
    lines = ["use_identity_as_username true", f"acl_file {acl}"]
    folder = tmp_path / "certificates"
    async with (
        Broker(tmp_path / "tls", tls=tls, lines=lines) as broker,
        simulated(broker.port, "--certificates", folder, "--issue", url),
    ):
        await broker.logged(f"as f2-{MAC} (p4, c1, k60, u'{MAC}')")
        await broker.logged(f"Received PUBLISH from f2-{MAC}")
        await broker.logged("Denied PUBLISH from f2-aabbccddee02")
    assert (folder / f"{MAC}.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("lifetime", "asks_again"), [(365 * DAY, False), (timedelta(seconds=1), True)]
)
async def test_certificates_are_kept_and_renewed(
    issuer: tuple[Authority, str],
    tmp_path: Path,
    lifetime: timedelta,
    asks_again: bool,
) -> None:
    """One that is there is used until the last third of its life."""
    authority, url = issuer
    its = authority.issue_pair("broker", KeyType.ECDSA_P256, DAY, [HOST])
    tls = TlsListener(Identity(its.pem, str(its.private_key)), authority.pem)
    folder = tmp_path / "certificates"
    folder.mkdir()
    for mac in (MAC, "aabbccddee02"):
        # Their lives began an hour ago, for clocks that are not quite right.
        kept = authority.issue_pair(mac, KeyType.ECDSA_P256, lifetime)
        (folder / f"{mac}.crt").write_text(kept.pem)
        (folder / f"{mac}.key").write_text(str(kept.private_key))
    (folder / "ca.crt").write_text(authority.pem)
    before = (folder / f"{MAC}.crt").read_text()
    async with (
        Broker(tmp_path / "tls", tls=tls) as broker,
        simulated(broker.port, "--certificates", folder, "--issue", url),
    ):
        assert ((folder / f"{MAC}.crt").read_text() != before) is asks_again
