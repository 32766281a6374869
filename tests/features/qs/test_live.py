"""QS devices and dead letters as cards follow them, with a real broker."""

from datetime import timedelta

import pytest

from custom_components.maestra.features.qs import live
from custom_components.maestra.features.qs.manager import QsManager
from homeassistant.core import HomeAssistant
from tests.kits.hub_broker import MaestraKit
from tests.kits.live import Follow
from tests.kits.qs import event

TOPIC = "qs/v1/esp32-01/events"


async def test_a_node_with_its_latest_value(qs: MaestraKit, follow: Follow) -> None:
    card = await follow("qs_nodes")
    await card.push()
    assert card.things == {}
    await qs.mqtt.publish(TOPIC, [event("a", unit="C"), event("b", value=22)])
    things = await card.until(lambda things: things.get("esp32-01", {}).get("latest"))
    node = things["esp32-01"]
    assert (node["accepted"], node["dead_letters"]) == (2, 0)
    assert node["per_minute"] is None
    assert (node["latest"]["label"], node["latest"]["value"]) == ("Temperature", 22)

    await qs.mqtt.publish(TOPIC, event("c", event_type="mode", value="idle"))
    things = await card.until(lambda things: things["esp32-01"]["accepted"] == 3)
    assert things["esp32-01"]["latest"]["value"] == "idle"

    manager = qs.entry.runtime_data.manager(QsManager)
    manager.registry.forget("esp32-01")
    await card.until(lambda things: things["esp32-01"] is None)


async def test_how_often_a_node_is_heard(
    qs: MaestraKit, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TICK", timedelta(seconds=0.05))
    await qs.mqtt.publish(TOPIC, event("before"))
    await qs.state_is("sensor.esp32_01_temperature", "21.5")
    card = await follow("qs_nodes")
    await card.push()
    await card.until(lambda things: things["esp32-01"]["per_minute"] == 0)
    await qs.mqtt.publish(TOPIC, event("a"))
    things = await card.until(lambda things: things["esp32-01"]["per_minute"] > 0)
    assert things["esp32-01"]["device_id"]


async def test_only_nodes_that_are_shown_are_told_of(
    qs: MaestraKit, hass: HomeAssistant, follow: Follow
) -> None:
    options = {"qs": {"devices": ["esp32-01"]}}
    hass.config_entries.async_update_entry(qs.entry, options=options)
    await hass.async_block_till_done()
    card = await follow("qs_nodes")
    await card.push()
    await qs.mqtt.publish("qs/v1/other/events", event("a", "other"))
    await qs.mqtt.publish(TOPIC, event("b"))
    things = await card.until(lambda things: things.get("esp32-01"))
    assert things.get("other") is None


async def test_dead_letters_come_and_go(qs: MaestraKit, follow: Follow) -> None:
    card = await follow("qs_dead_letters")
    await card.push()
    assert card.things == {}
    await qs.mqtt.publish(TOPIC, event("a") | {"event_type": None})
    ((key, letter),) = (await card.until(bool)).items()
    assert (letter["device_id"], letter["index"]) == ("esp32-01", 0)
    assert letter["error"] == "missing required field event_type"
    await qs.act("replay_dead_letter", dead_letter=key, payload=event("a"))
    await card.until(lambda things: things[key] is None)
