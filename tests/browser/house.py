"""What Home Assistant shows in the tests of the browser: a hub with entities and devices, some with hostile names, and three people."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
from typing import Any, Final

from custom_components.maestra.core.store.settings import StoreSettings
from scripts.devenv.paths import ROOT
from scripts.stack.flows import SUBENTRY_FLOW, Answers, run_flow
from scripts.stack.hass_api import HassApi
from tests.kits.forms import store_form
from tests.kits.hass_process import HUB

HOSTILE: Final = '<img src=x onerror="window.hacked=1">'
GUEST: Final = "guest"
READER: Final = "reader"

CONFIGURATION: Final = """\
homeassistant:
  name: Browser
  time_zone: Europe/Amsterdam
  country: NL
  currency: EUR
  language: en
frontend:
energy:
config:
history:
logbook:
recorder:
  commit_interval: 1
logger:
  default: warning
"""
LOVELACE: Final = """\
lovelace:
  dashboards:
    yaml-cards:
      mode: yaml
      title: YAML
      filename: cards.yaml
    yaml-views:
      mode: yaml
      title: Views
      filename: dashboards/views.yaml
"""
YAML_DASHBOARD: Final = """\
views:
  - title: Cards
    cards:
      - {type: custom:maestra-entity, slug: everything}
      - {type: custom:maestra-fleet}
      - {type: custom:maestra-tree}
      - {type: custom:maestra-timeline}
      - {type: custom:maestra-history, entities: [number.stage_everything_position_x]}
      - {type: custom:maestra-bus}
      - {type: custom:maestra-summary}
      - {type: custom:maestra-streams}
      - {type: custom:maestra-cues}
      - {type: custom:maestra-production}
      - {type: custom:maestra-iss}
      - {type: custom:maestra-store}
      - {type: custom:maestra-telemetry}
