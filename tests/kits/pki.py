"""A certificate authority at work, a Mosquitto that was handed its files, and OpenSSL to look at both."""

from collections.abc import AsyncIterator
import contextlib
from contextlib import asynccontextmanager
from datetime import timedelta
import os
from pathlib import Path
import ssl
import subprocess
from typing import Any, Final, override

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.pki.authority import (
    Authority,
    Signed,
    create_authority,
)
from custom_components.maestra.core.pki.broker_files import BrokerLayout, broker_files
from custom_components.maestra.core.pki.enrolment import Enrolment
from custom_components.maestra.core.pki.keys import KeyType, private_pem
from custom_components.maestra.core.pki.register import Register
from custom_components.maestra.core.pki.service import CertificateService, IssuingRules

from .broker import Broker, Peer
from .process import HOST, free_port, program

YEARS: Final = timedelta(days=3650)
MAC: Final = "aabbccddee01"
OTHER_MAC: Final = "aabbccddee02"
COLON_MAC: Final = "aa:bb:cc:dd:ee:01"


def new_authority(kind: KeyType = KeyType.ECDSA_P256) -> Authority:
    """Return an authority that was just made."""
    return create_authority("Stage authority", kind, YEARS)


def new_service(
    authority: Authority | None = None,
    enrolment: Enrolment | None = None,
    **rules: Any,
) -> CertificateService:
    """Return an authority at work."""
    return CertificateService(
        authority or new_authority(),
        register=Register(),
        enrolment=enrolment or Enrolment(),
        rules=IssuingRules(**rules),
    )


def new_request(name: str, key: ec.EllipticCurvePrivateKey | None = None) -> str:
    """Return a certificate request (PEM) for a key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a device's own key."""
    return ec.generate_private_key(ec.SECP256R1())


def reference_authority() -> tuple[str, str]:
    """Return certificate and key (PEM) of an authority as the reference makes them (f2.md §3)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "IoT_CA")])
    # Every clock has reached it.
    now = utcnow() - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x1000)
        .not_valid_before(now)
        .not_valid_after(now + YEARS)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode(), private_pem(key)


def openssl(*arguments: str | Path) -> tuple[bool, str]:
    """Run OpenSSL; returns whether it was content, and what it said."""
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


def files(folder: Path, **texts: str | None) -> dict[str, Path]:
    """Write texts into files, and return these by name."""
    found = {}
    for name, text in texts.items():
        found[name] = folder / f"{name}.pem"
        found[name].write_text(text or "")
    return found


def client_context(folder: Path, ca: str, identity: Signed) -> ssl.SSLContext:
    """Return how a strict client connects with a certificate: nothing is relaxed."""
    paths = files(folder, certificate=identity.pem, key=identity.private_key)
    context = ssl.create_default_context(cadata=ca)
    assert context.verify_flags & ssl.VERIFY_X509_STRICT
    context.load_cert_chain(paths["certificate"], paths["key"])
    return context


class SecuredBroker(Broker):
    """A Mosquitto that runs with nothing but the configuration that it was handed."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder)
        self.port = port

    def _configuration(self) -> list[str]:
        lines = (self._folder / "mosquitto.conf").read_text().splitlines()
        if os.geteuid() == 0 and "user root" not in lines:
            # The broker's user has to read and write what only root may.
            return ["user root", *lines]
        return lines


class RunBroker(SecuredBroker):
    """The same, run by the script that it was handed."""

    @property
    @override
    def options(self) -> tuple[str, ...]:  # type: ignore[override]
        """Run the script; it needs no argument."""
        return (str(self._folder / "run.sh"),)

    @override
    def _program(self) -> str:
        # As its administrator may name it.
        os.environ["MOSQUITTO"] = program("mosquitto")
        return "/bin/sh"


class Fleet:
    """A secured broker, its authority, and devices that connect to it."""

    def __init__(
        self, folder: Path, service: CertificateService, broker: SecuredBroker
    ) -> None:
        self.folder = folder
        self.service = service
        self.broker = broker
        self.persistence_plugin: str | None = None

    async def downloads(self, *devices: str) -> None:
        """Write the broker's files, with rights of their own for these devices."""
        await self.service.maintain()
        signed = await self.service.issue_broker([HOST, "localhost"])
        crl = self.service.crl
        assert crl
        layout = BrokerLayout(
            folder=str(self.folder / "broker"),
            port=self.broker.port,
            persistence_plugin=self.persistence_plugin,
        )
        written = broker_files(
            layout,
            devices=devices,
            ca=self.service.authority.pem,
            crl=crl.pem,
            certificate=signed.pem,
            private_key=signed.private_key or "",
        )
        for name, text in written.items():
            path = self.folder / "broker" / name
            path.write_text(text)
            # The broker gives up root's rights before it reads some of them.
            path.chmod(0o644)

    def peer(self, identity: Signed, *filters: str, **options: Any) -> Peer:
        """Return a client with this certificate; options as for aiomqtt.Client."""
        context = client_context(self.folder, self.service.authority.pem, identity)
        return self.broker.peer(
            tls_context=context, filters=filters, timeout=3, **options
        )


@asynccontextmanager
async def secured_fleet(folder: Path, *devices: str) -> AsyncIterator[Fleet]:
    """Run a broker from what it is handed."""
    home = folder / "broker"
    home.mkdir()
    # Whoever the broker becomes has to get there.
    for above in (home, *home.parents[:-1]):
        above.chmod(above.stat().st_mode | 0o055)
    fleet = Fleet(folder, new_service(), SecuredBroker(home, free_port()))
    await fleet.downloads(*devices)
    async with fleet.broker:
        yield fleet


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> None:
    """Let a client and a server meet, each checking the other; raises what keeps them apart."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(down, up, server_hostname=host),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    assert sides[1].getpeercert()
    assert sides[0].version() == sides[1].version() == "TLSv1.3"
