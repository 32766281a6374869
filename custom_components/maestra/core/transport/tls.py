"""TLS settings as PEM text, and the contexts made of them."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Whom to trust and who we are, as PEM text.

    `ca` None: the system's authorities. `certificate` and `private_key` come together.
    """

    ca: str | None = None
    certificate: str | None = None
    private_key: str | None = field(default=None, repr=False)


class InvalidTlsMaterial(Exception):
    """A PEM text can't be used; the text says which."""


async def open_context(tls: TlsSettings | None) -> ssl.SSLContext | None:
    """Return the context of a client, None for a plain connection; raises InvalidTlsMaterial."""
    if tls is None:
        return None
    return await asyncio.get_running_loop().run_in_executor(None, build_context, tls)


def build_context(tls: TlsSettings) -> ssl.SSLContext:
    """Return a context that verifies chain and host name.

    Blocks on files: call it in an executor. Raises InvalidTlsMaterial.
    """
    try:
        context = ssl.create_default_context(cadata=tls.ca)
    except ssl.SSLError, ValueError:
        raise InvalidTlsMaterial("the certificate authority is not valid PEM") from None
    if tls.ca is not None:
        # Home-made authorities often lack the key identifiers that the strict mode wants.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if tls.certificate is not None:
        _load_client_certificate(context, tls.certificate, tls.private_key or "")
    return context


def _load_client_certificate(
    context: ssl.SSLContext, certificate: str, private_key: str
) -> None:
    # The ssl module reads a client certificate from files only; the folder is ours alone (0700).
    with TemporaryDirectory() as folder:
        chain, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        chain.write_text(certificate)
        key.write_text(private_key)
        try:
            context.load_cert_chain(chain, key, password="")
        except ssl.SSLError, ValueError:
            raise InvalidTlsMaterial(
                "the client certificate and its private key are not valid PEM or do not belong together"
            ) from None
