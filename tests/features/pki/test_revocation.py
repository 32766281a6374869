"""What is revoked is cut off within seconds where the broker's folder is ours; else, and where it fails, the user is told."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.pki.authority import Signed
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.features.pki import link as module
from custom_components.maestra.features.pki.link import AuthorityLink
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

from ...kits.broker import Client
from ...kits.forms import until
from ...kits.hub import HubKit, unload
from ...kits.pki import MAC, OTHER_MAC, RunBroker, client_context
from ...kits.process import HOST, free_port, soon
from .test_certificates import created, issues, ready

pytestmark = pytest.mark.usefixtures("socket_enabled")

SECONDS = 20
"""That a broker may take, on a busy machine."""
OLD = "broker_files_old"
FAILED = "revocation_failed"


@pytest.fixture
async def link(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[AuthorityLink]:
    """An authority that may write here, and tries again soon."""
    quick = Backoff(timedelta(seconds=0.01), timedelta(seconds=0.05))
    monkeypatch.setattr(module, "RETRY", quick)
    monkeypatch.setattr(module, "BROKER_INTERVAL", 0.02)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    yield await created(hass, hub)
    await unload(hass, hub)


async def identity(link: AuthorityLink, mac: str) -> Signed:
    """Return a device's certificate and key."""
    assert link.service
    return await link.service.issue_device(mac)


def client(link: AuthorityLink, port: int, who: Signed, folder: Path) -> aiomqtt.Client:
    """Return a client of the broker with a certificate."""
    assert link.service
    context = client_context(folder, link.service.authority.pem, who)
    return Client(HOST, port, tls_context=context, timeout=5)


async def is_cut_off(client: aiomqtt.Client) -> None:
    """Wait until the broker ends a connection."""
    async with asyncio.timeout(SECONDS):
        with pytest.raises(aiomqtt.MqttError):
            await anext(aiter(client.messages))


async def is_refused(client: aiomqtt.Client) -> None:
    """Expect that a client does not come in."""
    with pytest.raises(aiomqtt.MqttError):
        async with client:
            pass


