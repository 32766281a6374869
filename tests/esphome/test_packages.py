"""Each package is one include, on boards of all families: what ESPHome takes, and what it makes of it."""

from pathlib import Path
import re

import pytest

from scripts.nodes import COMPONENTS, DATA, SOURCES
from tests.kits.esphome import INSTALLING, Esphome

FOLDER = SOURCES / "packages"
ETHERNET = ("ethernet-lan8720", "ethernet-ip101", "ethernet-w5500")
WIFI = "wifi: {ssid: Stage, password: long enough}"
# What the chips have in place of the pins of an ESP32: the first four of each can measure.
FAMILIES = {
    "esp32": (),
    "esp32s3": (1, 2, 4, 5, 6, 7),
    "esp32c3": (0, 1, 3, 4, 5, 6),
    "esp32c6": (0, 1, 2, 3, 6, 7),
    "esp32p4": (16, 17, 18, 19, 20, 21),
}
# What a package sets up, in the words of the program that is made of it.
MADE = {
    "buttons": (
        'BinarySensorBinding(button_1, "button_1_held");',
        'EventBinding(button_4_event, "button_4");',
        "set_event_types({",
        "binary_sensor::MultiClickTrigger<4>(button_1,",
    ),
    "dmx": (
        "LightBinding(spotlight);",
        "set_uart(dmx_line);",
        "dmx->set_channels(64);",
        "ChannelOutput(3);",
        "dmx_line->set_baud_rate(250000);",
        "dmx_line->set_stop_bits(2);",
    ),
    "energy-modbus": (
        'SensorBinding(energy, "energy");',
        "meter->set_import_active_energy_sensor(energy);",
        "meter_line->set_baud_rate(9600);",
    ),
    "energy-plug": (
        'SwitchBinding(relay, "relay", true);',
        "plug->set_voltage_divider(2351.0f);",
        "plug->set_sensor_model(hlw8012::HLW8012_SENSOR_MODEL_BL0937);",
    ),
    "energy-pulse": (
        'SensorBinding(power, "power");',
        "power->set_total_sensor(energy);",
        "return 60.0f;",
        "return 0.001f;",
    ),
    "environment": (
        'SensorBinding(illuminance, "illuminance");',
        "bme280->set_i2c_address(0x76);",
        "illuminance->set_i2c_address(0x23);",
    ),
    "faders": (
        'SensorBinding(fader_4, "fader_4");',
        "->set_max(100.0f);",
        "fader_1->set_update_interval(20);",
        "maestra_hub->set_update_interval(20);",
    ),
    "iss-display": (
        'set_entity_id("sensor.international_space_station_altitude");',
        "iss_display->set_dimensions(20, 4);",
        'StateListener("iss-display-message");',
    ),
    "motor": (
        'NumberBinding(speed, "speed", true);',
        "motor_forward->set_frequency(20000.0f);",
        "speed->traits.set_min_value(-100.0f);",
    ),
    "osc": (
        "osc_bridge->set_port(9000);",
        "osc_bridge->add_target(4294967295UL, 9001);",
        "osc_bridge->add_network(3232235520UL, 4294901760UL);",
    ),
    "pixels": (
        "LightBinding(pixels);",
        "pixels->add_effects({",
        'light::AddressableRainbowLightEffect("Rainbow");',
        "->set_num_leds(60);",
        "->set_rmt_symbols(",
    ),
    "relays": (
        'SwitchBinding(relay_4, "relay_4", true);',
        "relay_1->set_restore_mode(switch_::SWITCH_ALWAYS_OFF);",
    ),
    "servo": (
        'NumberBinding(position, "position", true);',
        "servo_arm->set_output(servo_signal);",
        "servo_arm->set_auto_detach_time(5000);",
    ),
    "ethernet-lan8720": ("set_type(ethernet::ETHERNET_TYPE_LAN8720);",),
    "ethernet-ip101": ("set_type(ethernet::ETHERNET_TYPE_IP101);",),
    "ethernet-w5500": ("set_type(ethernet::ETHERNET_TYPE_W5500);",),
}
# Boards have these as whole controllers, nodes and hubs: test_configurations.py, test_ready_boards.py.
PARTS = {
    *("base", "wifi", "mqtt", "host", "maestra", "qs"),
    *("f2", "f2-access", "f2-alarm", "f2-sensor"),
    *("broker-settings", "factory"),
}

