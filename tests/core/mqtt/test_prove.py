"""Trying settings out tells by kind what is wrong with them."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import socket
from typing import NoReturn

import pytest

from custom_components.maestra.core.mqtt import session
from custom_components.maestra.core.mqtt.direct import prove
from custom_components.maestra.core.mqtt.errors import (
    BrokerRefused,
    BrokerTooOld,
    BrokerUnreachable,
    TlsMaterialInvalid,
    TlsNameMismatch,
    TlsRejected,
    TlsUntrusted,
)
from custom_components.maestra.core.mqtt.session import BrokerSettings, ProtocolVersion
from custom_components.maestra.core.transport.tls import TlsSettings
from tests.kits.broker import Broker, TlsListener
from tests.kits.certificates import Authority, Identity
from tests.kits.process import HOST, free_port


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker that wants a password."""
    async with Broker(tmp_path, users={"maestra": "secret"}) as broker:
        yield broker


@pytest.fixture
async def secure(tmp_path: Path, authority: Authority) -> AsyncGenerator[Broker]:
    """A broker with TLS."""
    listener = TlsListener(authority.issue("localhost", HOST))
    async with Broker(tmp_path, tls=listener) as broker:
        yield broker


@pytest.fixture
async def mutual(tmp_path: Path, authority: Authority) -> AsyncGenerator[Broker]:
    """A broker that wants a client certificate."""
    listener = TlsListener(authority.issue("localhost", HOST), authority.certificate)
    async with Broker(tmp_path, tls=listener) as broker:
        yield broker


def settings_for(broker: Broker, tls: TlsSettings | None = None) -> BrokerSettings:
    return BrokerSettings(broker.host, broker.port, "maestra-test", tls=tls)


def tls_as(identity: Identity, authority: Authority) -> TlsSettings:
    return TlsSettings(
        authority.certificate, identity.certificate, identity.private_key
    )


async def test_right_password_is_accepted(guarded: Broker) -> None:
    settings = settings_for(guarded)
    await prove(replace(settings, username="maestra", password="secret"))
    await guarded.logged("Received DISCONNECT from maestra-test-trial")


async def test_running_connection_is_not_disturbed(guarded: Broker) -> None:
    settings = replace(settings_for(guarded), username="maestra", password="secret")
    async with guarded.peer(
        identifier=settings.client_id, username="maestra", password="secret"
    ) as peer:
        await prove(settings)
        await peer.settled()


@pytest.mark.parametrize(
    ("username", "password"),
    [("maestra", "wrong-one"), ("nobody", "wrong-one"), (None, None)],
)
async def test_wrong_account_is_refused(
    guarded: Broker, username: str | None, password: str | None
) -> None:
    settings = settings_for(guarded)
    with pytest.raises(BrokerRefused) as refused:
        await prove(replace(settings, username=username, password=password))
    assert refused.value.facts == {
        "host": HOST,
        "port": guarded.port,
        "reason": "Not authorized",
    }
    assert "wrong-one" not in str(refused.value)


async def test_tls_is_accepted(secure: Broker, authority: Authority) -> None:
    await prove(settings_for(secure, TlsSettings(authority.certificate)))


async def test_certificate_for_another_name_is_a_mismatch(
    tmp_path: Path, authority: Authority
) -> None:
    listener = TlsListener(authority.issue("elsewhere.example"))
    async with Broker(tmp_path, tls=listener) as broker:
        with pytest.raises(TlsNameMismatch):
            await prove(settings_for(broker, TlsSettings(authority.certificate)))


async def test_unknown_authority_is_untrusted(secure: Broker) -> None:
    stranger = Authority("Somebody else")
    with pytest.raises(TlsUntrusted):
        await prove(settings_for(secure, TlsSettings(stranger.certificate)))


async def test_private_authority_is_not_trusted_by_default(secure: Broker) -> None:
    with pytest.raises(TlsUntrusted):
        await prove(settings_for(secure, TlsSettings()))


