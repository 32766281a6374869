"""What the authority signs, as OpenSSL and Python's strictest clients see it."""

from datetime import timedelta
from pathlib import Path
import ssl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import example, given, strategies as st
import pytest

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.domain.errors import InvalidMac
from custom_components.maestra.core.domain.names import bare_mac, colon_mac
from custom_components.maestra.core.pki.authority import (
    Authority,
    Revocation,
    create_authority,
    load_authority,
    requested_key_id,
)
from custom_components.maestra.core.pki.errors import (
    InvalidAuthority,
    InvalidCertificateRequest,
    InvalidName,
)
from custom_components.maestra.core.pki.extensions import general_name
from custom_components.maestra.core.pki.keys import KeyType, private_pem

from ...kits.pki import (
    MAC,
    YEARS,
    client_context,
    files,
    handshake,
    new_authority,
    new_key,
    new_request,
    openssl,
    reference_authority,
)

YEAR = timedelta(days=365)
DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=list(KeyType))
def authority(request: pytest.FixtureRequest) -> Authority:
    """One of each kind of key."""
    return new_authority(request.param)


@pytest.mark.parametrize("kind", list(KeyType))
def test_openssl_takes_what_is_signed(
    authority: Authority, kind: KeyType, tmp_path: Path
) -> None:
    device = authority.issue_pair(MAC, kind, YEAR)
    broker = authority.issue_pair("mqtt-broker", kind, YEAR, ["broker", "192.0.2.7"])
    crl = authority.make_crl([], 1, YEAR)
    found = files(
        tmp_path, ca=authority.pem, device=device.pem, broker=broker.pem, crl=crl
    )
    strict = ("verify", "-x509_strict", "-crl_check", "-CAfile", found["ca"])
    lists = ("-CRLfile", found["crl"])
    assert openssl(*strict, *lists, "-purpose", "sslclient", found["device"])[0]
    assert openssl(*strict, *lists, "-purpose", "sslserver", found["broker"])[0]
    # Nobody plays the other's part.
    assert not openssl(*strict, *lists, "-purpose", "sslserver", found["device"])[0]
    assert not openssl(*strict, *lists, "-purpose", "sslclient", found["broker"])[0]


def test_openssl_refuses_what_is_revoked(authority: Authority, tmp_path: Path) -> None:
    device = authority.issue_pair(MAC, KeyType.ECDSA_P256, YEAR)
    revoked = [Revocation(device.certificate.serial_number, utcnow())]
    crl = authority.make_crl(revoked, 2, YEAR)
    found = files(tmp_path, ca=authority.pem, device=device.pem, crl=crl)
    strict = ("verify", "-x509_strict", "-crl_check", "-CAfile", found["ca"])
    is_content, said = openssl(*strict, "-CRLfile", found["crl"], found["device"])
    assert not is_content
    assert "certificate revoked" in said


def test_python_takes_both_sides(authority: Authority, tmp_path: Path) -> None:
    hosts = ["core-mosquitto", "127.0.0.1"]
    broker = authority.issue_pair("mqtt-broker", KeyType.ECDSA_P256, YEAR, hosts)
    device = authority.issue_pair(MAC, KeyType.RSA_2048, YEAR)
    client = client_context(tmp_path, authority.pem, device)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem)
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= ssl.VERIFY_X509_STRICT
    own = files(tmp_path, server=broker.pem, server_key=broker.private_key)
    server.load_cert_chain(own["server"], own["server_key"])
    for host in hosts:
        handshake(server, client, host)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(server, client, "somewhere-else")


def test_a_certificate_names_the_device_and_no_more() -> None:
    device = new_authority().issue_pair(MAC, KeyType.ECDSA_P256, YEAR)
    assert device.certificate.subject.rfc4514_string() == f"CN={MAC}"
    assert MAC not in repr(device)
    assert device.private_key
    assert device.private_key[30:60] not in repr(device)


def test_serial_numbers_are_random() -> None:
    authority = new_authority()
    serials = {
        authority.issue_pair(
            MAC, KeyType.ECDSA_P256, YEAR
        ).certificate.serial_number.bit_length()
        > 100
        for _ in range(5)
    }
    assert serials == {True}