pytestmark = [pytest.mark.xdist_group("esphome"), INSTALLING]


def board(folder: Path, package: str, family: str) -> Path:
    """Write a board of a family with one package."""
    text = (FOLDER / f"{package}.yaml").read_text()
    network = "ethernet-ip101" if family == "esp32p4" else "wifi"
    pins = dict(
        zip(
            re.findall(r"^  (\w+_pin): GPIO", text, re.MULTILINE),
            FAMILIES[family],
            strict=False,
        )
    )
    names = ["base", "mqtt", package]
    lines = ["substitutions:", "  name: board", "  wifi_ssid: a", "  wifi_password: long enough"]  # fmt: skip
    lines += [f"  {name}: GPIO{pin}" for name, pin in pins.items()]
    if package not in ETHERNET:
        names.append(network)
    lines.append("packages:")
    lines += [f"  {name}: !include {FOLDER / name}.yaml" for name in names]
    lines.append(f"esp32: {{variant: {family}, framework: {{type: esp-idf}}}}")
    file = folder / f"{family}-{package}.yaml"
    file.write_text("\n".join(lines))
    return file


def test_all_packages_are_looked_at() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*MADE, *PARTS}


@pytest.mark.parametrize("package", MADE)
def test_a_package_makes_what_it_says(
    esphome: Esphome, tmp_path: Path, package: str
) -> None:
    family = {"ethernet-ip101": "esp32p4", "ethernet-w5500": "esp32s3"}.get(package)
    file = board(tmp_path, package, family or "esp32")
    if family:
        # Its own pins.
        file.write_text(re.sub(r"^  ethernet_\w+: .*\n", "", file.read_text(), flags=re.MULTILINE))  # fmt: skip

    esphome("compile", "--only-generate", file)

    code = (DATA / "build" / "board" / "src" / "main.cpp").read_text()
    for call in MADE[package]:
        assert call in code, call


@pytest.mark.parametrize("family", FAMILIES)
def test_packages_are_for_boards_of_all_families(
    esphome: Esphome, tmp_path: Path, family: str
) -> None:
    """Ethernet is of those that have it."""
    for package in MADE.keys() - set(ETHERNET):
        file = board(tmp_path, package, family)

        assert "\nesp32:" in esphome("config", file)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("maestra_osc: {port: 0}", "at least 1"),
        ("maestra_osc: {prefix: stage}", "An OSC address begins with /"),
        ("maestra_osc: {prefix: /a*}", "An OSC address begins with /"),
        ("maestra_osc: {allow: [all]}", "This is no network of IPv4"),
        ("maestra_osc: {targets: [{address: desk, port: 9000}]}", "not a valid IP"),
        (
            "maestra_osc: {on_message: [{address: /a, then: [maestra_osc.send: {address: /a, arguments: [{}]}]}]}",
            "Arguments are true or false, numbers and texts",
        ),
        ("maestra_dmx: {channels: 600}", "value must be at most 512"),
        ("maestra_dmx: {update_interval: 1ms}", "at least"),
        (
            "maestra_dmx: {channels: 30}\noutput: [{platform: maestra_dmx, id: one, channel: 31}]",
            "Only 30 channels are sent",
        ),
    ],
)
def test_what_can_t_work_is_refused(
    esphome: Esphome, tmp_path: Path, wrong: str, reason: str
) -> None:
    node = tmp_path / "node.yaml"
    node.write_text(
        f"esphome: {{name: node}}\nhost:\nexternal_components: [source: {COMPONENTS}]\n"
        f"host_mqtt: {{broker: localhost}}\nmaestra:\nuart: {{port: /dev/null, baud_rate: 9600}}\n{wrong}\n"
    )

    with pytest.raises(Exception, match=re.escape(reason)):
        esphome("config", node)


def test_dmx_asks_for_the_line_that_it_is(esphome: Esphome, tmp_path: Path) -> None:
    file = board(tmp_path, "dmx", "esp32")
    file.write_text(f"{file.read_text()}\nuart: [{{id: !extend dmx_line, baud_rate: 9600}}]\n")  # fmt: skip

    with pytest.raises(Exception, match="250000"):
        esphome("config", file)
