"""Every rule of Home Assistant's quality scale has an honest status, and what is done is shown by tests."""

from collections import Counter
from pathlib import Path
import re
import tomllib
from typing import Any

import pytest

from homeassistant.util import yaml as yaml_util

from .kits.texts import TEXTS

ROOT = Path(__file__).parent.parent
RULES: dict[str, Any] = yaml_util.load_yaml_dict(
    ROOT / "custom_components" / "maestra" / "quality_scale.yaml"
)["rules"]

DOCUMENTED = "test_quality_scale::test_is_documented"

# Rule of the scale, in its order -> tests that show it. None for what we are exempt from.
EVIDENCE: dict[str, tuple[str, ...] | None] = {
    # Bronze
    "action-setup": (
        "hub/test_actions_targets::test_actions_exist_without_any_entry",
        "hub/test_actions_targets::test_actions_answer_without_a_loaded_entry",
    ),
    "appropriate-polling": ("test_integration_contract::test_nothing_is_polled",),
    "brands": ("test_integration_contract::test_brand_images",),
    "common-modules": ("test_integration_contract::test_entities_share_one_base",),
    "config-flow": (
        "test_config_flow::test_user_sets_up_the_hub_and_is_led_to_the_first_broker",
        "features/mqtt/test_flow::test_a_direct_connection_is_added",
        "features/history/test_flow::test_a_database_is_added",
        "features/osc/test_flow::test_a_target_is_added",
        "features/f2/test_flow::test_a_controller_is_added",
    ),
    "config-flow-test-coverage": (
        "hub/test_options_flow::test_a_silence_out_of_range_can_be_put_right",
        "hub/test_options_flow::test_lifetimes_that_do_not_fit_can_be_put_right",
        "hub/test_options_listeners::test_what_is_wrong_can_be_put_right",
        "hub/test_options_listeners::test_an_address_map_can_be_put_right",
        "features/osc/test_flow::test_what_is_wrong_can_be_put_right",
        "features/f2/test_flow::test_what_is_wrong_can_be_put_right",
        "features/f2/test_flow::test_templates_can_be_changed",
        "test_config_flow::test_refused_credentials_are_renewed",
        "features/mqtt/test_flow::test_wrong_certificates_can_be_put_right",
        "features/mqtt/test_flow::test_a_change_that_does_not_work_can_be_put_right",
        "features/history/test_flow::test_what_keeps_us_from_working_there_can_be_put_right",
    ),
    "dependency-transparency": (
        "test_integration_contract::test_requirements_are_pinned_and_fit",
        "test_integration_contract::test_requirements_are_documented",
    ),
    "docs-actions": (
        "test_actions_contract::test_everything_is_documented_with_an_example",
    ),
    "docs-conditions": (
        "test_actions_contract::test_everything_is_documented_with_an_example",
    ),
    "docs-high-level-description": (DOCUMENTED,),
    "docs-installation-instructions": (DOCUMENTED,),
    "docs-removal-instructions": (DOCUMENTED,),
    "docs-triggers": (
        "test_actions_contract::test_everything_is_documented_with_an_example",
    ),
    "entity-event-setup": (
        "test_init::test_unloading_and_setting_up_leaves_nothing_behind",
        "features/entities/test_entity_sync::test_a_disabled_entity_costs_nothing_and_comes_back",
    ),
    "entity-unique-id": (
        "features/entities/test_entity_sync::test_a_renamed_entity_goes_on",
        "features/entities/test_presentation::test_keys_are_unique",
    ),
    "has-entity-name": (
        "test_integration_contract::test_entities_are_named_by_their_device",
    ),
    "runtime-data": ("test_integration_contract::test_nothing_is_kept_in_hass_data",),
    "test-before-configure": (
        "features/mqtt/test_flow::test_an_unreachable_broker_can_be_put_right",
        "features/mqtt/test_flow::test_refused_credentials_can_be_put_right",
        "features/mqtt/test_flow::test_home_assistants_mqtt_must_be_connected",
        "features/history/test_flow::test_what_keeps_us_from_working_there_can_be_put_right",
    ),
    "test-before-setup": None,
    "unique-config-entry": (
        "test_config_flow::test_there_is_one_hub",
        "features/mqtt/test_flow::test_the_same_broker_is_not_added_twice",
        "features/mqtt/test_flow::test_a_broker_does_not_become_another_that_is_there",
        "features/history/test_flow::test_there_is_one_database",
    ),
    # Silver
    "action-exceptions": (
        "features/entities/test_actions_states::test_a_refused_value_changes_nothing_anywhere",
        "features/mqtt/test_actions::test_nothing_connected",
        "features/f2/test_f2::test_what_is_not_confirmed_is_an_error",
        "features/entities/test_number::test_what_does_not_fit_is_refused",
    ),
    "config-entry-unloading": (
        "test_init::test_unloading_and_setting_up_leaves_nothing_behind",
        "test_init::test_unloading_while_much_is_going_on",
    ),
    "docs-configuration-parameters": (
        DOCUMENTED,
        "test_quality_scale::test_every_field_of_a_form_is_documented",
    ),
    "docs-installation-parameters": (
        DOCUMENTED,
        "test_quality_scale::test_every_field_of_a_form_is_documented",
    ),
    "entity-unavailable": (
        "hub/test_availability::test_a_broker_that_goes_and_comes",
        "hub/test_availability::test_a_device_that_falls_silent",
        "features/f2/test_f2::test_silence_makes_sensors_unavailable_and_nothing_else",
    ),
    "integration-owner": ("test_integration_contract::test_manifest",),
    "log-when-unavailable": (
        "core/mqtt/test_direct::test_one_line_down_and_one_line_up",
        "hub/test_listeners::test_a_port_that_is_taken",
    ),
    "parallel-updates": (
        "test_integration_contract::test_platforms_say_how_many_run_at_once",
    ),
    "reauthentication-flow": (
        "test_config_flow::test_refused_credentials_are_renewed",
        "features/history/test_flow::test_a_refused_login_is_renewed",
        "hub/test_links::test_refused_credentials_ask_the_user",
    ),
    "test-coverage": ("test_quality_scale::test_coverage_is_demanded",),
    # Gold
    "devices": (
        "features/entities/test_entity_sync::test_the_hierarchy_is_the_devices",
        "features/entities/test_entity_sync::test_the_link_is_a_device_of_its_subentry",
        "features/entities/test_entity_sync::test_an_approved_device_appears",
        "features/f2/test_f2::test_a_controller_is_a_device_with_its_connectors_and_sensors",
    ),
    "diagnostics": (
        "features/f2/test_f2::test_a_card_is_an_event_and_a_tag_and_told_nowhere",
        "test_diagnostics::test_the_hub_tells_of_connections_and_counts",
        "test_diagnostics::test_each_kind_of_device_tells_of_itself",
        "test_diagnostics::test_a_planted_secret_appears_nowhere",
        "test_diagnostics::test_no_secret_of_a_database_is_told",
        "hub/test_listeners::test_a_token_is_asked_for_and_never_told",
    ),
    "discovery": (
        "test_config_flow::test_a_client_on_a_real_broker_is_discovered",
        "test_config_flow::test_discovery_sets_up_hub_and_broker_in_one_go",
    ),
    "discovery-update-info": None,
    "docs-data-update": (DOCUMENTED,),
    "docs-examples": (DOCUMENTED,),
    "docs-known-limitations": (DOCUMENTED,),
    "docs-supported-devices": (DOCUMENTED,),
    "docs-supported-functions": (DOCUMENTED,),
    "docs-troubleshooting": (DOCUMENTED,),
    "docs-use-cases": (DOCUMENTED,),
    "dynamic-devices": (
        "features/f2/test_f2::test_what_is_heard_later_is_added",
        "features/entities/test_entity_sync::test_an_unknown_entity_appears_with_its_first_state",
        "features/entities/test_entity_sync::test_an_approved_device_appears",
    ),
    "entity-category": (
        "features/entities/test_sample::test_everything_of_the_sample_show",
        "features/entities/test_sensor::test_the_hub_counts",
    ),
    "entity-device-class": (
        "features/entities/test_sensor::test_units_and_precision",
        "features/entities/test_binary_sensor::test_a_device_is_connected_while_it_is_heard",
    ),
    "entity-disabled-by-default": (
        "features/entities/test_sensor::test_when_a_device_was_seen_is_for_those_who_want_it",
    ),
    "entity-translations": (
        "test_integration_contract::test_names_of_entities_are_translated",
    ),
    "exception-translations": (
        "test_integration_contract::test_every_error_is_translated",
        "test_integration_contract::test_core_errors_have_their_text",
    ),
    "icon-translations": (
        "test_integration_contract::test_icons_exist",
        "test_integration_contract::test_code_has_no_icons",
    ),
    "reconfiguration-flow": (
        "features/mqtt/test_flow::test_a_broker_that_has_moved_is_followed_without_a_reload",
        "features/mqtt/test_flow::test_home_assistants_mqtt_can_be_changed",
        "features/history/test_flow::test_a_database_that_has_moved_is_followed",
        "features/osc/test_flow::test_a_target_is_changed",
        "features/f2/test_flow::test_a_controller_is_changed",
    ),
    "repair-issues": (
        "features/f2/test_flow::test_a_controller_that_was_heard_can_be_added",
        "test_repairs::test_a_broker_that_stays_away_is_told_and_taken_back",
        "features/history/test_link::test_a_database_that_is_away_delays_nothing",
        "features/history/test_link::test_rows_that_are_lost_are_a_repair",
        "hub/test_listeners::test_a_port_that_is_taken",
        "features/osc/test_osc::test_a_target_that_answers",
        "test_repairs::test_a_flood_is_repaired_by_creating_nothing_any_more",
        "test_repairs::test_a_blocked_device_can_be_unblocked",
    ),
    "stale-devices": (
        "features/f2/test_f2::test_a_removed_controller_leaves_nothing",
        "features/entities/test_entity_sync::test_a_deleted_entity_disappears_with_its_device",
        "features/entities/test_entity_sync::test_what_nobody_stands_behind_is_removed_at_start",
        "test_init::test_only_a_silent_device_can_be_removed",
    ),
    # Platinum
    "async-dependency": (
        "test_integration_contract::test_threads_are_for_files_and_keys_only",
    ),
    "inject-websession": None,
    "strict-typing": ("test_quality_scale::test_types_are_checked_strictly",),
}

