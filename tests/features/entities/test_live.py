"""What cards follow: one entity, all devices, and the whole hierarchy."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.hub import live
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.live import Follow


async def test_an_entity_with_its_variables(hub_kit: HubKit, follow: Follow) -> None:
    await hub_kit.light("stage")
    device_id = await hub_kit.light("wash-1", parent="stage")
    await hub_kit.act(
        "define_variable",
        slug="wash-1",
        name="brightness",
        type="range",
        direction="input",
        config={"min": 0, "max": 255, "step": 5, "unit": "%"},
    )
    card = await follow("entity", entity=device_id)
    await card.push()
    assert card.things is not None
    shown = card.things[device_id]
    (brightness,) = (v for v in shown["variables"] if v["name"] == "brightness")
    assert (shown["slug"], shown["can_set"]) == ("wash-1", True)
    assert [above["slug"] for above in shown["ancestors"]] == ["stage"]
    assert (brightness["min"], brightness["max"], brightness["step"]) == (0, 255, 5)
    assert (brightness["unit"], brightness["is_input"]) == ("%", True)
    assert brightness["label"] == "Brightness"
    assert brightness["entity_ids"] == ["light.wash_1"]


@pytest.mark.parametrize(
    "config",
    [
        {"unit": ["%"], "min": "low", "max": None, "step": {}},
        {"unit": {"a": 1}, "options": {"a": 1}, "precision": -1},
        {"unit": 5, "options": [None, [1]], "min": True},
    ],
)
@pytest.mark.parametrize("kind", ["range", "number", "enum", "color", "vector2"])
async def test_a_declaration_may_be_nonsense(
    hub_kit: HubKit, follow: Follow, config: dict[str, Any], kind: str
) -> None:
    await hub_kit.light("wash-1")
    await hub_kit.act(
        "define_variable",
        slug="wash-1",
        name="x",
        type=kind,
        direction="input",
        config=config,
    )
    await hub_kit.hears("wash-1", x="no such value")
    card = await follow("entity", entity="wash-1")
    await card.push()
    assert card.things is not None
    (x,) = (v for v in card.things["wash-1"]["variables"] if v["name"] == "x")
    assert (x["min"], x["max"], x["hex"], x["decimals"]) == (None, None, None, None)
    assert x["warning"] or kind == "enum"


async def test_what_is_true_for_a_moment_is_told(
    hub_kit: HubKit, follow: Follow
) -> None:
    await hub_kit.act(
        "create_entity",
        name="Doorbell",
        slug="doorbell",
        entity_type="controller",
        variables=[
            {
                "name": "ring",
                "type": "boolean",
                "direction": "input",
                "config": {"momentary": True},
            }
        ],
    )
    card = await follow("entity", entity="doorbell")
    await card.push()
    assert card.things is not None
    (ring,) = card.things["doorbell"]["variables"]
    assert ring["is_momentary"] is True


async def test_a_change_is_pushed_with_who_made_it(
    hub_kit: HubKit, follow: Follow
) -> None:
    await hub_kit.light("wash-1", state={"brightness": 1})
    card = await follow("entity", entity="wash-1")
    await card.push()

    await hub_kit.hears("wash-1", brightness=7)

    things = await card.until(
        lambda things: things["wash-1"]["changed_by"] == "touchdesigner"
    )
    values = {each["name"]: each["value"] for each in things["wash-1"]["variables"]}
    assert values["brightness"] == 7


async def test_many_changes_are_few_pushes(hub_kit: HubKit, follow: Follow) -> None:
    await hub_kit.light("wash-1", state={"level": 0})
    card = await follow("entity", entity="wash-1")
    await card.push()

    for level in range(1, 1001):
        hub_kit.domain.entities.update("wash-1", {"level": level})

    await card.until(
        lambda things: any(
            each["value"] == 1000 for each in things["wash-1"]["variables"]
        )
    )
    assert card.pushes <= 3


async def test_an_entity_that_is_not_there_yet(hub_kit: HubKit, follow: Follow) -> None:
    card = await follow("entity", entity="wash-1")
    await card.push()
    assert card.things == {"wash-1": None}

    await hub_kit.light("wash-1")
    await card.until(lambda things: things["wash-1"] is not None)

    await hub_kit.act("delete_entity", slug="wash-1")
    await card.until(lambda things: things["wash-1"] is None)


async def test_a_subscription_outlives_a_reload(
    hub_kit: HubKit, follow: Follow
) -> None:
    await hub_kit.light("wash-1")
    card = await follow("entity", entity="wash-1")
    await card.push()

    await hub_kit.reload()

    await card.until(lambda things: things is None)
    await card.until(lambda things: things is not None)
    await hub_kit.hears("wash-1", brightness=9)
    await card.until(
        lambda things: any(each["value"] == 9 for each in things["wash-1"]["variables"])
    )


async def test_a_reader_sets_nothing(hub_kit: HubKit, follow: Follow) -> None:
    await hub_kit.light("wash-1", state={"brightness": 1})
    card = await follow(
        "entity", {"entities": {"all": {"read": True}}}, entity="wash-1"
    )
    await card.push()
    assert card.things is not None
    assert card.things["wash-1"]["can_set"] is False


async def test_who_may_control_an_entity_sees_it(
    hub_kit: HubKit, follow: Follow
) -> None:
    await hub_kit.light("wash-1", state={"brightness": 1})
    own = {"entities": {"entity_ids": {"light.wash_1": True}}}
    card = await follow("entity", own, entity="wash-1")
    await card.push()
    assert card.things is not None
    assert card.things["wash-1"]["can_set"] is True


async def test_devices(hub_kit: HubKit, follow: Follow) -> None:
    known = await hub_kit.registers("AA:01", firmware_version="1.2")
    card = await follow("devices")
    await card.push()
    assert card.things is not None
    shown = card.things[known.id]
    assert (shown["hardware_id"], shown["firmware_version"]) == ("AA:01", "1.2")
    assert shown["device_id"] == hub_kit.device_id(known.id)
    assert (shown["is_online"], shown["is_pending"]) == (True, False)

    waiting = await hub_kit.discovers("AA:02")
    await card.until(lambda things: things.get(waiting.id, {}).get("is_pending"))

    await hub_kit.act("approve_device", device="AA:02")
    await card.until(lambda things: not things[waiting.id]["is_pending"])

    await hub_kit.act("set_device_group", name="stage", device=["AA:01"])
    await card.until(lambda things: things[known.id]["groups"] == ["stage"])

    hub_kit.domain.devices.report_metric(
        "AA:01", {"metric_name": "rssi", "metric_value": -60, "unit": "dBm"}
    )
    await hub_kit.settled()
    await hub_kit.beats("AA:01")
    things = await card.until(
        lambda things: (
            things[known.id]["metrics"] and things[known.id]["metrics"][0]["entity_id"]
        )
    )
    (metric,) = things[known.id]["metrics"]
    assert (metric["name"], metric["value"], metric["unit"]) == ("rssi", -60, "dBm")

    await hub_kit.act("block_device", device="AA:02")
    await card.until(lambda things: things[waiting.id] is None)


async def test_only_administrators_see_who_waits(
    hub_kit: HubKit, follow: Follow
) -> None:
    known = await hub_kit.registers("AA:01")
    await hub_kit.discovers("AA:02")
    card = await follow("devices", {"entities": {"all": {"read": True}}})
    await card.push()

    await hub_kit.discovers("AA:03")
    await hub_kit.beats("AA:01", "error")

    things = await card.until(lambda things: things[known.id]["status"] == "error")
    assert set(things) == {known.id}


async def test_a_card_that_goes_is_told_nothing_more(
    hub_kit: HubKit, hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    await hub_kit.light("wash-1")
    client = await hass_ws_client(hass)
    await client.send_json({"id": 1, "type": "maestra/entity", "entity": "wash-1"})
    for _ in range(2):
        await client.receive_json()

    await client.send_json({"id": 2, "type": "unsubscribe_events", "subscription": 1})
    await hub_kit.hears("wash-1", brightness=9)
    await client.send_json({"id": 3, "type": "ping"})

    told = [(await client.receive_json())["id"] for _ in range(2)]
    assert told == [2, 3]


async def test_the_hierarchy_with_its_values(hub_kit: HubKit, follow: Follow) -> None:
    await hub_kit.light("stage")
    device_id = await hub_kit.light("wash-1", parent="stage")
    for name, kind, config in (
        ("level", "range", {"unit": "%"}),
        ("place", "vector2", {}),
    ):
        await hub_kit.act(
            "define_variable",
            slug="wash-1",
            name=name,
            type=kind,
            direction="input",
            config=config,
        )
    tree = await follow("tree")
    await tree.push()
    assert tree.things is not None
    assert set(tree.things) == {"stage", "wash-1"}
    assert tree.things["wash-1"]["parent"] == "stage"
    assert tree.things["wash-1"]["device_id"] == device_id

    values = {"level": 7, "place": {"x": 1, "y": 2}, "cues": [1, 2], "note": "x" * 999}
    await hub_kit.hears("wash-1", **values)

    def shown(things: Any) -> dict[str, Any]:
        return {each["name"]: each for each in things["wash-1"]["values"]}

    things = await tree.until(lambda things: "note" in shown(things))
    assert set(things) == {"stage", "wash-1"}
    found = shown(things)
    assert found["level"] == {
        "name": "level",
        "label": "Level",
        "is_input": True,
        "unit": "%",
        "decimals": 0,
        "value": 7,
    }
    assert found["place"]["value"] == {"x": 1, "y": 2}
    assert (found["cues"]["value"], found["cues"]["size"]) == (None, 2)
    assert len(found["note"]["value"]) < 100

    await hub_kit.act("update_entity", slug="wash-1", parent=None)
    await tree.until(lambda things: things["wash-1"]["parent"] is None)
    await hub_kit.act("delete_entity", slug="wash-1")
    await tree.until(lambda things: things["wash-1"] is None)


async def test_the_hierarchy_says_what_one_may_set(
    hub_kit: HubKit, follow: Follow
) -> None:
    for slug in ("wash-1", "wash-2"):
        await hub_kit.light(slug, state={"brightness": 1})
    policy = {
        "entities": {
            "all": {"read": True},
            "entity_ids": {"light.wash_1": {"read": True, "control": True}},
        }
    }
    tree = await follow("tree", policy)
    await tree.push()
    assert tree.things is not None
    settable = {slug: thing["can_set"] for slug, thing in tree.things.items()}
    assert settable == {"wash-1": True, "wash-2": False}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("stage.*", {"stage", "wash-1", "wash-2"}),
        ("*.wash_1|spot*", {"wash-1"}),
        ("stage.*{1}.!wash_1", set()),
        ("stage.!wash-1", {"wash-2"}),
    ],
)
async def test_entities_are_found_by_path(
    hub_kit: HubKit,
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    path: str,
    found: set[str],
) -> None:
    await hub_kit.light("stage")
    for slug in ("wash-1", "wash-2"):
        await hub_kit.light(slug, parent="stage")
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "maestra/find", "path": path})
    answer = await client.receive_json()
    assert set(answer["result"]["slugs"]) == found


async def test_what_is_no_path_is_refused_with_words(
    hub_kit: HubKit, hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "maestra/find", "path": "stage..("})
    error = (await client.receive_json())["error"]
    assert (error["code"], error["translation_key"]) == (
        "invalid_field",
        "invalid_field",
    )


async def test_thousands_come_in_slices(
    hub_kit: HubKit, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else showing all of them would be one long stall of the loop."""
    monkeypatch.setattr(live, "SLICE", 0)
    slugs = {f"wash-{number}" for number in range(5)}
    for slug in slugs:
        await hub_kit.light(slug)
    tree = await follow("tree")
    await tree.push()
    assert tree.things is not None
    assert len(tree.things) == 1
    await tree.until(lambda things: set(things) == slugs)
    assert tree.pushes == len(slugs)
