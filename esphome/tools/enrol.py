"""Get a device a certificate from Maestra, and write it where its node is built from or runs with.

    python enrol.py http://homeassistant.local:8080 aa:bb:cc:dd:ee:01 --secrets secrets.yaml
    python enrol.py http://homeassistant.local:8080 aa:bb:cc:dd:ee:01 --folder certificates

Needs Python 3.11 or newer and the package `cryptography`. The key is made here and never leaves this computer; with
`--issue` the authority makes it, as that of the vendor's platform does.
"""

import argparse
from collections.abc import Mapping, Sequence
from http.client import HTTPException
import json
import os
from pathlib import Path
import re
import sys
from textwrap import dedent, indent
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

TIMEOUT_S = 30
MAX_ANSWER_BYTES = 256 * 1024
DEFAULT_PREFIX = "f2_"
CERTIFICATE = "certificate"
PRIVATE_KEY = "private_key"
AUTHORITY = "certificate_authority"
FILES = {AUTHORITY: "ca.crt", CERTIFICATE: "client.crt", PRIVATE_KEY: "client.key"}
"""The files that a node on a PC connects with (`host_mqtt: certificates:`)."""
INDENT = "  "

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class EnrolmentError(Exception):
    """Why there is no certificate, for people."""


def digits_of(mac: str) -> str:
    """Return the twelve lower-case digits of a MAC address, however it is written. Raises EnrolmentError."""
    digits = re.sub(r"[:-]", "", mac.strip()).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise EnrolmentError(f"{mac} is no MAC address")
    return digits


