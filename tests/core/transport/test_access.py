"""Who may use a listener, and what the log has of who may not."""

import asyncio
import logging

import pytest

from custom_components.maestra.core.bus import Counters
from custom_components.maestra.core.transport import access as module
from custom_components.maestra.core.transport.access import (
    LOOPBACK,
    Access,
    AccessControl,
    RejectionLog,
    networks,
)

from ...kits.process import PATIENCE


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "::1%lo"]
)
def test_this_machine_may_come_by_default(address: str) -> None:
    assert Access().admits(address)


@pytest.mark.parametrize(
    "address", ["192.168.1.7", "fe80::1", "8.8.8.8", "", None, "nonsense", "127.0.0.1x"]
)
def test_nobody_else_may(address: str | None) -> None:
    assert not Access().admits(address)


def test_networks_are_opened_one_by_one() -> None:
    access = Access(networks=networks(["192.168.1.0/24", "10.0.0.5", " fe80::/10 "]))

    assert access.admits("192.168.1.7")
    assert access.admits("::ffff:192.168.1.7")
    assert access.admits("10.0.0.5")
    assert access.admits("fe80::7%eth0")
    assert not access.admits("10.0.0.6")
    assert not access.admits("127.0.0.1")


@pytest.mark.parametrize("text", ["stage", "10.0.0.0/64", "1.2.3", ""])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError):
        networks([text])


def test_a_token_must_be_right_where_there_is_one() -> None:
    assert Access().accepts_token(None)
    assert Access(token="s3cret").accepts_token("s3cret")
    assert not Access(token="s3cret").accepts_token(None)
    assert not Access(token="s3cret").accepts_token("S3cret")
    assert not Access(token="s3cret").accepts_token("gehëim")
    assert "s3cret" not in repr(Access(token="s3cret"))


@pytest.mark.parametrize(
    ("host", "is_welcome"),
    [
        ("10.0.0.2:8080", True),
        ("[fd00::2]:8080", True),
        ("show:8080", True),
        ("maestra-server.local:8080", True),
        ("evil.example:8080", False),
        ("10.0.0.2.evil.example", False),
    ],
)
def test_a_page_of_our_own_has_a_local_name(host: str, is_welcome: bool) -> None:
    assert Access().accepts_origin(f"http://{host}", host) is is_welcome


@pytest.mark.parametrize(
    ("origins", "origin", "is_welcome"),
    [
        ((), None, True),
        ((), "http://show:8080", True),
        ((), "http://evil.example", False),
        ((), "null", False),
        (("http://panel:3000",), "http://panel:3000", True),
        (("http://panel:3000",), "http://panel:3001", False),
        (("*",), "http://evil.example", True),
    ],
)
def test_pages_of_other_origins(
    origins: tuple[str, ...], origin: str | None, is_welcome: bool
) -> None:
    access = Access(origins=origins)

    assert access.accepts_origin(origin, "show:8080") is is_welcome


def test_each_address_has_its_own_rate() -> None:
    access_control = AccessControl(
        "A listener", Access(rate=0.001, burst=2), Counters()
    )

    assert [access_control.within_rate("10.0.0.1") for _ in range(3)] == [
        True,
        True,
        False,
    ]
    assert access_control.within_rate("10.0.0.2")


def test_there_may_be_no_limit() -> None:
    access_control = AccessControl("A listener", Access(rate=0, burst=0), Counters())

    assert all(access_control.within_rate("10.0.0.1") for _ in range(100))


def test_many_addresses_do_not_fill_the_memory() -> None:
    access_control = AccessControl("A listener", Access(), Counters())

    for number in range(10_000):
        access_control.within_rate(f"10.0.{number // 250}.{number % 250}")

    assert len(access_control._rates) <= 4_096


def test_who_is_turned_away_is_counted_and_logged_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counters = Counters()
    access_control = AccessControl(
        "The stage door", Access(networks=LOOPBACK), counters
    )

    for _ in range(3):
        access_control.reject("8.8.8.8", "not_allowed", "not in an allowed network")

    assert counters.as_dict() == {"refused": 3, "refused_not_allowed": 3}
    warnings = [it for it in caplog.records if it.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "The stage door" in warnings[0].getMessage()
    assert "8.8.8.8" in warnings[0].getMessage()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log has of refusals."""
    return [it.getMessage() for it in caplog.records if " refused " in it.getMessage()]


async def test_refusals_are_summed_up_each_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many clients there are, and of all that came until the minute was over."""
    monkeypatch.setattr(module, "SUMMARY_INTERVAL", 0.05)
    log = RejectionLog("The stage door", Counters())
    for number in range(5_000):
        log.note(f"client-{number % 1_200}", "malformed", "no JSON", "a/topic")
    for _ in range(30):
        log.note("flood", "rate", "too many", "an/other")

    assert lines(caplog) == [
        "The stage door refused a message of client-0 on 'a/topic': no JSON"
    ]
    async with asyncio.timeout(PATIENCE):
        while len(lines(caplog)) < 2:
            await asyncio.sleep(0.01)
    _, summary = lines(caplog)
    assert summary.startswith("The stage door refused 5029 messages (5 malformed of ")
    assert summary.endswith(" others), the last one on 'an/other': too many")
    log.close()


async def test_a_quiet_log_waits_for_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = RejectionLog("The stage door", Counters())
    log.note("a", "malformed", "no JSON", "a/topic")
    log.note("b", "rate", "too many", "a/topic")
    log.note(None, "rate", "too many", "a/topic")

    log.close()
    log.close()

    assert lines(caplog)[1:] == [
        "The stage door refused 2 messages (1 rate of b, 1 rate of an unknown client), "
        "the last one on 'a/topic': too many"
    ]
    log.note("c", "rate", "too many", "a/topic")
    assert len(lines(caplog)) == 2


async def test_what_is_part_of_the_protocol_delays_no_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    log = RejectionLog("The Fleet API", Counters())
    log.note("a", "http_404", "Not Found", "/x", level=logging.DEBUG)
    log.note("b", "malformed", "no JSON", "/y")

    assert [it.levelno for it in caplog.records if " refused " in it.getMessage()] == [
        logging.DEBUG,
        logging.WARNING,
    ]
    log.close()
