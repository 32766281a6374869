"""Certificates over HTTP, as the reference's service gives them and better (f2.md §3)."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import logging
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.pki.authority import common_name
from custom_components.maestra.core.pki.enrolment import (
    ASKED_AT_ONCE,
    CLOSED,
    CODE_NEEDED,
    GUESSED_AT_ONCE,
    MAX_CODES,
    RENEWAL_NEEDS_KEY,
    SIGNED_OF_ONE_AT_ONCE,
    WRONG_CODE,
    ClaimingCode,
    Enrolment,
    Standing,
)
from custom_components.maestra.core.pki.errors import EnrolmentBusy, EnrolmentRefused
from custom_components.maestra.core.pki.keys import KeyType
from custom_components.maestra.core.pki.register import MAX_OF_ONE, Register
from custom_components.maestra.core.pki.service import CertificateService
from custom_components.maestra.core.transport.access import Access

from ...kits.fleet import FleetKit
from ...kits.pki import COLON_MAC, MAC, OTHER_MAC, new_key, new_request, new_service

MINUTES = timedelta(minutes=10)
DAY = timedelta(days=1)


@pytest.fixture
def service() -> CertificateService:
    """An authority that lets nobody in yet."""
    return new_service()


@pytest.fixture
async def fleet(
    service: CertificateService,
) -> AsyncGenerator[FleetKit]:
    """A Fleet API that wants a token for everything else."""
    async with FleetKit.running(access=Access(token="secret")) as kit:
        kit.api.certificates = lambda: service
        yield kit


async def asks(fleet: FleetKit, mac: str = COLON_MAC, **more: Any) -> Any:
    return await fleet.post("/issue", {"mac": mac, **more})


async def test_a_device_is_given_a_certificate_while_the_window_is_open(
    fleet: FleetKit, service: CertificateService
) -> None:
    service.enrolment.open(MINUTES)
    status, answer = await asks(fleet, "AA:BB:CC:DD:EE:01")
    assert status == 200
    assert list(answer) == [
        "mac",
        "client_cert",
        "private_key",
        "ca_cert",
        "expires_at",
    ]
    assert answer["mac"] == "AA:BB:CC:DD:EE:01"
    certificate = x509.load_pem_x509_certificate(answer["client_cert"].encode())
    assert common_name(certificate.subject) == MAC
    key = load_pem_private_key(answer["private_key"].encode(), None)
    assert key.public_key() == certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert answer["ca_cert"] == service.authority.pem
    told = datetime.fromisoformat(answer["expires_at"])
    assert answer["expires_at"].endswith("Z")
    assert told == certificate.not_valid_after_utc
    assert service.counters.as_dict() == {"issued": 1, "enrolled": 1}


async def test_the_reference_firmware_is_given_rsa(
    fleet: FleetKit, service: CertificateService
) -> None:
    service.rules = new_service(key_type=KeyType.RSA_2048).rules
    service.enrolment.open(MINUTES)
    _, answer = await asks(fleet)
    key = load_pem_private_key(answer["private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)


async def test_nobody_is_let_in_outside_the_window(
    fleet: FleetKit, service: CertificateService, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert await asks(fleet) == (403, {"detail": CLOSED})
    assert fleet.api.counters["refused_enrolment_refused"] == 3
    assert caplog.text.count(CLOSED) == 1
    service.enrolment.open(MINUTES)
    assert (await asks(fleet))[0] == 200
    service.enrolment.close()
    assert (await asks(fleet))[0] == 403


async def test_every_certificate_has_a_key_of_its_own(
    fleet: FleetKit, service: CertificateService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.enrolment.open(MINUTES)
    (_, first), (_, second) = (
        await asks(fleet),
        await asks(fleet, "aa:bb:cc:dd:ee:02"),
    )
    assert first["private_key"] != second["private_key"]
    for answer in (first, second):
        assert answer["private_key"].splitlines()[1] not in caplog.text


@pytest.mark.parametrize("mac", ["aabbccddee01", "aa-bb-cc-dd-ee-01", "", "x"])
async def test_a_mac_address_has_colons(
    fleet: FleetKit, service: CertificateService, mac: str
) -> None:
    service.enrolment.open(MINUTES)
    assert await asks(fleet, mac) == (400, {"detail": "Invalid MAC format"})


@pytest.mark.parametrize("body", [{}, {"mac": 7}, {"mac": None}, [], "x"])
async def test_a_body_that_is_none_is_refused(fleet: FleetKit, body: Any) -> None:
    assert (await fleet.post("/issue", body))[0] == 422


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mac=st.text(max_size=80))
async def test_no_mac_address_breaks_it(mac: str) -> None:
    async with FleetKit.running() as fleet:
        service = new_service()
        fleet.api.certificates = lambda: service
        assert (await asks(fleet, mac))[0] in {400, 403, 422}


async def test_without_an_authority_there_is_nothing(fleet: FleetKit) -> None:
    fleet.api.certificates = lambda: None
    unavailable = (503, {"detail": "No certificate authority is set up"})
    assert await asks(fleet) == unavailable
    assert await fleet.get("/ca.crt") == unavailable
    assert await fleet.get("/ca.crl") == unavailable


async def test_everything_else_still_wants_the_token(fleet: FleetKit) -> None:
    for path in ("/entities", "/health", "/issue/x"):
        assert (await fleet.get(path))[0] == 401


async def test_whom_to_trust_is_told(
    fleet: FleetKit, service: CertificateService
) -> None:
    assert await fleet.get("/ca.crt") == (200, service.authority.pem)
    assert (await fleet.get("/ca.crl"))[0] == 503
    await service.maintain()
    status, pem = await fleet.get("/ca.crl")
    assert status == 200
    crl = x509.load_pem_x509_crl(pem.encode())
    assert list(crl) == []
    assert crl.is_signature_valid(service.authority.certificate.public_key())  # type: ignore[arg-type]


async def test_what_is_revoked_is_on_the_list(service: CertificateService) -> None:
    await service.maintain()
    first = await service.issue_device(MAC)
    await service.issue_device(OTHER_MAC)
    (revoked,) = await service.revoke(mac=MAC)
    assert revoked.serial == first.certificate.serial_number
    assert service.crl
    assert service.crl.number == 2
    (line,) = x509.load_pem_x509_crl(service.crl.pem.encode())
    assert line.serial_number == revoked.serial


# Devices with keys of their own.


async def test_a_device_keeps_its_key_to_itself(
    fleet: FleetKit, service: CertificateService
) -> None:
    key = new_key()
    body = {"mac": MAC, "csr": new_request(MAC, key)}
    assert await fleet.post("/enrol", body) == (403, {"detail": CLOSED})
    service.enrolment.open(MINUTES)
    status, answer = await fleet.post("/enrol", body)
    assert status == 200
    assert list(answer) == ["client_cert", "ca_cert", "expires_at"]
    certificate = x509.load_pem_x509_certificate(answer["client_cert"].encode())
    assert certificate.public_key() == key.public_key()


async def test_a_device_renews_with_its_key_at_any_time(
    fleet: FleetKit, service: CertificateService
) -> None:
    key = new_key()
    await service.sign_request(MAC, new_request(MAC, key))
    renewal = {"mac": MAC, "csr": new_request(MAC, key)}
    assert (await fleet.post("/enrol", renewal))[0] == 200
    assert service.counters["renewed"] == 1
    # Not for another device, and not once it is revoked.
    foreign = {"mac": OTHER_MAC, "csr": new_request(OTHER_MAC, key)}
    assert (await fleet.post("/enrol", foreign))[0] == 403
    await service.revoke(mac=MAC)
    assert (await fleet.post("/enrol", renewal))[0] == 403


async def test_a_request_that_is_none_uses_no_code_up(
    fleet: FleetKit, service: CertificateService
) -> None:
    code = service.enrolment.new_code(DAY)
    body = {"mac": MAC, "csr": "nothing", "code": code}
    status, answer = await fleet.post("/enrol", body)
    assert status == 400
    assert "can't be read" in answer["detail"]
    assert (await asks(fleet, code=code))[0] == 200


# Who may ask.


async def test_a_listed_device_needs_the_window_and_no_code_once(
    fleet: FleetKit,
) -> None:
    service = new_service(enrolment=Enrolment(allowed=[MAC], needs_code=True))
    fleet.api.certificates = lambda: service
    assert await asks(fleet) == (403, {"detail": CLOSED})
    service.enrolment.open(MINUTES)
    needs_code = (403, {"detail": CODE_NEEDED})
    assert await asks(fleet, "aa:bb:cc:dd:ee:02") == needs_code
    assert (await asks(fleet))[0] == 200
    assert await asks(fleet) == (403, {"detail": RENEWAL_NEEDS_KEY})
    # Whose certificate was taken away is not let in by being listed.
    await service.revoke(mac=MAC)
    assert await asks(fleet) == needs_code


@pytest.mark.parametrize("needs_code", [False, True])
@pytest.mark.parametrize("is_listed", [False, True])
@pytest.mark.parametrize("path", ["/issue", "/enrol"])
async def test_nobody_poses_as_a_device_that_has_a_certificate(
    fleet: FleetKit, needs_code: bool, is_listed: bool, path: str
) -> None:
    """Neither while the window is open nor by the list: only with its key, or a code."""
    enrolment = Enrolment(allowed=[MAC] * is_listed, needs_code=needs_code)
    service = new_service(enrolment=enrolment)
    fleet.api.certificates = lambda: service
    key = new_key()
    await service.sign_request(MAC, new_request(MAC, key))
    service.enrolment.open(MINUTES)
    body = {"mac": COLON_MAC, "csr": new_request(MAC)}
    assert await fleet.post(path, body) == (403, {"detail": RENEWAL_NEEDS_KEY})
    renewal = {"mac": MAC, "csr": new_request(MAC, key)}
    assert (await fleet.post("/enrol", renewal))[0] == 200
    code = service.enrolment.new_code(DAY, MAC)
    assert (await fleet.post(path, {**body, "code": code}))[0] == 200


async def test_a_code_lets_one_device_in_once(
    fleet: FleetKit, service: CertificateService
) -> None:
    code = service.enrolment.new_code(DAY, MAC)
    wrong = (403, {"detail": WRONG_CODE})
    assert await asks(fleet, "aa:bb:cc:dd:ee:02", code=code) == wrong
    assert (await asks(fleet, code=code.lower().replace("-", " ")))[0] == 200
    assert await asks(fleet, code=code) == wrong


async def test_a_code_may_be_needed(fleet: FleetKit) -> None:
    service = new_service(enrolment=Enrolment(needs_code=True))
    fleet.api.certificates = lambda: service
    service.enrolment.open(MINUTES)
    assert await asks(fleet) == (403, {"detail": CODE_NEEDED})
    code = service.enrolment.new_code(DAY)
    assert (await asks(fleet, code=code))[0] == 200


async def test_a_code_is_kept_where_no_certificate_came_of_it(
    service: CertificateService,
) -> None:
    for _ in range(MAX_OF_ONE):
        await service.issue_device(MAC)
    code = service.enrolment.new_code(DAY)
    with pytest.raises(Exception, match="at most 16 valid certificates"):
        await service.issue(MAC, code)
    await service.issue(OTHER_MAC, code)


def test_codes_outlive_a_restart_and_are_not_kept_themselves() -> None:
    enrolment = Enrolment()
    code = enrolment.new_code(DAY, MAC)
    kept = [known.as_data() for known in enrolment.codes]
    assert code.replace("-", "") not in str(kept)
    again = Enrolment(codes=map(ClaimingCode.from_data, kept))
    assert again.admit(MAC, code)


def test_codes_expire_and_are_bounded() -> None:
    enrolment = Enrolment()
    late = enrolment.new_code(timedelta(0))
    with pytest.raises(EnrolmentRefused):
        enrolment.admit(MAC, late)
    for _ in range(MAX_CODES):
        enrolment.new_code(DAY)
    with pytest.raises(Exception, match="at most"):
        enrolment.new_code(DAY)


def test_guessing_takes_long() -> None:
    enrolment = Enrolment(clock=lambda: 0.0)
    code = enrolment.new_code(DAY)
    for _ in range(GUESSED_AT_ONCE):
        with pytest.raises(EnrolmentRefused):
            enrolment.admit(MAC, "wrong")
    with pytest.raises(EnrolmentBusy):
        enrolment.admit(MAC, "wrong", address="10.0.0.1")
    assert enrolment.admit(MAC, code, address="10.0.0.1")


async def test_too_many_are_told_to_come_again(
    fleet: FleetKit, service: CertificateService
) -> None:
    service.enrolment.open(MINUTES)
    for _ in range(ASKED_AT_ONCE):
        with pytest.raises(EnrolmentRefused):
            service.enrolment.admit(
                MAC, None, address="127.0.0.1", standing=Standing.CERTIFIED
            )
    assert (await asks(fleet))[0] == 429


def test_who_asks_too_much_keeps_nobody_else_waiting() -> None:
    """Whatever is asked, for whichever device, from one address: others are served at once."""
    enrolment = Enrolment(clock=lambda: 0.0)
    for number in range(500):
        with pytest.raises((EnrolmentRefused, EnrolmentBusy)):
            enrolment.admit(f"{number:012x}", None, address="10.0.0.66")
    enrolment.open(MINUTES)
    for number in range(500):
        with pytest.raises(EnrolmentBusy):
            enrolment.admit(f"{number:012x}", None, address="10.0.0.66")
    # In its name from elsewhere, without being let in.
    for number in range(50):
        with pytest.raises(EnrolmentRefused):
            enrolment.admit(
                MAC, None, address=f"10.0.1.{number}", standing=Standing.CERTIFIED
            )
    enrolment.admit(MAC, None, address="10.0.0.1")


def test_one_device_is_given_few_certificates_at_a_time() -> None:
    enrolment = Enrolment(clock=lambda: 0.0)
    enrolment.open(MINUTES)
    for number in range(SIGNED_OF_ONE_AT_ONCE):
        enrolment.admit(MAC, None, address=f"10.0.0.{number}")
    with pytest.raises(EnrolmentBusy):
        enrolment.admit(MAC, None, address="10.0.0.99")
    enrolment.admit(OTHER_MAC, None, address="10.0.0.99")


def test_a_code_is_not_used_up_by_who_is_told_to_wait() -> None:
    now = [0.0]
    enrolment = Enrolment(clock=lambda: now[0])
    code = enrolment.new_code(DAY)
    for number in range(SIGNED_OF_ONE_AT_ONCE):
        proved = Standing.PROVED
        enrolment.admit(MAC, None, address=f"10.0.0.{number}", standing=proved)
    with pytest.raises(EnrolmentBusy):
        enrolment.admit(MAC, code, address="10.0.0.99")
    now[0] = 1e6
    assert enrolment.admit(MAC, code, address="10.0.0.99")


def test_the_window_closes_by_itself() -> None:
    now = [0.0]
    enrolment = Enrolment(clock=lambda: now[0])
    enrolment.open(MINUTES)
    now[0] = 599
    assert enrolment.is_open
    now[0] = 600
    assert not enrolment.is_open


# What is known of certificates.


async def test_what_was_issued_is_known_after_a_restart(
    service: CertificateService,
) -> None:
    signed = await service.issue_device(MAC)
    await service.revoke(mac=MAC)
    kept = [issued.as_data() for issued in service.register]
    assert signed.private_key
    assert signed.private_key.splitlines()[1] not in str(kept)
    again = Register(map(type(next(iter(service.register))).from_data, kept))
    assert [issued.as_data() for issued in again] == kept
    assert again.revoked == service.register.revoked


async def test_what_has_expired_is_forgotten(service: CertificateService) -> None:
    await service.issue_device(MAC, lifetime=timedelta(seconds=-1))
    await service.maintain()
    assert len(service.register) == 0


async def test_a_certificate_is_due_in_the_last_third(
    service: CertificateService,
) -> None:
    await service.issue_device(MAC, lifetime=timedelta(days=30))
    (issued,) = service.register
    assert not issued.is_due(utcnow() + timedelta(days=19))
    assert issued.is_due(utcnow() + timedelta(days=21))
