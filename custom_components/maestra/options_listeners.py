"""Changing the hub's listeners: where they listen, and whom they let in."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
import re
from typing import Any, Final
from urllib.parse import urlsplit

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .const import (
    CONF_ENABLED,
    CONF_MAX_CLIENTS,
    CONF_NETWORKS,
    CONF_ORIGINS,
    CONF_OSC_MAPS,
    CONF_OSCQUERY_PORT,
    CONF_RATE,
    CONF_TCP_PORT,
    CONF_TLS,
    CONF_TOKENS,
    LISTENER_FLEET_API,
    LISTENER_OSC,
    LISTENER_WEBSOCKET,
    LOCAL_NETWORKS,
)
from .gateways.access import ANY_ORIGIN, networks
from .listener_settings import (
    DEFAULTS,
    PORTS,
    TITLES,
    Options,
    has_certificate,
    listener_options,
    token_of,
    used_ports,
)
from .osc_maps import OSC_MAPS_SCHEMA, find_map_problem, maps_from_form
from .subentries.forms import TEXT, TEXTS, FormData, Problem, whole_number

SECTION_ACCESS: Final = "access"
SECTION_LIMITS: Final = "limits"
CONF_CLEAR_TOKEN: Final = "clear_token"

NEW_PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
)
PORT: Final = whole_number(1, 65_535)
PORT_OR_NONE: Final = whole_number(0, 65_535)
# It goes into a header.
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,256}")


class ListenerSteps(OptionsFlow):
    """The steps of the hub's options that are about listeners."""

    async def async_step_fleet_api(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the Fleet API."""
        return self._listener_step(LISTENER_FLEET_API, user_input)

    async def async_step_websocket(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the WebSocket gateway."""
        return self._listener_step(LISTENER_WEBSOCKET, user_input)

    async def async_step_osc(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the OSC gateway."""
        return self._listener_step(LISTENER_OSC, user_input)

    async def async_step_osc_maps(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say which OSC addresses of others stand for which entities of ours."""
        errors, wrong = {}, ""
        shown = user_input or {
            CONF_OSC_MAPS: self.config_entry.options.get(CONF_OSC_MAPS, [])
        }
        if user_input is not None:
            maps = maps_from_form(user_input)
            if (problem := find_map_problem(maps)) is None:
                return self._save({CONF_OSC_MAPS: maps})
            errors[problem.field], wrong = problem.key, problem.reason
        return self.async_show_form(
            step_id="osc_maps",
            data_schema=self.add_suggested_values_to_schema(OSC_MAPS_SCHEMA, shown),
            errors=errors,
            description_placeholders={"wrong": wrong},
        )

    @callback
    def _save(self, changed: Mapping[str, Any]) -> ConfigFlowResult:
        return self.async_create_entry(data={**self.config_entry.options, **changed})

    @callback
    def _listener_step(
        self, listener: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        entry = self.config_entry
        errors, wrong = {}, ""
        if user_input is not None:
            options = _options_from_form(listener, user_input)
            token = user_input[SECTION_ACCESS].get(CONF_TOKEN)
            problem = _find_problem(entry.options, listener, options, token)
            if problem is None:
                self._keep_token(listener, user_input[SECTION_ACCESS], options)
                return self._save({listener: options})
            errors[problem.field], wrong = problem.key, problem.reason
        return self.async_show_form(
            step_id=listener,
            data_schema=self.add_suggested_values_to_schema(
                _schema(self.hass, entry, listener),
                user_input or _form(listener_options(entry.options, listener)),
            ),
            errors=errors,
            description_placeholders={"wrong": wrong},
        )

    def _keep_token(self, listener: str, access: FormData, options: Options) -> None:
        """Save the token that was typed, or take the saved one away."""
        entry = self.config_entry
        tokens = dict(entry.data.get(CONF_TOKENS, {}))
        if access.get(CONF_CLEAR_TOKEN):
            tokens.pop(listener, None)
        if access.get(CONF_TOKEN):
            tokens[listener] = access[CONF_TOKEN]
        # Together with the options, so that the listener is started anew once.
        self.hass.config_entries.async_update_entry(
            entry,
            data={**entry.data, CONF_TOKENS: tokens},
            options={**entry.options, listener: options},
        )


def _schema(hass: HomeAssistant, entry: ConfigEntry, listener: str) -> probatio.Schema:
    """Return the form of a listener: what it has none of, it is not asked for."""
    default = DEFAULTS[listener]
    top: dict[Any, Any] = {
        probatio.Required(CONF_ENABLED): BooleanSelector(),
        probatio.Required(CONF_HOST): TEXT,
        probatio.Required(CONF_PORT): PORT,
    }
    for option in (CONF_TCP_PORT, CONF_OSCQUERY_PORT):
        if option in default:
            top[probatio.Required(option)] = PORT_OR_NONE
    if CONF_TLS in default and has_certificate(hass):
        top[probatio.Required(CONF_TLS)] = BooleanSelector()
    access: dict[Any, Any] = {probatio.Required(CONF_NETWORKS): TEXTS}
    access[probatio.Optional(CONF_TOKEN)] = NEW_PASSWORD
    if token_of(entry, listener):
        access[probatio.Required(CONF_CLEAR_TOKEN, default=False)] = BooleanSelector()
    if CONF_ORIGINS in default:
        access[probatio.Required(CONF_ORIGINS, default=list)] = TEXTS
    limits = {
        probatio.Required(CONF_MAX_CLIENTS): whole_number(1, 10_000),
        probatio.Required(CONF_RATE): whole_number(0, 1_000_000),
    }
    return probatio.Schema(
        {
            **top,
            probatio.Required(SECTION_ACCESS): section(probatio.Schema(access)),
            probatio.Required(SECTION_LIMITS): section(
                probatio.Schema(limits), {"collapsed": True}
            ),
        }
    )


def _form(options: Options) -> dict[str, Any]:
    """Return what the form shows of a listener's options; the token is none of them."""
    return {
        **options,
        SECTION_ACCESS: {
            key: options[key] for key in (CONF_NETWORKS, CONF_ORIGINS) if key in options
        },
        SECTION_LIMITS: {key: options[key] for key in (CONF_MAX_CLIENTS, CONF_RATE)},
    }


def _options_from_form(listener: str, form: FormData) -> dict[str, Any]:
    """Return a listener's options: cleaned, complete, without the token."""
    filled = {**form, **form[SECTION_ACCESS], **form[SECTION_LIMITS]}
    options: dict[str, Any] = {
        key: filled.get(key, usual) for key, usual in DEFAULTS[listener].items()
    }
    options[CONF_HOST] = options[CONF_HOST].strip().strip("[]")
    options[CONF_NETWORKS] = _cleaned(options[CONF_NETWORKS])
    if CONF_ORIGINS in options:
        options[CONF_ORIGINS] = [
            origin.rstrip("/") for origin in _cleaned(options[CONF_ORIGINS])
        ]
    return options


def _cleaned(texts: Iterable[str]) -> list[str]:
    """Return texts without blanks around, without empty ones, each once."""
    return list(dict.fromkeys(filter(None, (text.strip().lower() for text in texts))))


def _find_problem(
    saved: Options, listener: str, options: Options, token: str | None
) -> Problem | None:
    """Return what keeps a listener from being used like this, None when all is well."""
    if not _is_address(options[CONF_HOST]):
        return Problem(CONF_HOST, "invalid_address", options[CONF_HOST])
    if not options[CONF_NETWORKS]:
        return Problem(SECTION_ACCESS, "no_networks")
    for text in options[CONF_NETWORKS]:
        if text != LOCAL_NETWORKS and not _is_network(text):
            return Problem(SECTION_ACCESS, "invalid_network", text)
    for origin in options.get(CONF_ORIGINS, ()):
        if origin != ANY_ORIGIN and not _is_origin(origin):
            return Problem(SECTION_ACCESS, "invalid_origin", origin)
    if token and not _TOKEN.fullmatch(token):
        return Problem(SECTION_ACCESS, "invalid_token")
    return _taken_port(saved, listener, options)


def _taken_port(saved: Options, listener: str, options: Options) -> Problem | None:
    """Return the first port that another listener, or the same one for something else, has."""
    if not options[CONF_ENABLED]:
        return None
    taken = {
        port: TITLES[other]
        for other in DEFAULTS
        if other != listener
        for port in used_ports(saved, other)
    }
    for option, protocol in PORTS[listener]:
        port = (protocol, options[option])
        if options[option] and port in taken:
            return Problem(option, "port_taken", taken[port])
        taken[port] = TITLES[listener]
    return None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        networks([text])
    except ValueError:
        return False
    return True


def _is_origin(text: str) -> bool:
    """Whether a browser could send this: scheme, host and perhaps a port, and nothing else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and text == (
        f"{parts.scheme}://{parts.netloc}"
    )