def test_the_reference_firmware_gets_rsa() -> None:
    device = new_authority().issue_pair(MAC, KeyType.RSA_2048, YEAR)
    key = load_pem_private_key((device.private_key or "").encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048


def test_nothing_outlives_its_authority() -> None:
    authority = create_authority("Short", KeyType.ECDSA_P256, 30 * DAY)
    device = authority.issue_pair(MAC, KeyType.ECDSA_P256, YEAR)
    assert device.expires_at == authority.expires_at


# Keeping and importing.


def test_an_authority_is_kept_encrypted() -> None:
    authority = new_authority()
    kept = authority.private_pem("pass phrase")
    assert "ENCRYPTED PRIVATE KEY" in kept
    assert load_authority(authority.pem, kept, "pass phrase").pem == authority.pem
    for wrong in ("other", None):
        with pytest.raises(InvalidAuthority, match="passphrase"):
            load_authority(authority.pem, kept, wrong)


def test_the_reference_authority_is_taken_with_its_problems(tmp_path: Path) -> None:
    certificate, key = reference_authority()
    authority = load_authority(certificate, key)
    assert authority.problems == [
        "basic constraints are not critical",
        "there is no key usage",
    ]
    device = authority.issue_pair(MAC, KeyType.RSA_2048, YEAR)
    found = files(tmp_path, ca=certificate, device=device.pem)
    assert openssl("verify", "-CAfile", found["ca"], found["device"])[0]
    assert not openssl(
        "verify", "-x509_strict", "-CAfile", found["ca"], found["device"]
    )[0]


def test_our_own_authority_has_no_problems(authority: Authority) -> None:
    assert authority.problems == []


def test_what_is_no_authority_is_refused() -> None:
    authority, other = new_authority(), new_authority()
    leaf = authority.issue_pair(MAC, KeyType.ECDSA_P256, YEAR)
    key = authority.private_pem("p")
    for certificate, private_key, reason in (
        ("nothing", key, "can't be read"),
        (leaf.pem, leaf.private_key or "", "not an authority's"),
        (other.pem, key, "not the certificate's"),
        (authority.pem, "nothing", "wrong"),
    ):
        with pytest.raises(InvalidAuthority, match=reason):
            load_authority(
                certificate, private_key, "p" if private_key is key else None
            )
    expired = create_authority("Old", KeyType.ECDSA_P256, timedelta(0))
    with pytest.raises(InvalidAuthority, match="expired"):
        load_authority(expired.pem, expired.private_pem("p"), "p")


# Requests.


def test_a_request_is_signed_under_the_name_of_the_device() -> None:
    key = new_key()
    signed = new_authority().issue_for_request(MAC, new_request(MAC, key), YEAR)
    assert signed.private_key is None
    assert signed.certificate.public_key() == key.public_key()
    usage = signed.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert not usage.value.ca


def test_requests_that_are_none_are_refused() -> None:
    authority = new_authority()
    small = ec.generate_private_key(ec.SECP192R1())
    broken = new_request(MAC).replace("A", "B", 1)
    for request in (
        "nothing",
        new_request("aabbccddee99"),
        new_request(MAC, small),
        broken,
    ):
        with pytest.raises(InvalidCertificateRequest):
            authority.issue_for_request(MAC, request, YEAR)


@given(
    st.text(max_size=200)
    | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
)
def test_no_text_breaks_the_reading_of_requests(text: str) -> None:
    for request in (
        text,
        f"-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n",
    ):
        with pytest.raises(InvalidCertificateRequest):
            requested_key_id(request, MAC)


# Names.


@given(st.binary(min_size=6, max_size=6), st.booleans())
@example(b"\xf2\0\0\0\0\0", False)
def test_every_mac_address_is_read(raw: bytes, is_upper: bool) -> None:
    text = raw.hex(":")
    written = text.upper() if is_upper else text
    assert colon_mac(written) == raw.hex()
    for form in (written, raw.hex("-"), raw.hex(), f"f2-{raw.hex()}"):
        assert bare_mac(form) == raw.hex()


@given(st.text(max_size=30))
def test_what_is_no_mac_address_never_becomes_one(text: str) -> None:
    for read in (colon_mac, bare_mac):
        try:
            found = read(text)
        except InvalidMac:
            continue
        assert len(bytes.fromhex(found)) == 6


@pytest.mark.parametrize(
    "text",
    [
        "aabbccddee01",
        "aa-bb-cc-dd-ee-01",
        "aa:bb:cc:dd:ee",
        "aa:bb:cc:dd:ee:0g",
        "aa:bb:cc:dd:ee:01\n",
        "",
        "ａａ:bb:cc:dd:ee:01",
    ],
)
def test_issue_knows_the_colon_form_only(text: str) -> None:
    with pytest.raises(InvalidMac):
        colon_mac(text)


@pytest.mark.parametrize(
    "text", ["", "a b", "a\nb", "*.lan", "-a", "a..b", "x" * 300, "ä"]
)
def test_names_that_no_broker_has(text: str) -> None:
    with pytest.raises(InvalidName):
        general_name(text)


def test_names_that_brokers_have() -> None:
    assert general_name("[FE80::1]").value.version == 6
    assert general_name("Core-Mosquitto.").value == "core-mosquitto"


def test_keys_are_made_without_a_passphrase_for_the_hand_over() -> None:
    assert "BEGIN PRIVATE KEY" in private_pem(new_key())
    assert YEARS > YEAR
