"""Variables of a board over OSC: consoles, TouchOSC and the like set them, and hear what changes."""

from ipaddress import IPv4Network
from typing import Any

from esphome import automation
import esphome.codegen as cg
from esphome.components import socket
from esphome.components.maestra import variables as bound
import esphome.config_validation as cv
from esphome.const import (
    CONF_ADDRESS,
    CONF_ID,
    CONF_ON_MESSAGE,
    CONF_PORT,
    CONF_UPDATE_INTERVAL,
    CONF_VARIABLES,
)
from esphome.core import CORE, ID, Lambda
from esphome.cpp_generator import MockObj
from esphome.helpers import cpp_string_escape
from esphome.types import ConfigType

CODEOWNERS = ["@maestra-home"]
DEPENDENCIES = ["maestra", "network"]
AUTO_LOAD = ["socket"]

CONF_ALLOW = "allow"
CONF_ARGUMENTS = "arguments"
CONF_PREFIX = "prefix"
CONF_TARGETS = "targets"

# This host, and what is private.
OWN_NETWORKS = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
]
MAX_TARGETS = 8
RESERVED = set("#*,?[]{} ")

maestra_osc_ns = cg.esphome_ns.namespace("maestra_osc")
MaestraOsc = maestra_osc_ns.class_("MaestraOsc", cg.Component)
MessageListener = maestra_osc_ns.class_("MessageListener")
SendAction = maestra_osc_ns.class_("SendAction", automation.Action)
Arguments = cg.std_vector.template(maestra_osc_ns.class_("Argument"))

MESSAGE_ARGS = [
    (cg.std_string, "address"),
    (cg.float_, "x"),
    (cg.std_string, "text"),
    (Arguments, "arguments"),
]


def _address(value: Any) -> str:
    """Take an address that messages are sent to."""
    text = cv.string_strict(value)
    if not text.startswith("/") or RESERVED.intersection(text):
        raise cv.Invalid("An OSC address begins with / and has none of # * , ? [ ] { }")
    return text


def _pattern(value: Any) -> str:
    """Take an address, or a pattern of several."""
    text = cv.string_strict(value)
    if not text.startswith("/"):
        raise cv.Invalid("An OSC address begins with /")
    return text


def _prefix(value: Any) -> str:
    """Take what is before the names of variables."""
    text = cv.string_strict(value)
    return _address(text) if text else text


def _network(value: Any) -> IPv4Network:
    """Take a network, or one address."""
    try:
        return IPv4Network(cv.string_strict(value), strict=False)
    except ValueError as error:
        raise cv.Invalid(f"This is no network of IPv4: {error}") from error


def _arguments(value: Any) -> Lambda:
    """Take truth values, numbers and texts, or a lambda that returns them."""
    if isinstance(value, Lambda):
        return value
    written = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool):
            written.append("true" if each else "false")
        elif isinstance(each, int):
            written.append(f"int32_t({cv.int_range(-(2**31), 2**31 - 1)(each)})")
        elif isinstance(each, float):
            written.append(f"{each!r}f")
        elif isinstance(each, str):
            written.append(f"std::string({cpp_string_escape(each)})")
        else:
            raise cv.Invalid("Arguments are true or false, numbers and texts")
    return Lambda(f"return {{{', '.join(written)}}};")


_TARGET = cv.Schema(
    {
        cv.Required(CONF_ADDRESS): cv.ipv4address,
        cv.Required(CONF_PORT): cv.port,
    }
)

CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(MaestraOsc),
            cv.Optional(CONF_PORT, default=9000): cv.port,
            cv.Optional(CONF_PREFIX): _prefix,
            cv.Optional(CONF_TARGETS, default=[]): cv.All(
                cv.ensure_list(_TARGET), cv.Length(max=MAX_TARGETS)
            ),
            cv.Optional(CONF_ALLOW, default=OWN_NETWORKS): cv.ensure_list(_network),
            cv.Optional(
                CONF_UPDATE_INTERVAL, default="20ms"
            ): cv.positive_time_period_milliseconds,
            cv.Optional(CONF_VARIABLES): bound.VARIABLES_SCHEMA,
            cv.Optional(CONF_ON_MESSAGE): automation.validate_automation(
                {
                    cv.GenerateID(): cv.declare_id(MessageListener),
                    cv.Required(CONF_ADDRESS): _pattern,
                }
            ),
        }
    ).extend(cv.COMPONENT_SCHEMA),
    socket.consume_sockets(1, "maestra_osc", socket.SocketType.UDP),
)


async def to_code(config: ConfigType) -> None:
    """Make the bridge, with bindings of its own."""
    bridge = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(bridge, config)
    cg.add(bridge.set_port(config[CONF_PORT]))
    if CONF_PREFIX in config:
        cg.add(bridge.set_prefix(config[CONF_PREFIX]))
    for target in config[CONF_TARGETS]:
        cg.add(bridge.add_target(int(target[CONF_ADDRESS]), target[CONF_PORT]))
    for network in config[CONF_ALLOW]:
        cg.add(bridge.add_network(int(network.network_address), int(network.netmask)))
    for variable in config.get(CONF_VARIABLES) or _of_hub():
        cg.add(bridge.add_binding(await bound.make_binding(variable, bridge)))
    for message in config.get(CONF_ON_MESSAGE, []):
        listener = cg.new_Pvariable(message[CONF_ID], message[CONF_ADDRESS])
        cg.add(bridge.add_listener(listener))
        await automation.build_callback_automation(
            listener, "add_callback", MESSAGE_ARGS, message
        )


def _of_hub() -> list[ConfigType]:
    """Return the variables of the hub, to be bound once more."""
    return [
        {**variable, CONF_ID: _second(variable[CONF_ID])}
        for variable in CORE.config["maestra"][CONF_VARIABLES]
    ]


def _second(first: ID) -> ID:
    return ID(f"osc_{first.id}", is_declaration=True, type=first.type, is_manual=True)


@automation.register_action(
    "maestra_osc.send",
    SendAction,
    cv.Schema(
        {
            cv.GenerateID(): cv.use_id(MaestraOsc),
            cv.Required(CONF_ADDRESS): cv.templatable(_address),
            cv.Optional(CONF_ARGUMENTS, default=[]): _arguments,
        }
    ),
    synchronous=True,
)
async def send_to_code(
    config: ConfigType, action_id: ID, template_arg: Any, args: Any
) -> MockObj:
    """Make the action: targets are told something."""
    action = cg.new_Pvariable(action_id, template_arg)
    await cg.register_parented(action, config[CONF_ID])
    address = await cg.templatable(config[CONF_ADDRESS], args, cg.std_string)
    cg.add(action.set_address(address))
    arguments = await cg.templatable(config[CONF_ARGUMENTS], args, Arguments)
    cg.add(action.set_arguments(arguments))
    return action
