"""The nkeys of users: Ed25519 keys as NATS writes them, in base32 with a prefix and a checksum."""

from base64 import b32decode, b32encode, b64encode
from binascii import Error as NotBase32, crc_hqx
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PREFIX_SEED: Final = 18 << 3
PREFIX_USER: Final = 20 << 3
KEY_LENGTH: Final = 32
CHECKSUM_LENGTH: Final = 2


class InvalidSeed(ValueError):
    """A text is not the seed of a user."""


class UserKey:
    """The key of a user: `public` is what the server knows him by."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        """Take a key."""
        self._private_key = private_key
        raw = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = _encoded(bytes([PREFIX_USER]) + raw)

    @classmethod
    def from_seed(cls, text: str) -> Self:
        """Read a seed, which begins with SU; raises InvalidSeed."""
        try:
            raw = b32decode(text.strip() + "=" * (-len(text.strip()) % 8))
        except (NotBase32, ValueError) as error:
            raise InvalidSeed("is not base32") from error
        body, checksum = raw[:-CHECKSUM_LENGTH], raw[-CHECKSUM_LENGTH:]
        if body[:2] != _SEED_OF_A_USER or len(body) != 2 + KEY_LENGTH:
            raise InvalidSeed("is not the seed of a user")
        if _checksum(body) != checksum:
            raise InvalidSeed("has a wrong checksum")
        return cls(Ed25519PrivateKey.from_private_bytes(body[2:]))

    def sign(self, nonce: str) -> bytes:
        """Return the signature of what a server asks for, in base64."""
        return b64encode(self._private_key.sign(nonce.encode()))


# The five bits of "seed" and the eight of whose, in two bytes.
_SEED_OF_A_USER: Final = bytes(
    [PREFIX_SEED | PREFIX_USER >> 5, (PREFIX_USER & 31) << 3]
)


def _checksum(body: bytes) -> bytes:
    return crc_hqx(body, 0).to_bytes(CHECKSUM_LENGTH, "little")


def _encoded(body: bytes) -> str:
    return b32encode(body + _checksum(body)).decode().rstrip("=")
