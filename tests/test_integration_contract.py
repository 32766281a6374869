"""What Home Assistant's hassfest would check, and what we have agreed on: manifest, texts, icons, images, imports."""

import ast
from collections.abc import AsyncGenerator, Iterator, Mapping
from functools import cache
import importlib
from importlib.metadata import requires, version
import inspect
import json
from pathlib import Path
import pkgutil
import re
from typing import Any

import hass_frontend
from packaging.requirements import Requirement
from packaging.version import Version
from PIL import Image
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components import maestra
from custom_components.maestra.const import DOMAIN, PLATFORMS
from custom_components.maestra.core.domain.errors import MaestraError
from custom_components.maestra.features import FEATURES
from custom_components.maestra.features.entities import (
    persistence,
    repairs as entity_repairs,
)
from custom_components.maestra.features.history import link as history
from custom_components.maestra.features.mqtt import link as mqtt_link
from custom_components.maestra.features.nats import cluster_link as nats_cluster_link
from custom_components.maestra.features.pki import link as pki
from custom_components.maestra.features.qs import repairs as qs
from custom_components.maestra.features.transcription import manager as transcription
from custom_components.maestra.hub import presenter
from custom_components.maestra.hub.listeners import LISTENER_FAILED
from custom_components.maestra.hub.registry import registry_of
from homeassistant import loader
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.loader import async_get_custom_components

from .kits.f2_device import add_controller
from .kits.forms import add_iss, until
from .kits.hub import unload
from .kits.lightstreamer import Feed
from .kits.obs import ObsDouble, obs_double
from .kits.production import obs_subentry
from .kits.sample import SAMPLE
from .kits.texts import PLACEHOLDER, TEXTS, TRANSLATIONS, placeholders, texts_in

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / DOMAIN
CORE = "core"
MANIFEST: dict[str, Any] = json.loads((PACKAGE / "manifest.json").read_text())
ICONS: dict[str, Any] = json.loads((PACKAGE / "icons.json").read_text())
IMAGES = {
    "icon": (256, 256),
    "icon@2x": (512, 512),
    "logo": (None, 128),
    "logo@2x": (None, 256),
    "dark_logo": (None, 128),
    "dark_logo@2x": (None, 256),
}
# The languages beside English, each with the words that are the same in both.
LANGUAGES = {
    "de": """
        Alarm Album Apache API Argument Audio Broker Chat Cheers Chiptunes Clients Community Controller Covers CSV Debug Domains ECDSA Firmware Fleet Format Game Host
        ID Info Installation IronMON J Labels Linear Live LTSS Maestra Maximum Median MIDI Minimum MQTT Multicast Name NDI nkey OBS OC OSC Overlay P
        Parquet Passphrase Payload Person Port Position PostgreSQL Raids Rainwave ReMix RSA Schema Scribe Sensor Server Shoutouts Show Signal Slug Slugs
        Spout SRT Status Streams Studio Syphon Tags TCP Text TimescaleDB TLS Token Topic UDP Unicast Variable Version Video VIPs WebRTC
        WebSocket Zone
    """
}
# What flows show their steps with.
SHOWING = (
    "async_show_menu",
    "async_show_form",
    "async_external_step",
    "async_show_progress",
)
# Parts of Home Assistant that are always there, or only ask us.
ALWAYS_THERE = {
    *map(str, PLATFORMS),
    "diagnostics",
    "homeassistant",
    "logbook",
    "persistent_notification",
    "repairs",
    "system_health",
    "websocket_api",
}


# The code, read without running it.


