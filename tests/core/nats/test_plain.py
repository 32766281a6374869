"""With a nats-py that we do not know from the inside: its public parts do."""

import pytest

from custom_components.maestra.core.nats import connection
from custom_components.maestra.core.nats.client import Client
from custom_components.maestra.core.nats.errors import (
    NatsRefused,
    NatsTlsFailed,
    NatsUnreachable,
)
from custom_components.maestra.core.transport import libraries
from custom_components.maestra.core.transport.tls import TlsSettings
from tests.kits.nats import NatsPeer, NatsServer

from .conftest import Watched, settings_of
from .test_connection import Heard


@pytest.fixture(autouse=True)
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "connection_class", Client)


async def test_messages_go_both_ways(server: NatsServer, peer: NatsPeer) -> None:
    watched = Watched(settings_of(server))
    heard = Heard(watched.connection)
    async with watched.running():
        await watched.is_told(True)
        watched.connection.publish("maestra.x", b"ours")
        assert (await peer.receives("maestra.x")).payload == b"ours"
        await peer.publish("maestra.y", b"theirs", "inbox")
        message = await heard.next()
        assert (message.subject, message.payload) == ("maestra.y", b"theirs")


async def test_a_killed_server_is_found_again(server: NatsServer) -> None:
    watched = Watched(settings_of(server))
    heard = Heard(watched.connection)
    async with watched.running():
        await watched.is_told(True)
        await server.kill()
        assert isinstance(await watched.is_told(False), NatsUnreachable)
        await server.start()
        await watched.is_told(True)
        async with server.peer() as peer:
            await peer.publish("maestra.x", b"again")
            assert (await heard.next()).payload == b"again"


async def test_refused_credentials_are_told(server: NatsServer) -> None:
    server.token = "geheim"
    await server.restart()
    watched = Watched(settings_of(server, token="falsch"))
    async with watched.running():
        assert isinstance(await watched.is_told(False), NatsRefused)
        server.token = "falsch"
        await server.restart()
        await watched.is_told(True)


async def test_a_server_that_starts_later_is_found(server: NatsServer) -> None:
    await server.stop()
    watched = Watched(settings_of(server))
    async with watched.running():
        assert isinstance(await watched.is_told(False), NatsUnreachable)
        await server.start()
        await watched.is_told(True)


async def test_no_password_is_told_without_tls(server: NatsServer) -> None:
    """Where it is wanted: nats-py would go on without it."""
    with pytest.raises(NatsTlsFailed, match="needs nats-py"):
        await connection.prove(settings_of(server, tls=TlsSettings(), token="geheim"))


@pytest.mark.parametrize("distribution", libraries.TESTED)
def test_the_installed_version_is_the_tested_one(distribution: str) -> None:
    """Another one has to be looked at from the inside before it is named there."""
    assert libraries.is_tested(distribution)


@pytest.mark.parametrize("distribution", libraries.TESTED)
def test_another_version_is_told(
    distribution: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(libraries, "version", lambda _: "99.0")

    assert not libraries.is_tested(distribution)

    assert f"{distribution} is installed as 99.0" in caplog.text