def colon_form(digits: str) -> str:
    """Return a MAC address as the authority asks for it."""
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def asked(url: str, body: Mapping[str, str]) -> dict[str, Any]:
    """Ask the authority. Raises EnrolmentError."""
    request = Request(
        url,
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urlopen(request, timeout=TIMEOUT_S) as response:
            answer = json.loads(response.read(MAX_ANSWER_BYTES))
    except HTTPError as error:
        raise EnrolmentError(
            f"{url} answers {error.code}: {_detail(error.read(MAX_ANSWER_BYTES))}"
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        raise EnrolmentError(f"{url}: {error}") from None
    if not isinstance(answer, dict):
        raise EnrolmentError(f"{url} answers something else than an object")
    return answer


def _detail(body: bytes) -> str:
    """Return the reason that a refusal gives."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def enrolled(
    url: str, mac: str, *, code: str | None, kept_key: str | None, issue: bool
) -> dict[str, str]:
    """Return certificate, key and authority (PEM) of a device. Raises EnrolmentError.

    With `kept_key`, that of its last certificate, a device renews it; no window has to be open for that.
    """
    body = {"mac": colon_form(mac)} | ({"code": code} if code else {})
    if issue:
        answer = asked(f"{url}/issue", body)
        private_key = str(answer.get("private_key"))
    else:
        key = (
            _read_key(kept_key) if kept_key else ec.generate_private_key(ec.SECP256R1())
        )
        answer = asked(f"{url}/enrol", {**body, "csr": _request(mac, key)})
        private_key = (
            kept_key
            or key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ).decode()
        )
    found = {
        AUTHORITY: str(answer.get("ca_cert")),
        CERTIFICATE: str(answer.get("client_cert")),
        PRIVATE_KEY: private_key,
    }
    check(mac, found)
    return found


def _read_key(pem: str) -> Key:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise EnrolmentError(f"the key that is there can't be read: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise EnrolmentError("the key that is there is of another kind")
    return key


def _request(mac: str, key: Key) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, mac)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def check(mac: str, found: Mapping[str, str]) -> None:
    """See that the certificate is this device's, of this key and of this authority. Raises EnrolmentError."""
    try:
        certificate = x509.load_pem_x509_certificate(found[CERTIFICATE].encode())
        authority = x509.load_pem_x509_certificate(found[AUTHORITY].encode())
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        raise EnrolmentError("the answer is no certificate of that authority") from None
    (name,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if str(name.value).removeprefix("f2-") != mac:
        raise EnrolmentError(f"the certificate is that of {name.value}")
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    own = _read_key(found[PRIVATE_KEY]).public_key()
    if certificate.public_key().public_bytes(*form) != own.public_bytes(*form):
        raise EnrolmentError("the certificate is that of another key")


def replaced(text: str, secrets: Mapping[str, str]) -> str:
    """Return a `secrets.yaml` with these secrets in place of those of their names; all others stay as they are."""
    for name, value in secrets.items():
        block = _block(name, value)
        if span := _span(text, name):
            text = text[: span[0]] + block + text[span[1] :]
        else:
            text += ("" if not text or text.endswith("\n") else "\n") + block
    return text


def kept(text: str, name: str) -> str | None:
    """Return a secret of several lines as `replaced` has written it."""
    if not (span := _span(text, name)):
        return None
    first, *lines = text[span[0] : span[1]].splitlines()
    if not first.rstrip().endswith("|"):
        return None
    return dedent("".join(f"{line}\n" for line in lines))


def _block(name: str, value: str) -> str:
    if "\n" not in value:
        return f'{name}: "{value}"\n'
    return f"{name}: |\n{indent(value.rstrip(), INDENT)}\n"


def _span(text: str, name: str) -> tuple[int, int] | None:
    """Return where a secret stands: its line, and those below it that are indented."""
    found = re.search(
        rf"^{re.escape(name)}[ \t]*:.*(?:\n[ \t]+\S.*)*(?:\n|\Z)", text, re.MULTILINE
    )
    return found.span() if found else None


def write(path: Path, text: str) -> None:
    """Put a file in place of another at once; only its owner reads it."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as file:
        file.write(text)
    fresh.replace(path)


def into_secrets(path: Path, prefix: str, url: str, mac: str, **options: Any) -> None:
    """Get a certificate into a `secrets.yaml`."""
    text = path.read_text() if path.exists() else ""
    key = kept(text, f"{prefix}{PRIVATE_KEY}")
    found = enrolled(url, mac, kept_key=key, **options)
    secrets = {"mac": mac, **found}
    write(path, replaced(text, {f"{prefix}{name}": it for name, it in secrets.items()}))


def into_folder(folder: Path, url: str, mac: str, **options: Any) -> None:
    """Get a certificate into a folder of its own."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILES[PRIVATE_KEY]
    key = path.read_text() if path.exists() else None
    found = enrolled(url, mac, kept_key=key, **options)
    for name, file in FILES.items():
        write(folder / file, found[name])


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Get a device a certificate from Maestra's authority."
    )
    parser.add_argument("url", help="of the Fleet API: http://homeassistant.local:8080")
    parser.add_argument("mac", help="MAC address of the device")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--secrets", type=Path, metavar="FILE",
        help="secrets.yaml of ESPHome; what else is in it stays as it is",
    )  # fmt: skip
    where.add_argument(
        "--folder", type=Path, help="where a node on a PC has its certificate"
    )
    parser.add_argument("--code", help="claiming code")
    parser.add_argument(
        "--issue", action="store_true",
        help="let the authority make the key, and send it over the network",
    )  # fmt: skip
    parser.add_argument(
        "--prefix", default=DEFAULT_PREFIX, help="of the secrets' names"
    )
    return parser.parse_args(arguments)


def main(options: argparse.Namespace) -> None:
    """Do it. Raises EnrolmentError."""
    url, mac = options.url.rstrip("/"), digits_of(options.mac)
    more = {"code": options.code, "issue": options.issue}
    if options.secrets:
        into_secrets(options.secrets, options.prefix, url, mac, **more)
    else:
        into_folder(options.folder, url, mac, **more)
    print(f"{mac} has its certificate in {options.secrets or options.folder}")


if __name__ == "__main__":
    try:
        main(parsed())
    except EnrolmentError as error:
        sys.exit(str(error))