@cache
def source(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def modules(*, core: bool | None = None) -> list[Path]:
    """Return our modules: all, those of the core side, or those of Home Assistant's."""
    found = [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if core is None or (path.relative_to(PACKAGE).parts[0] == CORE) is core
    ]
    assert found
    return found


def nodes[N: ast.AST](
    kind: type[N], *, core: bool | None = None
) -> Iterator[tuple[str, N]]:
    """Return all nodes of a kind, with the place where they stand."""
    for path in modules(core=core):
        for node in ast.walk(source(path)):
            if isinstance(node, kind):
                line = getattr(node, "lineno", 0)
                yield f"{path.relative_to(ROOT)}:{line}", node


def imports(*, core: bool | None = None) -> Iterator[tuple[str, str]]:
    """Return the absolute imports, each name in full."""
    for place, node in nodes(ast.Import, core=core):
        yield from ((place, alias.name) for alias in node.names)
    for place, found in nodes(ast.ImportFrom, core=core):
        if not found.level:
            yield from (
                (place, f"{found.module}.{alias.name}") for alias in found.names
            )


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def name_of(node: ast.expr) -> str:
    """Return the last part of a name: `er.async_get` is `async_get`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def strings(*, core: bool | None = None) -> set[str]:
    """Return every text that stands in the code."""
    return {
        node.value
        for _, node in nodes(ast.Constant, core=core)
        if isinstance(node.value, str)
    }


def classes() -> list[type]:
    """Return all classes of the integration."""
    names = [
        info.name
        for info in pkgutil.walk_packages(maestra.__path__, f"{maestra.__name__}.")
    ]
    found = {
        member
        for name in names
        for member in vars(importlib.import_module(name)).values()
        if inspect.isclass(member) and member.__module__.startswith(maestra.__name__)
    }
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def entity_classes() -> list[type[Entity]]:
    found = [kind for kind in classes() if issubclass(kind, Entity)]
    assert found
    return found


def error_classes() -> list[type[MaestraError]]:
    # Those without a code of their own are categories, and are not raised.
    return [
        kind
        for kind in classes()
        if issubclass(kind, MaestraError) and "code" in vars(kind)
    ]


# The manifest.


def test_manifest() -> None:
    address = probatio.All(str, probatio.Match(r"https://(?!.*home-assistant\.io)\S+"))
    names = [probatio.All(str, probatio.Match(r"[a-z_]+$"))]
    schema = probatio.Schema(
        {
            "domain": DOMAIN,
            "name": str,
            "after_dependencies": names,
            "codeowners": probatio.All(
                [probatio.Match(r"@[\w-]+(/[\w-]+)?$")], probatio.Length(min=1)
            ),
            "config_flow": True,
            "dependencies": names,
            "documentation": address,
            "integration_type": "hub",
            "iot_class": "local_push",
            "issue_tracker": address,
            "loggers": [str],
            "mqtt": [probatio.Match(r"maestra/")],
            "zeroconf": [probatio.Match(r"_maestra[a-z-]*\._(tcp|udp)\.local\.")],
            "requirements": [str],
            "single_config_entry": True,
            "version": probatio.Coerce(Version),
        },
        required=True,
    )
    schema(MANIFEST)


def test_manifest_keys_are_in_order() -> None:
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]


async def test_home_assistant_loads_it(hass: HomeAssistant) -> None:
    integration = (await async_get_custom_components(hass))[DOMAIN]
    assert integration.version
    assert integration.has_branding
    assert integration.single_config_entry
    assert DOMAIN not in loader.BLOCKED_CUSTOM_INTEGRATIONS


def test_hacs() -> None:
    settings = json.loads((ROOT / "hacs.json").read_text())
    assert set(settings) <= {
        "name",
        "homeassistant",
        "hacs",
        "zip_release",
        "filename",
        "hide_default_branch",
    }
    assert settings["name"] == MANIFEST["name"]
    # The first one that asks entities before it adds them (`async_prepare_to_add_to_hass`): without, they have no device.
    promised = Version(settings["homeassistant"])
    assert promised >= Version("2026.10.0")
    readme = (ROOT / "README.md").read_text()
    assert f"needs Home Assistant {promised.major}.{promised.minor} or newer" in readme
    for blueprint in (ROOT / "blueprints").rglob("*.yaml"):
        found = re.search(r"min_version: (\S+)", blueprint.read_text())
        assert found is None or Version(found[1]) == promised, blueprint
    assert (ROOT / "LICENSE").read_text().startswith(("MIT License", "Apache License"))


def package_constraints() -> dict[str, Requirement]:
    """Return what Home Assistant installs our requirements with."""
    text = Path(loader.__file__).with_name("package_constraints.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = map(Requirement, lines)
    return {requirement.name.lower(): requirement for requirement in found}


def test_requirements_are_pinned_and_fit() -> None:
    constraints = package_constraints()
    for text in MANIFEST["requirements"]:
        assert " " not in text
        requirement = Requirement(text)
        assert re.fullmatch(r"==[\d.]+", str(requirement.specifier))
        assert version(requirement.name) in requirement.specifier
        needed = [requirement, *map(Requirement, requires(requirement.name) or [])]
        for need in needed:
            if need.marker and not need.marker.evaluate():
                continue
            if fixed := constraints.get(need.name.lower()):
                pins = [
                    spec.version for spec in fixed.specifier if spec.operator == "=="
                ]
                for usual in (*pins, version(need.name)):
                    assert usual in need.specifier, f"{need} does not fit {fixed}"
                    assert usual in fixed.specifier, f"{need} does not fit {fixed}"


def test_requirements_are_documented() -> None:
    page = (ROOT / "docs" / "usage.md").read_text()
    for text in MANIFEST["requirements"]:
        assert f"[{Requirement(text).name}](https://pypi.org/project/" in page


def test_used_parts_of_home_assistant_are_declared() -> None:
    declared = {
        *MANIFEST["dependencies"],
        *MANIFEST["after_dependencies"],
        *ALWAYS_THERE,
    }
    for place, name in imports():
        if name.startswith("homeassistant.components."):
            assert name.split(".")[2] in declared, f"{place}: {name}"


# The code.


def test_the_core_knows_nothing_of_home_assistant() -> None:
    for place, name in imports(core=True):
        assert name.split(".")[0] != "homeassistant", place
    for path in modules(core=True):
        depth = len(path.relative_to(PACKAGE / CORE).parts)
        for node in ast.walk(source(path)):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, f"{path}: {node.module}"


def test_nobody_imports_voluptuous() -> None:
    for place, name in imports():
        assert name.split(".")[0] != "voluptuous", place


def test_nothing_is_imported_from_the_future() -> None:
    for place, name in imports():
        assert not name.startswith("__future__"), place


def test_platforms_say_how_many_run_at_once() -> None:
    for platform in PLATFORMS:
        module = importlib.import_module(f"{maestra.__name__}.{platform}")
        assert isinstance(module.PARALLEL_UPDATES, int), platform


def test_what_a_flow_shows_names_its_step() -> None:
    """Home Assistant warns of what does not, since 2026.11; a menu is shown by its own step."""
    shown = [
        (place, call)
        for place, call in nodes(ast.Call)
        if name_of(call.func) in SHOWING
    ]
    assert {name_of(call.func) for _, call in shown} >= {*SHOWING[:2]}
    assert [place for place, call in shown if "step_id" not in keywords(call)] == []
    menus = {
        call: step.name
        for _, step in nodes(ast.AsyncFunctionDef, core=False)
        for call in ast.walk(step)
        if isinstance(call, ast.Call) and name_of(call.func) == SHOWING[0]
    }
    assert {call for _, call in shown if name_of(call.func) == SHOWING[0]} == {*menus}
    for call, step in menus.items():
        assert step == f"async_step_{ast.literal_eval(keywords(call)['step_id'])}"


def test_nothing_is_kept_in_hass_data() -> None:
    for place, node in nodes(ast.Attribute):
        is_hass = isinstance(node.value, ast.Name | ast.Attribute) and name_of(
            node.value
        ) in {
            "hass",
            "_hass",
        }
        assert not (is_hass and node.attr == "data"), place


def test_threads_are_for_files_and_keys_only() -> None:
    allowed = {
        "_certificate_problem",
        "certificate_problem",
        "build_context",
        # Certificates, and what waits for the database.
        "_tls_context",
        # paho looks the name up, and connects.
        "_connect_socket",
        # Keys are made, and certificates signed.
        "create_authority",
        "load_authority",
        "issue_pair",
        "issue_for_request",
        "requested_key_id",
        "make_crl",
        "private_pem",
        "write_broker_files",
        "read_applied",
        "read_migrations",
        "_remove_spools",
        # The spool.
        "open",
        "append",
        "oldest",
        "remove",
        "set_oldest_aside",
        # The idempotency window.
        "read_window",
        "append_window",
        "rewrite_window",
        "_remove_window",
        # The journal of the domain.
        "_restore",
        "_write_frame",
        "_cut_journal",
        "_remove_segments",
        "close_segment",
        "_remove_journal",
        # The recorder's own threads, and long answers.
        "_read_all",
        "get_events",
        "_encoded",
        "read_page",
        # Blueprints.
        "look",
        "install",
        # Sentences of Assist.
        "load_sentences",
        # Exported files.
        "_make_folder",
        "_open",
        "_write",
        "_close",
        "_open_parquet",
        "_write_parquet",
        "_write_group",
        "_close_parquet",
        "_finish",
        "_discard",
        # A file that is to be transcribed.
        "_is_readable",
    }
    for place, node in nodes(ast.Call):
        called = name_of(node.func)
        if called in {"async_add_executor_job", "run_in_executor", "to_thread"}:
            given = {name_of(argument) for argument in node.args}
            assert given & allowed, place


def default_of(kind: type[Entity], name: str) -> object:
    """Return what a class says of its entities; Home Assistant keeps it behind a cached property."""
    found: object = getattr(kind, f"__attr_{name}")
    return found


def test_nothing_is_polled() -> None:
    for kind in entity_classes():
        assert default_of(kind, "should_poll") is False, kind


def test_entities_are_named_by_their_device() -> None:
    for kind in entity_classes():
        assert default_of(kind, "has_entity_name") is True, kind


def test_entities_share_one_base() -> None:
    (base,) = [kind for kind in entity_classes() if kind.__name__ == "MaestraEntity"]
    assert base.__module__ == f"{maestra.__name__}.entity"
    assert all(issubclass(kind, base) for kind in entity_classes())


def test_code_has_no_icons() -> None:
    for place, node in nodes(ast.Constant, core=False):
        is_icon = isinstance(node.value, str) and re.fullmatch(
            r"(mdi|hass):[\w-]+", node.value
        )
        assert not is_icon, place
    for place, found in nodes(ast.Name | ast.Attribute | ast.FunctionDef, core=False):  # type: ignore[arg-type]
        assert getattr(found, "attr", getattr(found, "id", "")) != "_attr_icon", place


# What people see: images, icons and texts.


@pytest.mark.parametrize(("name", "size"), IMAGES.items())
def test_brand_images(name: str, size: tuple[int | None, int]) -> None:
    image = Image.open(PACKAGE / "brand" / f"{name}.png")
    width, height = size
    assert image.size == (width or image.width, height)
    assert image.width >= image.height
    assert image.mode == "RGBA"
    alpha = image.getchannel("A")
    assert alpha.getbbox() == (0, 0, *image.size), "not trimmed"
    assert alpha.getextrema()[0] == 0, "no transparency"


def test_there_are_no_other_images() -> None:
    assert {path.stem for path in (PACKAGE / "brand").iterdir()} == set(IMAGES)


@cache
def known_icons() -> frozenset[str]:
    """Return the names of the icons that Home Assistant's frontend brings."""
    files = (Path(hass_frontend.where()) / "static" / "mdi").glob("*.json")
    found: set[str] = set()
    for file in files:
        content = json.loads(file.read_text())
        found.update(content if isinstance(content, dict) else ())
    assert len(found) > 5_000
    return frozenset(found)


def leaves(
    tree: Any, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return every text of a JSON tree with its place."""
    if isinstance(tree, Mapping):
        for key, below in tree.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, tree


def test_icons_exist() -> None:
    for path, icon in leaves(ICONS):
        prefix, _, name = icon.partition(":")
        assert prefix == "mdi", path
        assert name in known_icons(), f"{'.'.join(path)}: {icon}"


def test_icons_have_their_schema() -> None:
    icon = probatio.Match(r"mdi:[a-z0-9-]+$")
    entity: dict[Any, Any] = {
        probatio.Required("default"): icon,
        probatio.Optional("state"): {str: icon},
        probatio.Optional("range"): {str: icon},
        probatio.Optional("state_attributes"): {
            str: {"default": icon, "state": {str: icon}}
        },
    }
    probatio.Schema(
        {
            "entity": {probatio.In(list(map(str, PLATFORMS))): {cv.slug: entity}},
            "services": {
                cv.slug: {
                    probatio.Required("service"): icon,
                    probatio.Optional("sections"): {str: icon},
                }
            },
            "triggers": {cv.slug: {probatio.Required("trigger"): icon}},
            "conditions": {cv.slug: {probatio.Required("condition"): icon}},
        },
        required=True,
    )(ICONS)


def test_an_icon_of_a_state_differs_from_the_usual_one() -> None:
    for platform, entities in ICONS["entity"].items():
        for key, icons in entities.items():
            assert icons["default"] not in icons.get("state", {}).values(), (
                f"{platform}.{key}"
            )


def test_texts_are_in_one_place() -> None:
    assert not (PACKAGE / "strings.json").exists()
    assert {path.name for path in TRANSLATIONS.iterdir()} == {
        f"{language}.json" for language in ("en", *LANGUAGES)
    }


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_texts_are_well_formed(language: str) -> None:
    for path, text in leaves(texts_in(language)):
        cv.string_with_no_html(text)
        assert text, path
        assert text == text.strip(), path
        assert "://" not in text, path
        assert "[%key:" not in text, path
        assert not re.search(r"'{\w+}'", text), path
        assert all(name.isidentifier() for name in placeholders(text)), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text(language: str) -> None:
    """In the order of the English ones, with the same facts, links, code, emphasis and paragraphs."""
    texts = list(leaves(texts_in(language)))
    english = list(leaves(TEXTS))
    assert [path for path, _ in texts] == [path for path, _ in english]
    for (path, text), (_, original) in zip(texts, english, strict=True):
        assert placeholders(text) == placeholders(original), path
        assert marks(text) == marks(original), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_english(language: str) -> None:
    same = {
        word
        for (_, text), (_, original) in zip(
            leaves(texts_in(language)), leaves(TEXTS), strict=True
        )
        if text == original
        for word in re.findall(r"[^\W\d_]+", PLACEHOLDER.sub("", text))
    }
    assert same == set(LANGUAGES[language].split())


def marks(text: str) -> tuple[list[str], int, int]:
    """Return what of Markdown no language changes: code and the ends of links, and how much emphasis and how many lines there are."""
    return (
        sorted(re.findall(r"`[^`]*`|\]\([^)]*\)", text)),
        text.count("*"),
        text.count("\n"),
    )


def text_schema() -> probatio.Schema:
    """Return the shape of a translation file, closed."""
    texts = {cv.slug: str}
    fields: dict[Any, Any] = {
        probatio.Optional("data"): texts,
        probatio.Optional("data_description"): texts,
    }
    step: dict[Any, Any] = {
        probatio.Optional("title"): str,
        probatio.Optional("description"): str,
        probatio.Optional("menu_options"): texts,
        probatio.Optional("menu_option_descriptions"): texts,
        **fields,
        probatio.Optional("sections"): {
            cv.slug: {
                probatio.Required("name"): str,
                probatio.Optional("description"): str,
                **fields,
            }
        },
    }
    flow: dict[Any, Any] = {
        probatio.Optional("step"): {cv.slug: step},
        probatio.Optional("error"): texts,
        probatio.Optional("abort"): texts,
    }
    states: dict[Any, Any] = {probatio.Optional("state"): texts}
    entity: dict[Any, Any] = {
        probatio.Optional("name"): str,
        **states,
        probatio.Optional("state_attributes"): {
            cv.slug: {probatio.Optional("name"): str, **states}
        },
    }
    described: dict[Any, Any] = {
        probatio.Required("name"): str,
        probatio.Required("description"): str,
    }
    action: dict[Any, Any] = {
        **described,
        probatio.Optional("fields"): {cv.slug: described},
        probatio.Optional("sections"): {
            cv.slug: {
                probatio.Required("name"): str,
                probatio.Optional("description"): str,
            }
        },
    }
    return probatio.Schema(
        {
            "title": MANIFEST["name"],
            "application_credentials": {"description": str},
            "config": flow,
            "config_subentries": {
                cv.slug: {
                    probatio.Required("entry_type"): str,
                    probatio.Required("initiate_flow"): {
                        probatio.Required("user"): str,
                        probatio.Required("reconfigure"): str,
                    },
                    **flow,
                }
            },
            "options": flow,
            "entity": {probatio.In(list(map(str, PLATFORMS))): {cv.slug: entity}},
            probatio.Optional("device"): {cv.slug: {"name": str}},
            "exceptions": {cv.slug: {probatio.Required("message"): str}},
            "issues": {
                cv.slug: {
                    probatio.Required("title"): str,
                    probatio.Exclusive("description", "how"): str,
                    probatio.Exclusive("fix_flow", "how"): flow,
                }
            },
            "selector": {
                cv.slug: probatio.Any(
                    {probatio.Required("options"): {str: str}},
                    {probatio.Required("choices"): {cv.slug: str}},
                    {
                        probatio.Required("fields"): {
                            cv.slug: {"name": str, "description": str}
                        }
                    },
                )
            },
            "services": {cv.slug: action},
            "system_health": {"info": texts},
            "triggers": {cv.slug: action},
            "conditions": {cv.slug: action},
        },
        required=True,
    )


def test_texts_have_their_schema() -> None:
    text_schema()(TEXTS)


def test_a_field_that_is_explained_has_a_label() -> None:
    for flow in ("config", "config_subentries", "options", "issues"):
        for step in steps(TEXTS[flow]):
            for part in (step, *step.get("sections", {}).values()):
                assert set(part.get("data_description", {})) == set(
                    part.get("data", {})
                )


def steps(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Return every step of the flows in a tree."""
    if isinstance(tree, Mapping):
        yield from tree.get("step", {}).values()
        for below in tree.values():
            yield from steps(below)


def flow_keys(tree: Any) -> Iterator[str]:
    """Return what the code must name: steps, fields, sections, choices, errors and ends."""
    if not isinstance(tree, Mapping):
        return
    for key, below in tree.items():
        if (key in {"step", "sections"} and isinstance(below, Mapping)) or key in {
            "error",
            "abort",
            "data",
            "menu_options",
        }:
            yield from below
        yield from flow_keys(below)


@pytest.mark.parametrize("flow", ["config", "config_subentries", "options", "issues"])
def test_no_text_of_a_flow_is_left_over(flow: str) -> None:
    """The other way round, each flow in the tests is held against the texts (kits/texts.py)."""
    constants = {
        name.removeprefix("homeassistant.const.CONF_").lower()
        for _, name in imports(core=False)
        if name.startswith("homeassistant.const.CONF_")
    }
    named = (
        # Thresholds of detectors and groups of channels are named where they are described: in the core.
        strings()
        | constants
        # A step of Home Assistant's own flow of OAuth.
        | {"pick_implementation", "implementation"}
        | {
            # A step may be named by its method alone.
            node.name.removeprefix("async_step_")
            for _, node in nodes(ast.AsyncFunctionDef, core=False)
        }
    )
    assert set(flow_keys(TEXTS[flow])) - named == set()


def test_every_issue_has_its_text() -> None:
    """Issues that a flow repairs, those of connections that stay away, and what links tell besides."""
    registry = registry_of(FEATURES)
    links = {link.issue for link in registry.links.values()}  # type: ignore[attr-defined]
    told = {
        str(value)
        for feature in (
            entity_repairs,
            history,
            mqtt_link,
            nats_cluster_link,
            persistence,
            pki,
            qs,
            presenter,
            transcription,
        )
        for name, value in vars(feature).items()
        if name.isupper() and isinstance(value, str) and value in TEXTS["issues"]
    }
    assert links | told | {LISTENER_FAILED} | set(registry.repairs) == set(
        TEXTS["issues"]
    )


def test_every_fact_of_system_health_has_its_text() -> None:
    assert set(TEXTS["system_health"]["info"]) <= strings(core=False)


OUR_ERRORS = re.compile(
    r"\w*(HomeAssistantError|ValidationError|ConfigEntry(AuthFailed|NotReady|Error))"
)


ONLY = "custom_components/maestra/hub/actions.py:"


def raised_errors() -> Iterator[tuple[str, str, set[str]]]:
    """Return place, key and facts of each of Home Assistant's errors that the code makes."""
    for place, node in nodes(ast.Call, core=False):
        given, called = keywords(node), name_of(node.func)
        if called == "refusal":
            (key,) = node.args
            # `only` hands on what it is given.
            if isinstance(key, ast.Constant):
                yield place, str(key.value), set(given)
            else:
                assert place.startswith(ONLY), place
        elif called == "only":
            _, key = node.args
            assert isinstance(key, ast.Constant), place
            yield place, str(key.value), {"count"}
        elif OUR_ERRORS.fullmatch(called):
            assert {"translation_domain", "translation_key"} <= set(given), place
            key = given["translation_key"]
            facts = given.get("translation_placeholders", ast.Dict([], []))
            # `refusal` itself hands on what it is given.
            if isinstance(key, ast.Constant):
                assert isinstance(facts, ast.Dict), place
                names = {
                    name.value for name in facts.keys if isinstance(name, ast.Constant)
                }
                yield place, str(key.value), {str(name) for name in names}


def test_every_error_is_translated() -> None:
    """Whatever of Home Assistant's errors we raise has its text, and no text is left over."""
    raised = set()
    for place, key, facts in raised_errors():
        raised.add(key)
        assert key in TEXTS["exceptions"], f"{place}: {key}"
        assert placeholders(TEXTS["exceptions"][key]["message"]) <= facts, place
    codes = {kind.code for kind in error_classes()}
    assert set(TEXTS["exceptions"]) - codes - raised == set()


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_core_errors_have_their_text(kind: type[MaestraError]) -> None:
    if kind is MaestraError:
        return
    text = TEXTS["exceptions"][kind.code]["message"]
    assert placeholders(text) <= placeholders(re.sub(r":\w+}", "}", kind.message))


def test_error_codes_are_unique() -> None:
    codes = [kind.code for kind in error_classes()]
    assert len(codes) == len(set(codes))


@pytest.fixture
async def feed(socket_enabled: None) -> AsyncGenerator[Feed]:
    """A feed of the ISS."""
    async with Feed() as running:
        yield running


@pytest.fixture
async def obs(socket_enabled: None) -> AsyncGenerator[ObsDouble]:
    async with obs_double() as double:
        yield double


async def test_names_of_entities_are_translated(
    hass: HomeAssistant, hass_storage: dict[str, Any], feed: Feed, obs: ObsDouble
) -> None:
    """Whatever a show has is named by a key that its platform has a text for."""
    hass_storage.update(SAMPLE)
    hub = MockConfigEntry(
        domain=DOMAIN, title="Maestra", subentries_data=[obs_subentry(obs)]
    )
    hub.add_to_hass(hass)
    add_controller(hass, hub)
    await hass.config_entries.async_setup(hub.entry_id)
    await add_iss(hass, hub, feed, position=True)
    cues = {"name": "Act 1", "cues": [{"name": "Dawn"}]}
    await hass.services.async_call(DOMAIN, "save_cue_list", cues, blocking=True)
    evening = {"name": "Evening"}
    await hass.services.async_call(DOMAIN, "save_experience", evening, blocking=True)

    def registered() -> list[er.RegistryEntry]:
        return er.async_entries_for_config_entry(er.async_get(hass), hub.entry_id)

    wanted = set(map(str, PLATFORMS))
    await until(hass, lambda: {entry.domain for entry in registered()} == wanted)
    for entry in registered():
        known = TEXTS["entity"][entry.domain]
        assert entry.translation_key is None or "name" in known[entry.translation_key]
    await unload(hass, hub)


def test_texts_and_icons_of_entities_go_together() -> None:
    for platform, entities in TEXTS["entity"].items():
        assert all(
            "name" in entity or "state" in entity for entity in entities.values()
        )
        assert set(ICONS["entity"].get(platform, {})) <= set(entities), platform
    assert set(TEXTS["entity"]) == set(map(str, PLATFORMS))