"""
DASHBOARDS: Final = ROOT / "dashboards"
CARDS: Final = "/test-cards/cards"
STRATEGY: Final = "/test-strategy"
PARTS: Final = "/test-parts"

RIG: Final = ("rig-1", "rig-2", "rig-10")
ENTITIES: Final[tuple[Mapping[str, Any], ...]] = (
    {"name": "Stage", "slug": "stage", "entity_type": "room"},
    {
        "name": "Everything",
        "slug": "everything",
        "entity_type": "installation",
        "parent": "stage",
        "variables": [
            {
                "name": name,
                "type": kind,
                "direction": direction,
                "config": config,
            }
            for name, kind, direction, config in (
                ("level", "range", "input", {"min": 0, "max": 100, "unit": "%"}),
                ("gain", "number", "input", {"unit": "dB", "max": 12}),
                ("enabled", "boolean", "input", {}),
                ("mode", "enum", "input", {"options": ["calm", "storm"]}),
                ("caption", "string", "input", {"max_length": 20}),
                ("color", "color", "input", {}),
                ("position", "vector3", "input", {"unit": "m"}),
                ("cues", "array", "input", {}),
                ("frame_rate", "number", "output", {"unit": "fps"}),
                ("a_name_that_is_much_too_long_for_any_card", "string", "output", {}),
                ("tint", "color", "output", {}),
                ("is_ready", "boolean", "output", {}),
            )
        ],
        "state": {
            "level": 42,
            "gain": -3.5,
            "enabled": True,
            "mode": "storm",
            "caption": "Hello",
            "color": "#ff8800",
            "position": {"x": 1, "y": 2.5, "z": -3},
            "cues": [1, 2, {"a": 3}],
            "frame_rate": 59.94,
            "a_name_that_is_much_too_long_for_any_card": "as are these words, which say nothing at all, and at length",
            "tint": "#00aaff",
            "is_ready": True,
        },
    },
    {
        "name": HOSTILE,
        "slug": "__proto__",
        "entity_type": "sensor",
        "description": HOSTILE,
        "variables": [
            {
                "name": HOSTILE,
                "type": "string",
                "direction": "output",
                "description": HOSTILE,
            },
            {
                "name": "mode",
                "type": "enum",
                "direction": "input",
                "config": {"options": [HOSTILE], "unit": HOSTILE},
            },
            {
                "name": "color",
                "type": "color",
                "direction": "output",
            },
        ],
        "state": {HOSTILE: HOSTILE, "mode": HOSTILE},
    },
    *(
        {
            "name": slug.title().replace("-", " "),
            "slug": slug,
            "entity_type": "projector",
            "parent": "stage",
            "variables": [
                {
                    "name": "level",
                    "type": "range",
                    "direction": "input",
                    "config": {"min": 0, "max": 100, "unit": "%"},
                },
            ],
            "state": {"level": number},
        }
        for number, slug in enumerate(RIG)
    ),
)
VIEWS: Final = [
    {
        "title": "Cards",
        "path": "cards",
        "type": "sections",
        "sections": [
            {
                "type": "grid",
                "cards": [{"type": "custom:maestra-entity", "slug": "everything"}],
            },
            {
                "type": "grid",
                "cards": [
                    {"type": "custom:maestra-fleet"},
                    {"type": "custom:maestra-entity", "slug": "__proto__"},
                    {"type": "custom:maestra-entity", "slug": "nobody"},
                    {"type": "custom:maestra-entity"},
                    {"type": "custom:maestra-tree"},
                    {"type": "custom:maestra-bus"},
                    {"type": "custom:maestra-summary"},
                ],
            },
        ],
    },
    {
        "title": "Tiles",
        "path": "tiles",
        "type": "sections",
        "badges": [{"type": "custom:maestra-waiting"}],
        "sections": [
            {
                "type": "grid",
                "cards": [
                    {
                        "type": "tile",
                        "entity": entity,
                        "features": [{"type": "custom:maestra-variable"}],
                    }
                    for entity in (
                        "light.stage_everything",
                        "number.stage_everything_position_x",
                    )
                ],
            },
        ],
    },
    {
        "title": "Streams",
        "path": "streams",
        "type": "sections",
        "sections": [
            {
                "type": "grid",
                "column_span": 2,
                "cards": [
                    {
                        "type": "custom:maestra-streams",
                        "grid_options": {"columns": "full"},
                    },
                    {
                        "type": "custom:maestra-streams",
                        "grid_options": {"columns": 6, "rows": 3},
                    },
                ],
            },
        ],
    },
    {
        "title": "Cues",
        "path": "cues",
        "type": "sections",
        "sections": [
            {
                "type": "grid",
                "column_span": 2,
                "cards": [
                    {
                        "type": "custom:maestra-cues",
                        "grid_options": {"columns": "full"},
                    },
                ],
            },
            {
                "type": "grid",
                "cards": [
                    {
                        "type": "custom:maestra-cues",
                        "cue_list": "Act 1",
                        "grid_options": {"columns": columns, "rows": rows},
                    }
                    for columns, rows in ((12, 2), (6, 2), (6, 3), (12, 5), (12, 7))
                ]
                + [{"type": "custom:maestra-cues", "cue_list": "nobody"}],
            },
        ],
    },
    {
        "title": "Production",
        "path": "production",
        "type": "sections",
        "sections": [
            {"type": "grid", "cards": [{"type": "custom:maestra-production"}]},
            {
                "type": "grid",
                "cards": [
                    {"type": "custom:maestra-production", "production": "nobody"}
                ],
            },
        ],
    },
    {
        "title": "ISS",
        "path": "iss",
        "type": "sections",
        "sections": [
            {
                "type": "grid",
                "column_span": 2,
                "cards": [
                    {
                        "type": "custom:maestra-iss",
                        "grid_options": {"columns": "full"},
                    },
                    {
                        "type": "custom:maestra-iss",
                        "grid_options": {"columns": 6, "rows": 4},
                    },
                    {
                        "type": "custom:maestra-iss",
                        "feed": "nobody",
                        "grid_options": {"columns": 6},
                    },
                ],
            },
        ],
    },
    {
        "title": "Timeline",
        "path": "timeline",
        "type": "sections",
        "sections": [
            {
                "type": "grid",
                "cards": [{"type": "custom:maestra-timeline", "hours": 1}],
            },
        ],
    },
    {
        "title": "Telemetry",
        "path": "telemetry",
        "type": "sections",
        "sections": [
            {"type": "grid", "cards": [{"type": "custom:maestra-telemetry"}]},
            {
                "type": "grid",
                "cards": [
                    {"type": "custom:maestra-telemetry", "grid_options": {"rows": 2}}
                ],
            },
        ],
    },
    {
        "title": "Store",
        "path": "store",
        "type": "sections",
        "sections": [
            {"type": "grid", "cards": [{"type": "custom:maestra-store"}]},
            {
                "type": "grid",
                "cards": [
                    {"type": "custom:maestra-store", "grid_options": {"rows": 2}}
                ],
            },
        ],
    },
    {
        "title": "History",
        "path": "history",
        "type": "sections",
        "sections": [
            {
                "type": "grid",
                "cards": [
                    {
                        "type": "custom:maestra-history",
                        "entities": [
                            "number.stage_everything_position_x",
                            "sensor.stage_everything_frame_rate",
                        ],
                        "name": "Stage",
                        "hours": 1,
                        "compare": "day",
                    }
                ],
            },
            {
                "type": "grid",
                "cards": [
                    {"type": "custom:maestra-history"},
                    {"type": "custom:maestra-history", "entities": ["sensor.nobody"]},
                    {
                        "type": "custom:maestra-history",
                        "series": [{"entity": "everything", "variable": "level"}],
                    },
                ],
            },
        ],
    },
]


PART_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "subtree": {"entity": "stage"},
    "nobody": {"group": "nobody"},
    "nothing": {},
}


def hang(folder: Path) -> None:
    """Put the dashboards in YAML into a folder of Home Assistant's."""
    (folder / "cards.yaml").write_text(YAML_DASHBOARD)
    shutil.copytree(
        DASHBOARDS, folder / DASHBOARDS.name, ignore=shutil.ignore_patterns("cards")
    )


