"""F2 controllers as cards follow them, with a real broker and a controller that answers."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.maestra.features.f2 import live
from homeassistant.auth.permissions.system_policies import READ_ONLY_POLICY
from tests.kits.f2_device import MAC, SAMPLE, F2Device
from tests.kits.hub_broker import MaestraKit
from tests.kits.live import Follow

from .conftest import LOCK

LOBBY = "sensor-mode/J3/sensor-1"


@pytest.fixture(autouse=True)
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell of nothing only because time goes by."""
    monkeypatch.setattr(live, "TICK", timedelta(hours=1))


def part(things: Any, path: str) -> Any:
    """Return what hangs at a place of the controller."""
    components = things[MAC]["components"]
    return next(each for each in components if each["path"] == path)


async def test_a_controller_with_all_that_hangs_on_it(
    maestra: MaestraKit, gate: F2Device, follow: Follow
) -> None:
    card = await follow("f2_controllers")
    things = await card.until(bool)
    assert (things[MAC]["name"], things[MAC]["certificate"]) == ("Gate", MAC)
    assert things[MAC]["device_id"]
    strike = part(things, "J1/strike-1")
    assert (strike["kind"], strike["name"]) == ("strike", "Front door")
    assert (strike["entity_id"], strike["state"]) == (LOCK, "locked")
    assert strike["can_control"]

    await gate.says("stat/access-control-mode/J1/door-sensor-1", closed=False)
    await card.until(lambda things: part(things, "J1/door-sensor-1")["state"])
    await maestra.hass.services.async_call(
        "lock", "unlock", {"entity_id": LOCK}, blocking=True
    )
    await card.until(lambda things: part(things, "J1/strike-1")["state"] == "unlocked")


async def test_what_readers_and_sensors_say(
    maestra: MaestraKit, gate: F2Device, follow: Follow
) -> None:
    card = await follow("f2_controllers")
    await card.until(bool)
    await gate.says(f"tele/{LOBBY}", data=SAMPLE)
    things = await card.until(
        lambda things: any(
            each["value"] is not None for each in part(things, "J3/sensor-1")["values"]
        )
    )
    value = part(things, "J3/sensor-1")["values"][0]
    assert value["label"]
    assert value["unit"]
    await maestra.act(
        "f2_record_access",
        entity_id="event.gate_j1_reader_1",
        granted=False,
        reason="unknown",
    )
    await card.until(
        lambda things: part(things, "J1/reader-1")["event"] == "access_denied"
    )


async def test_who_only_reads_is_told_that_he_controls_nothing(
    gate: F2Device, follow: Follow
) -> None:
    card = await follow("f2_controllers", READ_ONLY_POLICY)
    things = await card.until(bool)
    assert part(things, "J1/strike-1")["state"] == "locked"
    assert not part(things, "J1/strike-1")["can_control"]


async def test_without_the_broker_a_controller_is_away(
    maestra: MaestraKit, gate: F2Device, follow: Follow
) -> None:
    card = await follow("f2_controllers")
    await card.push()
    assert card.things is not None
    assert card.things[MAC]["is_online"] is not False
    await maestra.broker.stop()
    await card.until(lambda things: things[MAC]["is_online"] is False)
