"""Private keys and their PEM text. What makes or reads an RSA key takes long: not for an event loop."""

from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from .errors import InvalidAuthority

type PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
type PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class KeyType(StrEnum):
    """The kinds of keys that we make."""

    ECDSA_P256 = "ecdsa_p256"
    RSA_2048 = "rsa_2048"


def generate_key(kind: KeyType) -> PrivateKey:
    """Return a new key."""
    if kind is KeyType.RSA_2048:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: PrivateKey, passphrase: str | None = None) -> str:
    """Return a key as PEM text (PKCS 8), encrypted if there is a passphrase."""
    encryption = (
        BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def load_key(pem: str, passphrase: str | None = None) -> PrivateKey:
    """Read the private key of an authority; raises InvalidAuthority."""
    try:
        key = load_pem_private_key(
            pem.encode(), passphrase.encode() if passphrase else None
        )
    except TypeError as error:
        reason = (
            "the private key is not encrypted"
            if passphrase
            else "the private key needs its passphrase"
        )
        raise InvalidAuthority(reason=reason) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        # The library's own words may have parts of the key in them.
        raise InvalidAuthority(
            reason="the private key or its passphrase is wrong"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise InvalidAuthority(reason="the private key is neither RSA nor ECDSA")
    return key
