"""Changing the hub's listeners: where they listen, and whom they let in."""

from collections.abc import Iterable
import errno
from ipaddress import ip_address
import re
import socket
from typing import Any, Final
from urllib.parse import urlsplit

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    CONF_ENABLED,
    CONF_HOSTS,
    CONF_MAX_CLIENTS,
    CONF_NETWORKS,
    CONF_ORIGINS,
    CONF_RATE,
    CONF_TLS,
    CONF_TOKENS,
    LOCAL_NETWORKS,
)
from ..core.transport.access import ANY, NAMED_ORIGINS, networks
from .flows import TEXT, TEXTS, FormData, Problem, whole_number
from .hub import Hub
from .listeners import ListenerKind, ListenerLink, Options, has_certificate
from .options import HubOptionsFlow, OptionsStep

SECTION_ACCESS: Final = "access"
SECTION_LIMITS: Final = "limits"
CONF_CLEAR_TOKEN: Final = "clear_token"

NEW_PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
)
PORT: Final = whole_number(1, 65_535)
PORT_OR_NONE: Final = whole_number(0, 65_535)
_HOST_NAME: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
# It goes into a header.
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,256}")


class ListenerSteps:
    """The steps of the options that are about listeners: no two of them may have one port."""

    def __init__(self, kinds: Iterable[ListenerKind]) -> None:
        """Take all listeners that there are."""
        self._kinds = tuple(kinds)

    def step(self, kind: ListenerKind) -> OptionsStep:
        """Return the step that changes one listener."""

        async def run(
            flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
        ) -> ConfigFlowResult:
            return self._run(flow, kind, user_input)

        return OptionsStep(key=kind.key, run=run)

    @callback
    def _run(
        self,
        flow: HubOptionsFlow,
        kind: ListenerKind,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        entry, problem = flow.config_entry, None
        if user_input is not None:
            options = _options_from_form(kind, user_input)
            token = user_input[SECTION_ACCESS].get(CONF_TOKEN)
            problem = (
                _find_problem(options, token)
                or self._taken_port(entry.options, kind, options)
                or _foreign_port(entry, kind, options)
            )
            if problem is None:
                _keep_token(flow, kind, user_input[SECTION_ACCESS], options)
                return flow.save({kind.key: options})
        return flow.show(
            kind.key,
            _schema(flow.hass, entry, kind),
            user_input or _form(kind.options(entry.options)),
            problem,
        )

    def _taken_port(
        self, saved: Options, kind: ListenerKind, options: Options
    ) -> Problem | None:
        """Return the first port that another listener, or the same one for something else, has."""
        if not options[CONF_ENABLED]:
            return None
        taken = {
            port: other.title
            for other in self._kinds
            if other is not kind
            for port in other.used_ports(saved)
        }
        for option, protocol in kind.ports:
            port = (protocol, options[option])
            if options[option] and port in taken:
                return Problem(option, "port_taken", taken[port])
            taken[port] = kind.title
        return None


def _foreign_port(
    entry: ConfigEntry[Hub], kind: ListenerKind, options: Options
) -> Problem | None:
    """Return the first port that another program has, or that may not be listened on there."""
    if not options[CONF_ENABLED]:
        return None
    own: Options = {}
    if entry.state is ConfigEntryState.LOADED:
        running = entry.runtime_data.links.get(kind.key)
        if isinstance(running, ListenerLink) and running.connected:
            own = running.data
    for option, protocol in kind.ports:
        port = options[option]
        if not port or port == own.get(option):
            continue
        if error := listen_error(options[CONF_HOST], port, protocol):
            field = CONF_HOST if error.errno == errno.EADDRNOTAVAIL else option
            return Problem(field, "cannot_listen", error.strerror or str(error))
    return None


def listen_error(host: str, port: int, protocol: str) -> OSError | None:
    """Try a port out: return why nobody can listen on it, None where it is free."""
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    try:
        with socket.socket(family, kind) as trial:
            if kind is socket.SOCK_STREAM:
                # As the listener itself: what was just closed is free.
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        return error
    return None


def _keep_token(
    flow: HubOptionsFlow, kind: ListenerKind, access: FormData, options: Options
) -> None:
    """Save the token that was typed, or take the saved one away."""
    entry = flow.config_entry
    tokens = dict(entry.data.get(CONF_TOKENS, {}))
    if access.get(CONF_CLEAR_TOKEN):
        tokens.pop(kind.key, None)
    if access.get(CONF_TOKEN):
        tokens[kind.key] = access[CONF_TOKEN]
    # Together with the options, so that the listener is started anew once.
    flow.hass.config_entries.async_update_entry(
        entry,
        data={**entry.data, CONF_TOKENS: tokens},
        options={**entry.options, kind.key: options},
    )


def _schema(
    hass: HomeAssistant, entry: ConfigEntry, kind: ListenerKind
) -> probatio.Schema:
    """Return the form of a listener: what it has none of, it is not asked for."""
    top: dict[Any, Any] = {
        probatio.Required(CONF_ENABLED): BooleanSelector(),
        probatio.Required(CONF_HOST): TEXT,
        probatio.Required(CONF_PORT): PORT,
    }
    for option, _ in kind.ports:
        if option != CONF_PORT:
            top[probatio.Required(option)] = PORT_OR_NONE
    if CONF_TLS in kind.defaults and has_certificate(hass):
        top[probatio.Required(CONF_TLS)] = BooleanSelector()
    access: dict[Any, Any] = {probatio.Required(CONF_NETWORKS): TEXTS}
    access[probatio.Optional(CONF_TOKEN)] = NEW_PASSWORD
    if kind.token(entry):
        access[probatio.Required(CONF_CLEAR_TOKEN, default=False)] = BooleanSelector()
    if CONF_ORIGINS in kind.defaults:
        access[probatio.Required(CONF_ORIGINS, default=list)] = TEXTS
    if CONF_HOSTS in kind.defaults:
        access[probatio.Required(CONF_HOSTS, default=list)] = TEXTS
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
            key: options[key]
            for key in (CONF_NETWORKS, CONF_ORIGINS, CONF_HOSTS)
            if key in options
        },
        SECTION_LIMITS: {key: options[key] for key in (CONF_MAX_CLIENTS, CONF_RATE)},
    }


