"""A stock Mosquitto with what it is handed: who is let in, and who may say and hear what (f2.md §4)."""

import asyncio
from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.core.pki.broker_files import (
    BrokerLayout,
    access_list,
    configuration,
    zipped,
)
from custom_components.maestra.core.pki.service import IssuingRules
from custom_components.maestra.core.transport.tls import TlsSettings
from custom_components.maestra.core.transport.transport import (
    Message,
    Subscription,
    Taken,
)
from scripts.stack.services.mosquitto import persistence_plugin

from ...kits.pki import MAC, OTHER_MAC, Fleet, new_service, secured_fleet
from ...kits.process import program


@pytest.fixture
async def fleet(
    tmp_path: Path,
) -> AsyncGenerator[Fleet]:
    """A broker that runs from the written files."""
    async with secured_fleet(tmp_path, MAC) as fleet:
        yield fleet


async def test_devices_and_we_talk(fleet: Fleet) -> None:
    own = await fleet.service.issue_own()
    device = await fleet.service.issue_device(MAC)
    async with (
        fleet.peer(own, "stat/#", "tele/#", "qs/#") as us,
        fleet.peer(device, f"cmnd/f2-{MAC}/#", f"qs/v1/{MAC}/acks") as f2,
    ):
        await f2.publish(
            f"stat/f2-{MAC}/access-control-mode/J1/strike-1", {"status": True}
        )
        await us.receives("stat/#", status=True)
        await f2.publish(f"tele/f2-{MAC}/sensor-mode/J2/sensor-1", {"data": "01"})
        await us.receives("tele/#", data="01")
        await f2.publish(f"qs/v1/{MAC}/events", {"event_id": "1"})
        await us.receives("qs/v1/+/events", event_id="1")

        await us.publish(f"cmnd/f2-{MAC}/access-control-mode/J1/strike-1", b"{}")
        await f2.receives("cmnd/+/+/+/+")
        # Six levels.
        await us.publish(f"cmnd/f2-{MAC}/access-control-mode/J1/reader-1/success", b"1")
        await f2.receives("cmnd/+/+/+/+/success")
        await us.publish(f"qs/v1/{MAC}/acks", {"event_id": "1"})
        await f2.receives("qs/v1/+/acks")


async def test_a_burst_arrives_whole(fleet: Fleet) -> None:
    """Two thousand messages while nothing is acknowledged: Mosquitto's own queue ends at half of them."""
    own = await fleet.service.issue_own()
    settings = BrokerSettings(
        fleet.broker.host,
        fleet.broker.port,
        "maestra-test",
        tls=TlsSettings(fleet.service.authority.pem, own.pem, own.private_key),
    )
    held: list[Message] = []
    news = asyncio.Event()

    def hold(message: Message) -> Taken:
        held.append(message)
        news.set()
        return Taken.LATER

    transport = DirectTransport(settings)
    transport.subscribe([Subscription("maestra/#", 1)], hold)
    transport.on_connection(lambda connected, why: news.set())
    task = asyncio.create_task(transport.run())
    async with asyncio.timeout(60):
        while not transport.connected:
            await news.wait()
            news.clear()
        for number in range(2_000):
            transport.publish("maestra/burst", b"%d" % number, qos=1)
        while transport.unacknowledged:
            await asyncio.sleep(0.01)
        heard: list[int] = []
        while len(heard) < 2_000:
            while held:
                message = held.pop(0)
                heard.append(int(message.payload))
                message.ack()
            news.clear()
            if len(heard) < 2_000:
                await news.wait()
    task.cancel()
    await asyncio.wait([task])

    assert heard == list(range(2_000))


async def test_a_killed_broker_keeps_what_it_has_acknowledged(fleet: Fleet) -> None:
    plugin = persistence_plugin(Path(program("mosquitto")))
    if plugin is None:
        pytest.skip("a Mosquitto before 2.1 has no such plugin")
    fleet.persistence_plugin = str(plugin)
    await fleet.downloads(MAC)
    await fleet.broker.restart()
    device = await fleet.service.issue_device(MAC)
    session = await fleet.service.issue_own(), "qs/#"
    stays = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    stays.SessionExpiryInterval = 3_600
    options: dict[str, Any] = {
        "identifier": "stays",
        "clean_start": False,
        "properties": stays,
    }
    async with fleet.peer(*session, **options):
        pass

    async with fleet.peer(device) as f2:
        for number in range(100):
            await f2.publish(f"qs/v1/{MAC}/events", {"event_id": number})
        # It commits at the end of a turn: the one of the last message is over when it answers again.
        await f2.publish(f"qs/v1/{MAC}/events", {"event_id": "last"})
    await fleet.broker.kill()
    await fleet.broker.start()

    async with fleet.peer(*session, **options) as us:
        for number in range(100):
            await us.receives("qs/#", event_id=number)