# Rule -> page and heading.
HEADINGS: dict[str, tuple[str, str]] = {
    "docs-high-level-description": ("README.md", "Maestra for Home Assistant"),
    "docs-installation-instructions": ("README.md", "Install"),
    "docs-removal-instructions": ("docs/configuration.md", "Removal"),
    "docs-configuration-parameters": (
        "docs/configuration.md",
        "Configuration parameters",
    ),
    "docs-installation-parameters": (
        "docs/configuration.md",
        "Installation parameters",
    ),
    "docs-data-update": ("docs/usage.md", "Data update"),
    "docs-examples": ("docs/usage.md", "Examples"),
    "docs-known-limitations": ("docs/usage.md", "Known limitations"),
    "docs-supported-devices": ("docs/usage.md", "Supported devices"),
    "docs-supported-functions": ("docs/usage.md", "Supported functions"),
    "docs-troubleshooting": ("docs/troubleshooting.md", "Troubleshooting"),
    "docs-use-cases": ("docs/usage.md", "Use cases"),
}


def status(rule: str) -> str:
    value = RULES[rule]
    found: str = value if isinstance(value, str) else value["status"]
    return found


def test_every_rule_has_a_status() -> None:
    assert len(EVIDENCE) == 54
    assert set(RULES) == set(EVIDENCE)
    assert Counter(map(status, RULES)) == {"done": 51, "exempt": 3}


