"""The flow of the `iss_telemetry` subentry: the feed of the ISS, and the channels that are wanted of it."""

from typing import Any, Final

import probatio
from yarl import URL

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, CONF_URL, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ...const import (
    CONF_CHANNELS,
    CONF_FEED,
    CONF_MIN_INTERVAL,
    CONF_POSITION,
    CONF_SILENCE,
    DEFAULT_MIN_INTERVAL,
    DEFAULT_SILENCE,
)
from ...core.iss.catalogue import DEFAULT_CHANNELS, STATE_VECTOR, TIME, channels_of
from ...core.iss.connection import prove
from ...core.iss.session import (
    PUBLIC_FEED,
    FeedError,
    FeedRefused,
    FeedUnreachable,
    IssSettings,
)
from ...hub.flows import TEXT, FormData, Problem, ServiceFlow, whole_number

FEED_PROBLEMS: Final = {
    FeedUnreachable: Problem(CONF_URL, "feed_unreachable"),
    FeedRefused: Problem(CONF_URL, "feed_refused"),
}
SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
# A section of the form -> the team whose channels are in it.
SECTIONS: Final = {
    "ethos": "ETHOS",
    "adco": "ADCO",
    "spartan": "SPARTAN",
    "cato": "CATO",
    "cdh": "CDH",
    "eva": "EVA",
    "vvo": "VVO",
    "odin": "ODIN",
    "topo": "TOPO",
    "csa": "CSA",
    "time": "TIME",
}

FEED_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_NAME): TEXT,
        probatio.Required(CONF_URL, default=PUBLIC_FEED): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        ),
        probatio.Required(CONF_POSITION, default=True): BooleanSelector(),
        probatio.Required(
            CONF_MIN_INTERVAL, default=DEFAULT_MIN_INTERVAL
        ): whole_number(0, 3_600, UnitOfTime.SECONDS),
        probatio.Required(CONF_SILENCE, default=DEFAULT_SILENCE): whole_number(
            10, 3_600, UnitOfTime.SECONDS
        ),
    }
)


def _picker(team: str) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(
                    value=channel.id, label=f"{channel.label} ({channel.id})"
                )
                for channel in channels_of(team)
            ],
            multiple=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def channels_schema() -> probatio.Schema:
    """Return the form in which channels are picked by discipline."""
    return probatio.Schema(
        {
            probatio.Required(name): section(
                probatio.Schema(
                    {probatio.Optional(CONF_CHANNELS, default=list): _picker(team)}
                ),
                {"collapsed": not any(it.id in DEFAULT_CHANNELS for it in channels_of(team))},
            )
            for name, team in SECTIONS.items()
        }
    )  # fmt: skip


def iss_settings(data: FormData) -> IssSettings:
    """Return what is asked of the feed of a subentry: the station's clock always."""
    channels = [
        TIME,
        *(STATE_VECTOR if data[CONF_POSITION] else ()),
        *data[CONF_CHANNELS],
    ]
    return IssSettings(
        url=data[CONF_URL],
        channels=tuple(dict.fromkeys(channels)),
        silence=data.get(CONF_SILENCE, DEFAULT_SILENCE),
        feed=data.get(CONF_FEED, ""),
    )


def normal_url(text: str) -> str | None:
    """Return where a server is, in the one way to write it; None for what is no such address."""
    try:
        text = text.strip()
        url = URL(text if "://" in text else f"https://{text}")
        if not url.host or url.user or url.password or url.scheme not in SCHEMES:
            return None
        return str(url.origin().with_scheme(SCHEMES[url.scheme]))
    except ValueError:
        return None


class IssTelemetryFlow(ServiceFlow):
    """Adds a feed, or changes one: first the server, which is tried out, then the channels."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._data: dict[str, Any] = {}
        self._name = ""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a server."""
        return await self._async_feed("user", user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change how the feed is reached, and what is wanted of it."""
        self._changed = self._get_reconfigure_subentry()
        return await self._async_feed("reconfigure", user_input, self._changed.data)

    async def async_step_channels(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the channels, by discipline."""
        if user_input is None:
            known = (
                self._changed.data[CONF_CHANNELS] if self._changed else DEFAULT_CHANNELS
            )
            shown = {
                name: {
                    CONF_CHANNELS: [it.id for it in channels_of(team) if it.id in known]
                }
                for name, team in SECTIONS.items()
            }
            return self.async_show_form(
                step_id="channels",
                data_schema=self.add_suggested_values_to_schema(
                    channels_schema(), shown
                ),
                last_step=True,
            )
        picked = [
            channel
            for name in SECTIONS
            for channel in user_input.get(name, {}).get(CONF_CHANNELS, ())
        ]
        data = {**self._data, CONF_CHANNELS: picked}
        # Its series go on, wherever they come from.
        if self._changed and CONF_FEED in self._changed.data:
            data[CONF_FEED] = self._changed.data[CONF_FEED]
        return self._save(data, data[CONF_URL], self._name)

    async def _async_feed(
        self, step_id: str, user_input: dict[str, Any] | None, shown: FormData
    ) -> SubentryFlowResult:
        errors, reason = {}, ""
        if user_input is not None:
            if (problem := await self._async_try(user_input)) is None:
                return await self.async_step_channels()
            errors[problem.field], reason = problem.key, problem.said
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                FEED_SCHEMA, user_input or {CONF_NAME: self._shown_name(), **shown}
            ),
            errors=errors,
            description_placeholders={"reason": reason},
            last_step=False,
        )

    async def _async_try(self, form: FormData) -> Problem | None:
        """Keep what was filled in if it leads to a feed, else say what is wrong with it."""
        if (url := normal_url(form[CONF_URL])) is None:
            return Problem(CONF_URL, "invalid_url")
        self._abort_if_taken(url)
        self._data = {**form, CONF_URL: url}
        name = self._data.pop(CONF_NAME, "").strip()
        self._name = name or self._shown_name()
        try:
            await prove(
                async_get_clientsession(self.hass),
                iss_settings({**self._data, CONF_CHANNELS: []}),
            )
        except FeedError as error:
            return FEED_PROBLEMS[type(error)]._replace(reason=error.reason)
        return None