async def test_expired_certificate_is_untrusted(
    tmp_path: Path, authority: Authority
) -> None:
    expired = authority.issue("localhost", HOST, validity=-timedelta(days=1))
    async with Broker(tmp_path, tls=TlsListener(expired)) as broker:
        with pytest.raises(TlsUntrusted, match="expired"):
            await prove(settings_for(broker, TlsSettings(authority.certificate)))


async def test_tls_on_a_plain_port_is_rejected(
    guarded: Broker, authority: Authority
) -> None:
    with pytest.raises(TlsRejected):
        await prove(settings_for(guarded, TlsSettings(authority.certificate)))


async def test_tls_port_without_tls_gives_a_hint(secure: Broker) -> None:
    with pytest.raises(BrokerUnreachable, match="does the port expect TLS"):
        await prove(settings_for(secure))


async def test_client_certificate_is_accepted(
    mutual: Broker, authority: Authority
) -> None:
    ours = authority.issue("maestra")
    await prove(settings_for(mutual, tls_as(ours, authority)))


async def test_missing_client_certificate_is_rejected(
    mutual: Broker, authority: Authority
) -> None:
    with pytest.raises(TlsRejected):
        await prove(settings_for(mutual, TlsSettings(authority.certificate)))


async def test_client_certificate_of_a_stranger_is_rejected(
    mutual: Broker, authority: Authority
) -> None:
    strange = Authority("Somebody else").issue("maestra")
    with pytest.raises(TlsRejected):
        await prove(settings_for(mutual, tls_as(strange, authority)))


@pytest.mark.parametrize(
    "tls",
    [
        TlsSettings("no certificate"),
        TlsSettings("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        TlsSettings(None, "no certificate", "no key"),
        TlsSettings(None, "no certificate"),
    ],
)
async def test_unreadable_material_is_told_without_connecting(tls: TlsSettings) -> None:
    with pytest.raises(TlsMaterialInvalid):
        await prove(BrokerSettings(HOST, free_port(), "maestra-test", tls=tls))


async def test_key_of_another_certificate_is_told(authority: Authority) -> None:
    ours, other = authority.issue("maestra"), authority.issue("other")
    tls = TlsSettings(None, ours.certificate, other.private_key)
    with pytest.raises(TlsMaterialInvalid) as invalid:
        await prove(BrokerSettings(HOST, free_port(), "maestra-test", tls=tls))
    assert other.private_key not in repr(tls) + str(invalid.value)


async def test_port_without_a_server_is_unreachable() -> None:
    with pytest.raises(BrokerUnreachable) as unreachable:
        await prove(BrokerSettings(HOST, free_port(), "maestra-test"))
    assert unreachable.value.code == "broker_unreachable"
    assert not unreachable.value.lasting


async def test_unknown_host_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(BrokerUnreachable, match="not known"):
        await prove(BrokerSettings("no-such-host.invalid", 1883, "maestra-test"))


async def test_broker_of_an_older_protocol_is_too_old(tmp_path: Path) -> None:
    async with Broker(tmp_path, lines=["accept_protocol_versions 3,4"]) as broker:
        with pytest.raises(BrokerTooOld):
            await prove(replace(settings_for(broker), protocol=ProtocolVersion.MQTT_5))


@pytest.mark.parametrize("tls", [None, TlsSettings()])
async def test_hanging_broker_is_given_up(
    guarded: Broker, monkeypatch: pytest.MonkeyPatch, tls: TlsSettings | None
) -> None:
    monkeypatch.setattr(session, "TIMEOUT", 0.1)
    settings = settings_for(guarded, tls)
    guarded.freeze()
    with pytest.raises(BrokerUnreachable, match="in time"):
        # The handshake may take as long as the keep-alive.
        await prove(replace(settings, keepalive=timedelta(seconds=1)))
    guarded.thaw()


async def test_failure_leaves_nothing_behind(secure: Broker) -> None:
    before = asyncio.all_tasks()
    stranger = Authority("Somebody else")
    with pytest.raises(TlsUntrusted):
        await prove(settings_for(secure, TlsSettings(stranger.certificate)))
    assert asyncio.all_tasks() == before
