"""TLS contexts from PEM text."""

import asyncio
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory

from .errors import TlsMaterialInvalid
from .settings import BrokerSettings, TlsSettings


class InvalidMaterial(Exception):
    """A PEM text can't be used; the text says which."""


async def open_context(settings: BrokerSettings) -> ssl.SSLContext | None:
    """Return the TLS context for a broker, None for a plain connection; raises TlsMaterialInvalid."""
    if settings.tls is None:
        return None
    try:
        return await asyncio.get_running_loop().run_in_executor(
            None, build_context, settings.tls
        )
    except InvalidMaterial as error:
        raise TlsMaterialInvalid(
            host=settings.host, port=settings.port, reason=str(error)
        ) from None


def build_context(tls: TlsSettings) -> ssl.SSLContext:
    """Return a context that verifies chain and host name.

    Blocks on files: call it in an executor. Raises InvalidMaterial.
    """
    try:
        context = ssl.create_default_context(cadata=tls.ca)
    except ssl.SSLError, ValueError:
        raise InvalidMaterial("the certificate authority is not valid PEM") from None
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
            raise InvalidMaterial(
                "the client certificate and its private key are not valid PEM or do not belong together"
            ) from None