async def furnish(api: HassApi) -> None:
    """Bring entities and dashboards."""
    for entity in ENTITIES:
        await api.act("maestra.create_entity", entity)
    for path, config in (
        ("test-cards", {"views": VIEWS}),
        (
            "test-parts",
            {
                "views": [
                    {
                        "title": part,
                        "path": part,
                        "strategy": {"type": "custom:maestra", **of},
                    }
                    for part, of in PART_OPTIONS.items()
                ]
            },
        ),
    ):
        await api.add_dashboard(path, path, config)
    await hang_strategy(api)


async def hang_strategy(api: HassApi) -> None:
    """Bring the dashboard that is made of what there is."""
    path = STRATEGY.strip("/")
    await api.add_dashboard(path, path, {"strategy": {"type": "custom:maestra"}})


async def invite(api: HassApi, name: str, group: str) -> None:
    """Give somebody an account who is no administrator; its password is the name."""
    user = await api.command("config/auth/create", name=name, group_ids=[group])
    await api.command(
        "config/auth_provider/homeassistant/create",
        user_id=user["user"]["id"],
        username=name,
        password=name,
    )


@asynccontextmanager
async def added(api: HassApi, kind: str, answers: Answers) -> AsyncGenerator[None]:
    """Have a service beside the others for a while."""
    before = await _subentries(api)
    await run_flow(api, SUBENTRY_FLOW, {"handler": [HUB, kind]}, answers)
    (found,) = await _subentries(api) - before
    try:
        yield
    finally:
        await api.command(
            "config_entries/subentries/delete", entry_id=HUB, subentry_id=found
        )


def database(settings: StoreSettings) -> Answers:
    """Return what the form of a database is filled in with."""
    return {"user": store_form(settings)}


def broker(host: str, port: int, *dialects: str) -> Answers:
    """Return what the form of a broker is filled in with."""
    return {
        "user": {"next_step_id": "direct"},
        "direct": {"host": host, "port": port, "advanced": {"dialects": dialects}},
    }


AUTHORITY: Final[Answers] = {
    "user": {"next_step_id": "create"},
    "create": {"broker_names": ["localhost"]},
}
"""What the form of a certificate authority is filled in with."""


def controller(mac: str) -> Answers:
    """Return what the form of an F2 controller is filled in with."""
    return {
        "user": {
            "mac": mac,
            "name": "Gate",
            "connectors": {
                "j1": "access-control-mode",
                "j2": "alarm-mode",
                "j3": "sensor-mode",
            },
        },
        "wiring": {
            "j1": {
                "components": ["strike-1", "door-sensor-1", "exit-button-1", "reader-1"]
            },
            "j2": {"components": ["siren-1", "motion-sensor-1"]},
            "j3": {"sensor_1": "environmental_sensor"},
        },
    }


async def _subentries(api: HassApi) -> set[str]:
    found = await api.command("config_entries/subentries/list", entry_id=HUB)
    return {each["subentry_id"] for each in found}
