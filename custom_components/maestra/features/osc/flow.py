"""The `osc_target` subentry: one OSC program or device that is told of changes, and can be sent messages."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import (
    CONF_HOST,
    CONF_NAME,
    CONF_PORT,
    CONF_PROTOCOL,
    UnitOfTime,
)
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    ObjectSelector,
    SelectSelector,
    SelectSelectorConfig,
)

from ...core.domain.errors import MaestraError
from ...core.domain.paths import compile_path_pattern
from ...core.osc.codec import encode
from ...core.osc.settings import (
    OUT_PORT,
    FramingKind,
    KeepAlive,
    OscMap,
    OscTargetSettings,
    OutputFilter,
    OutputMode,
    Protocol,
)
from ...hub.flows import (
    TEXT,
    TEXTS,
    FormData,
    Problem,
    ServiceFlow,
    address,
    is_host,
    server_from_form,
    whole_number,
)

CONF_OUTPUT: Final = "output"
SECTION_FILTER: Final = "filter"
CONF_ENTITY_TYPES: Final = "entity_types"
CONF_SLUGS: Final = "slugs"
CONF_KEYS: Final = "keys"
CONF_PATH: Final = "path"
SECTION_KEEP_ALIVE: Final = "keep_alive"
CONF_ADDRESS: Final = "address"
CONF_ARGUMENTS: Final = "arguments"
CONF_INTERVAL: Final = "interval"  # seconds
SECTION_REPLIES: Final = "replies"
CONF_EXPECTS_REPLIES: Final = "expects_replies"
CONF_SILENCE: Final = "silence"  # seconds
CONF_LOCAL_PORT: Final = "local_port"  # 0 for any free one

# How packets reach a target, by what the form calls it.
PROTOCOLS: Final[Mapping[str, tuple[Protocol, FramingKind]]] = {
    "udp": (Protocol.UDP, FramingKind.SLIP),
    "tcp_length": (Protocol.TCP, FramingKind.LENGTH),
    "tcp_slip": (Protocol.TCP, FramingKind.SLIP),
}
_USUAL: Final = OscTargetSettings(host="")
_SECONDS: Final = whole_number(1, 3_600, UnitOfTime.SECONDS)

_FILTER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_ENTITY_TYPES, default=list): TEXTS,
        probatio.Optional(CONF_SLUGS, default=list): TEXTS,
        probatio.Optional(CONF_KEYS, default=list): TEXTS,
        probatio.Optional(CONF_PATH): TEXT,
    }
)
_KEEP_ALIVE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_ADDRESS): TEXT,
        probatio.Optional(CONF_ARGUMENTS, default=list): ObjectSelector(),
        probatio.Required(CONF_INTERVAL, default=9): _SECONDS,
    }
)
_REPLIES_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_EXPECTS_REPLIES, default=False): BooleanSelector(),
        probatio.Required(
            CONF_SILENCE, default=int(_USUAL.silence.total_seconds())
        ): _SECONDS,
        probatio.Required(CONF_LOCAL_PORT, default=0): whole_number(0, 65_535),
    }
)
SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TEXT,
        probatio.Required(CONF_HOST): TEXT,
        probatio.Required(CONF_PORT, default=OUT_PORT): whole_number(1, 65_535),
        probatio.Required(CONF_PROTOCOL, default="udp"): SelectSelector(
            SelectSelectorConfig(
                options=list(PROTOCOLS), translation_key="osc_protocol"
            )
        ),
        probatio.Required(CONF_OUTPUT, default=_USUAL.output.value): SelectSelector(
            SelectSelectorConfig(
                options=[mode.value for mode in OutputMode],
                translation_key="osc_output",
            )
        ),
        probatio.Required(SECTION_FILTER): section(_FILTER_SCHEMA, {"collapsed": True}),
        probatio.Required(SECTION_KEEP_ALIVE): section(
            _KEEP_ALIVE_SCHEMA, {"collapsed": True}
        ),
        probatio.Required(SECTION_REPLIES): section(
            _REPLIES_SCHEMA, {"collapsed": True}
        ),
    }
)


class OscTargetFlow(ServiceFlow):
    """Adds a target, or changes one. It may be off: nothing is sent to try it out."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a target."""
        return await self._async_step("user", user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a target."""
        changed = self._changed = self._get_reconfigure_subentry()
        return await self._async_step(
            "reconfigure", user_input, {CONF_NAME: changed.title, **changed.data}
        )

    async def _async_step(
        self, step_id: str, user_input: dict[str, Any] | None, shown: FormData
    ) -> SubentryFlowResult:
        errors, reason = {}, ""
        if user_input is not None:
            data = _cleaned(user_input)
            if (problem := _find_problem(data)) is None:
                return await self._async_keep(data)
            errors[problem.field], reason = problem.key, problem.said
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                SCHEMA, user_input or shown
            ),
            errors=errors,
            description_placeholders={"reason": reason},
        )

    async def _async_keep(self, data: dict[str, Any]) -> SubentryFlowResult:
        """Save it. The name is the subentry's, where Home Assistant lets it be changed too."""
        name = data.pop(CONF_NAME)
        await self._async_abort_if_same(data, _unique_id)
        unique_id = _unique_id(data)
        if (changed := self._changed) is None:
            return self.async_create_entry(title=name, data=data, unique_id=unique_id)
        return self.async_update_and_abort(
            self._get_entry(), changed, title=name, data=data, unique_id=unique_id
        )


def _unique_id(data: FormData) -> str:
    """Return what makes two subentries the same target."""
    return f"{data[CONF_PROTOCOL]}://{address(data)}"


def target_settings(
    title: str, data: FormData, maps: tuple[OscMap, ...]
) -> OscTargetSettings:
    """Return how a target is reached, what it is told, and what its answers set."""
    protocol, framing = PROTOCOLS[data[CONF_PROTOCOL]]
    chosen, alive, replies = (
        data[part] for part in (SECTION_FILTER, SECTION_KEEP_ALIVE, SECTION_REPLIES)
    )
    return OscTargetSettings(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        name=title,
        protocol=protocol,
        framing=framing,
        local_port=replies[CONF_LOCAL_PORT],
        output=OutputMode(data[CONF_OUTPUT]),
        filter=OutputFilter(
            entity_types=frozenset(chosen[CONF_ENTITY_TYPES]),
            slugs=frozenset(chosen[CONF_SLUGS]),
            keys=frozenset(chosen[CONF_KEYS]),
            path=chosen.get(CONF_PATH),
        ),
        keep_alive=KeepAlive(
            address=alive[CONF_ADDRESS],
            arguments=tuple(alive[CONF_ARGUMENTS]),
            interval=timedelta(seconds=alive[CONF_INTERVAL]),
        )
        if CONF_ADDRESS in alive
        else None,
        expects_replies=replies[CONF_EXPECTS_REPLIES],
        silence=timedelta(seconds=replies[CONF_SILENCE]),
        maps=maps,
    )


def _cleaned(form: FormData) -> dict[str, Any]:
    """Return what was filled in without blanks around and without what is empty."""
    chosen, alive = dict(form[SECTION_FILTER]), dict(form[SECTION_KEEP_ALIVE])
    for key in (CONF_ENTITY_TYPES, CONF_SLUGS, CONF_KEYS):
        chosen[key] = [text.strip() for text in chosen[key] if text.strip()]
    for part, key in ((chosen, CONF_PATH), (alive, CONF_ADDRESS)):
        if text := part.pop(key, "").strip():
            part[key] = text
    return {
        **form,
        CONF_NAME: form[CONF_NAME].strip(),
        **server_from_form(form),
        SECTION_FILTER: chosen,
        SECTION_KEEP_ALIVE: alive,
    }


def _find_problem(data: FormData) -> Problem | None:
    """Return what is wrong with what was filled in, None when all is well."""
    if not data[CONF_NAME]:
        return Problem(CONF_NAME, "incomplete")
    if not data[CONF_HOST] or not is_host(data[CONF_HOST]):
        return Problem(CONF_HOST, "invalid_host")
    if path := data[SECTION_FILTER].get(CONF_PATH):
        try:
            compile_path_pattern(path)
        except MaestraError as error:
            return Problem(SECTION_FILTER, "invalid_path", str(error))
    alive = data[SECTION_KEEP_ALIVE]
    if not isinstance(alive[CONF_ARGUMENTS], list):
        return Problem(SECTION_KEEP_ALIVE, "arguments_no_list")
    if CONF_ADDRESS in alive:
        try:
            encode(alive[CONF_ADDRESS], alive[CONF_ARGUMENTS])
        except MaestraError as error:
            return Problem(SECTION_KEEP_ALIVE, "invalid_osc_message", str(error))
    return None
