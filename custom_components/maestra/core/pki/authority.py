"""The certificate authority: what it signs. Everything here takes long: not for an event loop."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ..domain.clock import utcnow
from ..domain.names import F2_NAME_PREFIX
from .errors import InvalidAuthority, InvalidCertificateRequest
from .extensions import (
    Extension,
    authority_extensions,
    general_name,
    is_authority,
    issuer_identifier,
    leaf_extensions,
    strict_problems,
)
from .keys import KeyType, PrivateKey, PublicKey, generate_key, load_key, private_pem

SKEW: Final = timedelta(hours=1)
"""So much a device's clock may be behind ours."""
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
MAX_NAME_LENGTH: Final = 64
"""Characters of a common name (RFC 5280)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A certificate that was just signed. `private_key` (PEM) only where it was made here."""

    certificate: x509.Certificate = field(repr=False)
    private_key: str | None = field(default=None, repr=False)

    @property
    def pem(self) -> str:
        """The certificate."""
        return certificate_pem(self.certificate)

    @property
    def expires_at(self) -> datetime:
        """When it ends."""
        return self.certificate.not_valid_after_utc

    @property
    def key_id(self) -> str:
        """What tells its key from others."""
        return key_id(self.certificate.public_key())


class Revocation(NamedTuple):
    """One line of a revocation list."""

    serial: int
    at: datetime


class Authority:
    """Signs certificates and revocation lists."""

    def __init__(self, certificate: x509.Certificate, key: PrivateKey) -> None:
        """Use what was read or made before."""
        self.certificate = certificate
        self._key = key

    @property
    def pem(self) -> str:
        """The certificate, which those need who are to trust it."""
        return certificate_pem(self.certificate)

    @property
    def name(self) -> str:
        """What it calls itself."""
        return common_name(self.certificate.subject) or "-"

    @property
    def expires_at(self) -> datetime:
        """When it ends, and everything it has signed."""
        return self.certificate.not_valid_after_utc

    @property
    def problems(self) -> list[str]:
        """Why strict clients refuse what it signs; empty where all take it."""
        return strict_problems(self.certificate)

    def private_pem(self, passphrase: str) -> str:
        """Return its key for keeping, encrypted."""
        return private_pem(self._key, passphrase)

    def issue_pair(
        self, name: str, kind: KeyType, lifetime: timedelta, hosts: Iterable[str] = ()
    ) -> Signed:
        """Make a key and its certificate: a client's, or with `hosts` (names, addresses) a server's."""
        key = generate_key(kind)
        certificate = self._sign(name, key.public_key(), lifetime, hosts)
        return Signed(certificate=certificate, private_key=private_pem(key))

    def issue_for_request(self, name: str, request: str, lifetime: timedelta) -> Signed:
        """Sign the key of a certificate request (PEM) under `name`, whatever else it asks for.

        Raises InvalidCertificateRequest.
        """
        key = _requested_key(request, name)
        return Signed(certificate=self._sign(name, key, lifetime))

    def make_crl(
        self, revoked: Iterable[Revocation], number: int, lifetime: timedelta
    ) -> str:
        """Return the list of what is not valid any more, as PEM text."""
        now = utcnow()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - SKEW)
            .next_update(now + lifetime)
            .add_extension(issuer_identifier(self.certificate), critical=False)
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for serial, at in revoked:
            line = x509.RevokedCertificateBuilder().serial_number(serial)
            builder = builder.add_revoked_certificate(line.revocation_date(at).build())
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM).decode()

    def _sign(
        self,
        name: str,
        key: PublicKey,
        lifetime: timedelta,
        hosts: Iterable[str] = (),
    ) -> x509.Certificate:
        names = [general_name(host) for host in hosts]
        own = self.certificate
        now = utcnow()
        return _signed(
            name,
            key,
            own.subject,
            self._key,
            max(now - SKEW, own.not_valid_before_utc),
            min(now + lifetime, own.not_valid_after_utc),
            leaf_extensions(key, own, names),
        )


def create_authority(name: str, kind: KeyType, lifetime: timedelta) -> Authority:
    """Make an authority with a key of its own."""
    key = generate_key(kind)
    now = utcnow()
    certificate = _signed(
        name,
        key.public_key(),
        _name(name),
        key,
        now - SKEW,
        now + lifetime,
        authority_extensions(key.public_key()),
    )
    return Authority(certificate, key)


def load_authority(
    certificate: str, private_key: str, passphrase: str | None = None
) -> Authority:
    """Read an authority; raises InvalidAuthority. It may still have `problems`."""
    try:
        found, *_ = x509.load_pem_x509_certificates(certificate.encode())
        is_one = is_authority(found)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidAuthority(reason="the certificate can't be read") from error
    if not is_one:
        raise InvalidAuthority(reason="the certificate is not an authority's")
    if found.not_valid_after_utc <= utcnow():
        raise InvalidAuthority(reason="the certificate has expired")
    key = load_key(private_key, passphrase)
    if key_id(key.public_key()) != key_id(found.public_key()):
        raise InvalidAuthority(reason="the private key is not the certificate's")
    return Authority(found, key)


def certificate_pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM text."""
    return certificate.public_bytes(Encoding.PEM).decode()


def key_id(key: object) -> str:
    """Return what tells a public key from others."""
    digest = hashes.Hash(hashes.SHA256())
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest.update(key.public_bytes(*form))  # type: ignore[attr-defined]
    return digest.finalize().hex()


def common_name(name: x509.Name) -> str | None:
    """Return the common name, if there is one."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else None


def requested_key_id(request: str, name: str) -> str:
    """Return what tells the key of a request from others; raises InvalidCertificateRequest."""
    return key_id(_requested_key(request, name))


def _requested_key(pem: str, name: str) -> PublicKey:
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        is_proven = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidCertificateRequest(reason="it can't be read") from error
    if not is_proven:
        raise InvalidCertificateRequest(reason="its signature is wrong")
    asked = common_name(request.subject)
    if asked is not None and _device(asked.lower()) != _device(name):
        raise InvalidCertificateRequest(reason="its common name is another device's")
    match key:
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1() | ec.SECP384R1()):
            return key
        case rsa.RSAPublicKey(key_size=bits) if MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
            return key
    raise InvalidCertificateRequest(
        reason="the key must be ECDSA P-256 or P-384, or RSA of 2048 bits or more"
    )


def _device(name: str) -> str:
    return name.removeprefix(F2_NAME_PREFIX)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:MAX_NAME_LENGTH])])


def _signed(
    name: str,
    key: PublicKey,
    issuer: x509.Name,
    signing_key: PrivateKey,
    starts_at: datetime,
    expires_at: datetime,
    extensions: Iterable[Extension],
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts_at)
        .not_valid_after(expires_at)
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(signing_key, hashes.SHA256())
