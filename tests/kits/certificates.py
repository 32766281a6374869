"""A certificate authority of our own, as PEM text."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALIDITY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key."""

    certificate: str
    private_key: str


class Authority:
    """Signs certificates for servers and clients."""

    def __init__(self, name: str = "Maestra test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        extensions = x509.BasicConstraints(ca=True, path_length=None)
        certificate = (
            _builder(self._name, self._name, self._key.public_key(), VALIDITY)
            .add_extension(extensions, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = _pem(certificate)
        """What others need to trust us."""

    def issue(
        self, name: str, *addresses: str, validity: timedelta = VALIDITY
    ) -> Identity:
        """Return an identity for a host (`name` and IP `addresses`) or a client (`name` alone).

        A negative validity makes an expired one.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [
                x509.DNSName(name),
                *(x509.IPAddress(ip_address(address)) for address in addresses),
            ]
        )
        certificate = (
            _builder(_name(name), self._name, key.public_key(), validity)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private_key = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Identity(_pem(certificate), private_key.decode())


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    validity: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * VALIDITY)
        .not_valid_after(now + validity)
    )