@pytest.mark.parametrize(
    "rule", [rule for rule, tests in EVIDENCE.items() if tests is None]
)
def test_an_exemption_has_its_reason(rule: str) -> None:
    assert status(rule) == "exempt"
    assert re.fullmatch(r"[A-Z].{30,}\.", RULES[rule]["comment"].strip(), re.DOTALL)


@pytest.mark.parametrize("rule", [rule for rule, tests in EVIDENCE.items() if tests])
def test_what_is_done_is_tested(rule: str) -> None:
    assert RULES[rule] == "done"
    for test in EVIDENCE[rule] or ():
        module, _, name = test.partition("::")
        source = (ROOT / "tests" / f"{module}.py").read_text()
        assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), test


def section(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of its level."""
    text = (ROOT / page).read_text()
    found = re.search(
        rf"^(#+) {re.escape(heading)}$\n(.*?)(?=^\1 |\Z)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert found, f"{page} has no heading {heading!r}"
    return found[2]


@pytest.mark.parametrize("rule", HEADINGS)
def test_is_documented(rule: str) -> None:
    assert len(section(*HEADINGS[rule]).strip()) > 100


def test_every_documentation_rule_has_its_heading() -> None:
    own_pages = {"docs-actions", "docs-triggers", "docs-conditions"}
    assert {rule for rule in RULES if rule.startswith("docs-")} - own_pages == set(
        HEADINGS
    )


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_field_of_a_form_is_documented(texts: dict[str, Any]) -> None:
    def names(step: dict[str, Any]) -> set[str]:
        sections = step.get("sections", {}).values()
        return set(step.get("data", {}).values()).union(*map(names, sections))

    installation = section("docs/configuration.md", "Installation parameters")
    configuration = section("docs/configuration.md", "Configuration parameters")
    for kind in texts["config_subentries"].values():
        for step in kind["step"].values():
            assert all(name in installation for name in names(step))
    for step in texts["options"]["step"].values():
        assert all(name in configuration for name in names(step))


def test_coverage_is_demanded(project: dict[str, Any]) -> None:
    assert project["tool"]["coverage"]["report"]["fail_under"] >= 95
    assert project["tool"]["coverage"]["run"]["branch"]


def test_types_are_checked_strictly(project: dict[str, Any]) -> None:
    assert project["tool"]["mypy"]["strict"]
    assert "custom_components/maestra" in project["tool"]["mypy"]["files"]
    for override in project["tool"]["mypy"].get("overrides", []):
        assert not any(
            name.startswith("custom_components") for name in override["module"]
        )


@pytest.fixture
def project() -> dict[str, Any]:
    """The settings of our tools."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture
def texts() -> dict[str, Any]:
    """Our translations."""
    return TEXTS
