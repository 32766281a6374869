"""The X.509 extensions of our certificates, and the names that stand in them."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
import re
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from .errors import InvalidName
from .keys import PublicKey

OWN_NAME: Final = "maestra"
"""Our own name on a broker; no device has it, since it is no MAC address."""

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
MAX_HOST_LENGTH: Final = 253


def general_name(text: str) -> x509.GeneralName:
    """Return a host name or an IP address as it stands in a certificate; raises InvalidName."""
    name = text.strip().strip("[]").lower()
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    name = name.removesuffix(".")
    if len(name) > MAX_HOST_LENGTH or not _HOST.fullmatch(name):
        raise InvalidName(name=text[:80])
    return x509.DNSName(name)


type Extension = tuple[x509.ExtensionType, bool]
"""What it says, and whether it is critical."""


def authority_extensions(key: PublicKey) -> Iterator[Extension]:
    """Return what makes a certificate an authority's, of which no other authority can be made."""
    yield x509.BasicConstraints(ca=True, path_length=0), True
    yield _usage(key_cert_sign=True, crl_sign=True), True
    yield x509.SubjectKeyIdentifier.from_public_key(key), False


def leaf_extensions(
    key: PublicKey, issuer: x509.Certificate, names: Iterable[x509.GeneralName]
) -> Iterator[Extension]:
    """Return what a device's certificate says, or with `names` a broker's."""
    names = list(names)
    purpose = (
        ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
    )
    yield x509.BasicConstraints(ca=False, path_length=None), True
    yield (
        _usage(
            digital_signature=True, key_encipherment=isinstance(key, rsa.RSAPublicKey)
        ),
        True,
    )
    yield x509.ExtendedKeyUsage([purpose]), False
    yield x509.SubjectKeyIdentifier.from_public_key(key), False
    yield issuer_identifier(issuer), False
    if names:
        yield x509.SubjectAlternativeName(names), False


def issuer_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return how certificates and lists name their authority."""
    found = _extension(issuer, x509.SubjectKeyIdentifier)
    if found is None:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate may sign others at all."""
    found = _extension(certificate, x509.BasicConstraints)
    return found is not None and found.value.ca


def strict_problems(certificate: x509.Certificate) -> list[str]:
    """Return why strict clients refuse what this authority signs; nothing where all take it."""
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    problems = []
    if constraints is None or not constraints.critical:
        problems.append("basic constraints are not critical")
    if usage is None:
        problems.append("there is no key usage")
    else:
        if not usage.critical:
            problems.append("the key usage is not critical")
        if not (usage.value.key_cert_sign and usage.value.crl_sign):
            problems.append(
                "the key usage lacks the signing of certificates or of revocation lists"
            )
    if _extension(certificate, x509.SubjectKeyIdentifier) is None:
        problems.append("there is no subject key identifier")
    return problems


def _extension[T: x509.ExtensionType](
    certificate: x509.Certificate, kind: type[T]
) -> x509.Extension[T] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def _usage(**uses: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: uses.get(name, False) for name in names})