def _options_from_form(kind: ListenerKind, form: FormData) -> dict[str, Any]:
    """Return a listener's options: cleaned, complete, without the token."""
    filled = {**form, **form[SECTION_ACCESS], **form[SECTION_LIMITS]}
    options: dict[str, Any] = {
        key: filled.get(key, usual) for key, usual in kind.defaults.items()
    }
    options[CONF_HOST] = options[CONF_HOST].strip().strip("[]")
    options[CONF_NETWORKS] = _cleaned(options[CONF_NETWORKS])
    if CONF_ORIGINS in options:
        options[CONF_ORIGINS] = [
            origin.rstrip("/") for origin in _cleaned(options[CONF_ORIGINS])
        ]
    if CONF_HOSTS in options:
        options[CONF_HOSTS] = [
            name.removesuffix(".") for name in _cleaned(options[CONF_HOSTS])
        ]
    return options


def _cleaned(texts: Iterable[str]) -> list[str]:
    """Return texts without blanks around, without empty ones, each once."""
    return list(dict.fromkeys(filter(None, (text.strip().lower() for text in texts))))


def _find_problem(options: Options, token: str | None) -> Problem | None:
    """Return what keeps a listener from being used like this, None when all is well."""
    if not _is_address(options[CONF_HOST]):
        return Problem(CONF_HOST, "invalid_address", options[CONF_HOST])
    if not options[CONF_NETWORKS]:
        return Problem(SECTION_ACCESS, "no_networks")
    for text in options[CONF_NETWORKS]:
        if text != LOCAL_NETWORKS and not _is_network(text):
            return Problem(SECTION_ACCESS, "invalid_network", text)
    for origin in options.get(CONF_ORIGINS, ()):
        if origin not in NAMED_ORIGINS and not _is_origin(origin):
            return Problem(SECTION_ACCESS, "invalid_origin", origin)
    for name in options.get(CONF_HOSTS, ()):
        if name != ANY and not _HOST_NAME.fullmatch(name):
            return Problem(SECTION_ACCESS, "invalid_host_name", name)
    if token and not _TOKEN.fullmatch(token):
        return Problem(SECTION_ACCESS, "invalid_token")
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
