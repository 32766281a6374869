"""Trying settings out tells by kind what is wrong with them."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.maestra.core.nats import client
from custom_components.maestra.core.nats.client import NatsSettings
from custom_components.maestra.core.nats.connection import prove
from custom_components.maestra.core.nats.errors import (
    NatsError,
    NatsRefused,
    NatsSeedInvalid,
    NatsTlsFailed,
    NatsUnreachable,
)
from custom_components.maestra.core.transport.tls import TlsSettings
from tests.kits.broker import TlsListener
from tests.kits.certificates import Authority
from tests.kits.nats import NatsServer, UserKey
from tests.kits.process import HOST, free_port


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def settings_for(server: NatsServer, **account: object) -> NatsSettings:
    return replace(NatsSettings(host=server.host, port=server.port), **account)  # type: ignore[arg-type]


async def refused(settings: NatsSettings, kind: type[NatsError]) -> str:
    """Try settings that do not work; returns the reason."""
    with pytest.raises(kind) as caught:
        await prove(settings)
    assert type(caught.value) is kind
    return caught.value.reason


async def test_an_open_server_takes_anybody(tmp_path: Path) -> None:
    """Without an account."""
    async with NatsServer(tmp_path) as server:
        await prove(settings_for(server))


async def test_a_token_lets_in(tmp_path: Path) -> None:
    """The right one only."""
    async with NatsServer(tmp_path, token="geheim") as server:
        await prove(settings_for(server, token="geheim"))
        await refused(settings_for(server, token="falsch"), NatsRefused)
        await refused(settings_for(server), NatsRefused)


async def test_a_user_with_the_right_password_comes_in(tmp_path: Path) -> None:
    """And no other."""
    async with NatsServer(tmp_path, users={"maestra": "geheim"}) as server:
        await prove(settings_for(server, user="maestra", password="geheim"))
        await refused(
            settings_for(server, user="maestra", password="falsch"), NatsRefused
        )
        await refused(settings_for(server, user="maestra"), NatsRefused)


async def test_a_key_lets_in(tmp_path: Path) -> None:
    """The one whose public part the server knows."""
    key, other = UserKey(), UserKey()
    async with NatsServer(tmp_path, keys=[key.public]) as server:
        await prove(settings_for(server, seed=key.seed))
        await refused(settings_for(server, seed=other.seed), NatsRefused)


@pytest.mark.parametrize("seed", ["SU", "nonsense", "SUÄÖ", "SUAAAA"])
async def test_a_seed_that_is_none_is_not_even_tried(seed: str) -> None:
    """Nobody listens there."""
    settings = NatsSettings(host=HOST, port=free_port(), seed=seed)
    assert seed not in await refused(settings, NatsSeedInvalid)


async def test_secrets_are_not_shown() -> None:
    """Settings may end in a log."""
    settings = NatsSettings(
        host=HOST, port=4222, token="geheim", password="geheim", seed="geheim"
    )
    assert "geheim" not in repr(settings)


async def test_a_trusted_server_is_used_encrypted(
    tmp_path: Path, authority: Authority
) -> None:
    """With its authority; without, or under another name, it is not."""
    listener = TlsListener(authority.issue("localhost", HOST))
    async with NatsServer(tmp_path, tls=listener) as server:
        trusting = TlsSettings(ca=authority.certificate)
        await prove(settings_for(server, tls=trusting))
        await refused(settings_for(server, tls=TlsSettings()), NatsTlsFailed)
        stranger = TlsSettings(ca=Authority("Other").certificate)
        await refused(settings_for(server, tls=stranger), NatsTlsFailed)


async def test_a_certificate_for_another_host_is_not_trusted(
    tmp_path: Path, authority: Authority
) -> None:
    """Its reason says so."""
    listener = TlsListener(authority.issue("elsewhere"))
    async with NatsServer(tmp_path, tls=listener) as server:
        trusting = TlsSettings(ca=authority.certificate)
        reason = await refused(settings_for(server, tls=trusting), NatsTlsFailed)
    assert HOST in reason


async def test_credentials_never_go_in_the_clear(
    tmp_path: Path, authority: Authority
) -> None:
    """A server without TLS does not get what was meant for one with it."""
    async with NatsServer(tmp_path, token="geheim") as server:
        trusting = TlsSettings(ca=authority.certificate)
        settings = settings_for(server, tls=trusting, token="geheim")
        assert await refused(settings, NatsTlsFailed) == "the server offers no TLS"


async def test_a_server_that_wants_tls_says_so(
    tmp_path: Path, authority: Authority
) -> None:
    """And is not used with whatever the machine trusts."""
    listener = TlsListener(authority.issue("localhost", HOST))
    async with NatsServer(tmp_path, tls=listener) as server:
        assert await refused(settings_for(server), NatsTlsFailed) == (
            "the server wants TLS"
        )


async def test_tls_is_used_where_it_is_only_offered(
    tmp_path: Path, authority: Authority
) -> None:
    """With `allow_non_tls` a server takes both."""
    listener = TlsListener(authority.issue("elsewhere"))
    lines = ["allow_non_tls: true"]
    async with NatsServer(tmp_path, tls=listener, lines=lines) as server:
        await prove(settings_for(server))
        trusting = TlsSettings(ca=authority.certificate)
        await refused(settings_for(server, tls=trusting), NatsTlsFailed)


async def test_a_client_certificate_lets_in(
    tmp_path: Path, authority: Authority
) -> None:
    """Where the server asks for one."""
    listener = TlsListener(authority.issue("localhost", HOST), authority.certificate)
    ours = authority.issue("maestra")
    async with NatsServer(tmp_path, tls=listener) as server:
        trusting = TlsSettings(ca=authority.certificate)
        identified = replace(
            trusting, certificate=ours.certificate, private_key=ours.private_key
        )
        await prove(settings_for(server, tls=identified))
        await refused(settings_for(server, tls=trusting), NatsTlsFailed)


async def test_a_certificate_that_can_not_be_read_is_not_tried() -> None:
    """Nobody listens there."""
    settings = NatsSettings(host=HOST, port=free_port(), tls=TlsSettings(ca="nonsense"))
    assert "not valid PEM" in await refused(settings, NatsTlsFailed)


async def test_nobody_listens() -> None:
    """At a free port."""
    await refused(NatsSettings(host=HOST, port=free_port()), NatsUnreachable)


@pytest.mark.parametrize(
    "greeting",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"INFO\r\n",
        b"INFO []\r\n",
        b"INFO {\r\n",
        b'INFO {"max_payload":1}\r\n',
        b"x" * 200_000,
    ],
    ids=["nothing", "ssh", "empty", "list", "broken", "hangs up", "endless"],
)
async def test_what_answers_is_no_nats_server(greeting: bytes) -> None:
    """It says something else, and hangs up."""

    async def greet(
        _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(greeting)
        writer.close()

    async with await asyncio.start_server(greet, HOST, 0) as other:
        port = other.sockets[0].getsockname()[1]
        await refused(NatsSettings(host=HOST, port=port), NatsUnreachable)


async def test_what_answers_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, but not for ever."""
    monkeypatch.setattr(client, "TIMEOUT", 0.1)

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(wait, HOST, 0) as other:
        port = other.sockets[0].getsockname()[1]
        reason = await refused(NatsSettings(host=HOST, port=port), NatsUnreachable)
    assert reason == "no answer in time"