async def comes_in(make: Callable[[], aiomqtt.Client]) -> None:
    """Try until a client comes in: the broker may be starting."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                async with make():
                    return
            except aiomqtt.MqttError:
                await asyncio.sleep(0.05)


async def test_a_live_connection_of_what_is_revoked_ends_and_does_not_come_back(
    hass: HomeAssistant, hub_kit: HubKit, link: AuthorityLink, tmp_path: Path
) -> None:
    home, port = tmp_path / "our broker", free_port()
    await hub_kit.ask("write_broker_configuration", folder=str(home), port=port)
    stolen, other = await identity(link, MAC), await identity(link, OTHER_MAC)
    for above in (home, *home.parents[:-1]):
        above.chmod(above.stat().st_mode | 0o055)

    async with RunBroker(home, port):
        async with client(link, port, stolen, tmp_path) as thief:
            await hub_kit.act("revoke_certificate", mac=MAC)
            await is_cut_off(thief)
        await comes_in(lambda: client(link, port, other, tmp_path))
        await is_refused(client(link, port, stolen, tmp_path))
        # The broker has said that it knows, and nobody has to do anything.
        assert link.service and link.broker
        (revoked,) = link.service.register.revoked
        await until(hass, lambda: link.broker and link.broker.knows(revoked.at))
        assert issues(hass, OLD) == []


async def test_a_device_that_comes_later_has_its_rights(
    hub_kit: HubKit, link: AuthorityLink, tmp_path: Path
) -> None:
    home, port = tmp_path / "our broker", free_port()
    await hub_kit.ask("write_broker_configuration", folder=str(home), port=port)
    for above in (home, *home.parents[:-1]):
        above.chmod(above.stat().st_mode | 0o055)
    assert link.service
    topic = f"stat/f2-{MAC}/alarm-mode/J1/siren-1"
    async with RunBroker(home, port):
        own = await link.service.issue_own()
        device = await identity(link, MAC)
        async with (
            client(link, port, own, tmp_path) as us,
            client(link, port, device, tmp_path) as f2,
            asyncio.timeout(SECONDS),
        ):
            await us.subscribe("stat/#")

            async def say() -> None:
                # What it may not say yet is dropped without a word.
                while True:
                    await f2.publish(topic, b"{}", qos=1)
                    await asyncio.sleep(0.1)

            saying = asyncio.create_task(say())
            message = await anext(aiter(us.messages))
            saying.cancel()
        assert message.topic.value == topic


async def test_who_runs_the_broker_otherwise_is_told(
    hass: HomeAssistant,
    hub_kit: HubKit,
    link: AuthorityLink,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await hub_kit.ask("write_broker_configuration", folder=str(tmp_path / "b"))
    await identity(link, MAC)
    await hub_kit.act("revoke_certificate", mac=MAC)
    assert issues(hass, OLD) == []
    monkeypatch.setattr(module, "BROKER_PATIENCE", timedelta(seconds=0.1))
    await soon(lambda: bool(issues(hass, OLD)))
    # The runner was started after all.
    assert link.service and link.service.crl
    crl = (tmp_path / "b" / "ca.crl").read_bytes()
    assert crl.decode() == link.service.crl.pem
    (tmp_path / "b" / "applied").write_text(f"{sha256(crl).hexdigest()}\n")
    link.changed()
    await soon(lambda: not issues(hass, OLD))


async def test_a_list_that_can_not_be_made_is_told_and_tried_again(
    hass: HomeAssistant,
    hub_kit: HubKit,
    link: AuthorityLink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = link.service
    assert service
    await identity(link, MAC)
    make_crl, is_broken = service.authority.make_crl, True

    def fails(*arguments: Any) -> str:
        if is_broken:
            raise MemoryError("no memory for the list")
        return make_crl(*arguments)

    monkeypatch.setattr(service.authority, "make_crl", fails)
    with pytest.raises(MemoryError):
        await hub_kit.act("revoke_certificate", mac=MAC)
    await soon(lambda: bool(issues(hass, FAILED)))
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{FAILED}_{link.id}")
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["reason"] == "no memory for the list"
    # It is revoked for good, also over a restart.
    assert len(service.register.revoked) == 1

    is_broken = False
    await soon(lambda: not issues(hass, FAILED))
    assert service.crl
    assert service.crl.starts_at >= service.register.revoked[0].at


async def test_a_folder_that_can_not_be_written_is_told_and_tried_again(
    hass: HomeAssistant, hub_kit: HubKit, link: AuthorityLink, tmp_path: Path
) -> None:
    home = tmp_path / "b"
    await hub_kit.ask("write_broker_configuration", folder=str(home))
    await identity(link, MAC)
    away = home.rename(tmp_path / "away")
    home.write_text("a file in its place")
    await hub_kit.act("revoke_certificate", mac=MAC)
    await soon(lambda: bool(issues(hass, FAILED)))

    home.unlink()
    away.rename(home)
    await soon(lambda: not issues(hass, FAILED))
    assert link.service and link.service.crl
    assert (home / "ca.crl").read_text() == link.service.crl.pem


async def test_the_add_on_is_restarted_once(
    hass: HomeAssistant, hub: MockConfigEntry, hub_kit: HubKit, link: AuthorityLink
) -> None:
    restarted: list[dict[str, Any]] = []
    is_away = True

    async def restart(call: ServiceCall) -> None:
        if is_away:
            raise HomeAssistantError("the Supervisor is away")
        restarted.append(dict(call.data))

    hass.services.async_register("hassio", "app_restart", restart)
    folder = hass.config.allowlist_external_dirs.copy().pop()
    await hub_kit.ask("write_broker_configuration", add_on=True, folder=folder)
    await identity(link, MAC)
    await hub_kit.act("revoke_certificate", mac=MAC)
    await soon(lambda: bool(issues(hass, FAILED)))
    is_away = False
    await soon(lambda: not issues(hass, FAILED))
    assert restarted == [{"app": "core_mosquitto"}]
    assert issues(hass, OLD) == []

    await hub_kit.reload()
    again = await ready(hass, hub)
    again.changed()
    await hub_kit.settled()
    assert len(restarted) == 1
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"{OLD}_{again.id}") is None