async def test_a_device_is_nobody_else(fleet: Fleet) -> None:
    own = await fleet.service.issue_own()
    device = await fleet.service.issue_device(MAC)
    async with (
        fleet.peer(own, "stat/#", "tele/#", "qs/#") as us,
        fleet.peer(device, "cmnd/#", "stat/#", "tele/#", "qs/#", "maestra/#") as f2,
    ):
        for topic in (
            f"stat/f2-{OTHER_MAC}/alarm-mode/J1/siren-1",
            f"tele/f2-{OTHER_MAC}/sensor-mode/J1/sensor-1",
            f"cmnd/f2-{OTHER_MAC}/alarm-mode/J1/siren-1",
            f"qs/v1/{OTHER_MAC}/events",
            "maestra/entity/state/update/x",
        ):
            await f2.publish(topic, b"{}")
        for topic in (
            f"cmnd/f2-{OTHER_MAC}/alarm-mode/J1/siren-1",
            f"cmnd/f2-{OTHER_MAC}/access-control-mode/J1/reader-1/success",
            f"qs/v1/{OTHER_MAC}/acks",
            "maestra/entity/state",
        ):
            await us.publish(topic, b"{}")
        # What may pass comes last, and alone.
        await f2.publish(f"stat/f2-{MAC}/alarm-mode/J1/siren-1", {"status": False})
        await us.receives("stat/#", status=False)
        await us.publish(f"cmnd/f2-{MAC}/alarm-mode/J1/siren-1", b"0")
        await f2.receives("cmnd/#")
        assert us.collect() == []
        assert f2.collect() == []


async def test_a_foreign_certificate_is_refused(fleet: Fleet) -> None:
    stranger = await new_service().issue_device(MAC)
    with pytest.raises(aiomqtt.MqttError):
        async with fleet.peer(stranger):
            pass
    await fleet.broker.logged("certificate verify failed")


async def test_nobody_comes_without_a_certificate(fleet: Fleet) -> None:
    import ssl  # noqa: PLC0415

    context = ssl.create_default_context(cadata=fleet.service.authority.pem)
    with pytest.raises(aiomqtt.MqttError):
        async with fleet.broker.peer(tls_context=context, filters=(), timeout=3):
            pass
    with pytest.raises(aiomqtt.MqttError):
        async with fleet.broker.peer(filters=(), timeout=3):
            pass


async def test_a_revoked_certificate_is_refused(fleet: Fleet) -> None:
    revoked = await fleet.service.issue_device(MAC)
    other = await fleet.service.issue_device(OTHER_MAC)
    async with fleet.peer(revoked):
        pass
    await fleet.service.revoke(mac=MAC)
    await fleet.downloads()
    await fleet.broker.restart()
    with pytest.raises(aiomqtt.MqttError):
        async with fleet.peer(revoked):
            pass
    async with fleet.peer(other):
        pass


async def test_a_device_that_is_named_as_in_topics_needs_no_line_of_its_own(
    fleet: Fleet,
) -> None:
    fleet.service.rules = IssuingRules(prefix="f2-")
    own = await fleet.service.issue_own()
    device = await fleet.service.issue_device(OTHER_MAC)
    async with fleet.peer(own, "stat/#") as us, fleet.peer(device, "cmnd/#") as f2:
        await f2.publish(f"stat/f2-{MAC}/alarm-mode/J1/siren-1", b"{}")
        await f2.publish(f"stat/f2-{OTHER_MAC}/alarm-mode/J1/siren-1", {"status": True})
        await us.receives("stat/#", status=True)
        assert us.collect() == []
        await us.publish(
            f"cmnd/f2-{OTHER_MAC}/access-control-mode/J1/reader-1/success", b"1"
        )
        await f2.receives("cmnd/#")


# The files as such.


def test_the_add_on_keeps_its_users() -> None:
    layout = BrokerLayout(folder="/share/mosquitto", is_add_on=True, users=("tasmota",))
    assert "per_listener_settings" not in configuration(layout)
    for user in ("maestra", "addons", "homeassistant", "tasmota"):
        assert f"user {user}\n" in access_list(layout)


@pytest.mark.parametrize(
    "wrong",
    [
        {"folder": "/a", "persistence_plugin": "/b\nallow_anonymous true"},
        {"folder": "/a", "persistence_plugin": "/b.so", "is_add_on": True},
        {"folder": "relative"},
        {"folder": "/a\nallow_anonymous true"},
        {"folder": "/a/../etc"},
        {"folder": "/a "},
        {"folder": "/a #b"},
        {"folder": "/a", "users": ("x\ntopic readwrite #",)},
        {"folder": "/a", "users": ("",)},
    ],
)
def test_nothing_slips_into_the_files(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidField):
        BrokerLayout(**wrong)  # type: ignore[arg-type]


def test_an_archive_protects_its_keys() -> None:
    with ZipFile(
        BytesIO(zipped({"ca.crt": "public", "server.key": "private"}))
    ) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert modes == {"ca.crt": 0o644, "server.key": 0o600}
        assert archive.read("server.key") == b"private"
