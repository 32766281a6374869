"""The flows of the `production` and `overlay` subentries: what can be shown, and the pages that show it."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectSelector,
    SelectSelectorConfig,
)

from ...const import (
    CONF_CONTENT_TYPES,
    CONF_LAYERS,
    CONF_PRODUCTION,
    CONF_SHOWS,
    CONF_TEMPLATES,
    CONF_TICKER_INTERVAL,
    CONF_TOKEN,
    NO_PRODUCTION,
    SUBENTRY_PRODUCTION,
)
from ...core.domain.errors import InvalidField
from ...core.production.items import MAX_DURATION
from ...core.production.layers import Layer
from ...core.production.production import MAX_PRIORITY
from ...core.production.shows import TICKER_INTERVAL
from ...core.production.templates import Look
from ...hub.flows import (
    TEXT,
    TEXTS,
    FormData,
    OneFormFlow,
    Problem,
    ServiceFlow,
    required_choice,
    whole_number,
)
from .overlays import overlay_path
from .setup import (
    ROW_CATEGORIES,
    ROW_DURATION,
    ROW_EXTENDABLE,
    ROW_LOOK,
    ROW_NAME,
    ROW_PRIORITY,
    ROW_TEXT,
    ROW_TICKER,
    ROW_TITLE,
    ROW_TYPE,
    ROW_WORDS,
    production_settings,
)

CONF_RENEW: Final = "renew"
TOKEN_BYTES: Final = 32


def _number(low: float, high: float, unit: str | None = None) -> NumberSelector:
    config = NumberSelectorConfig(
        min=low, max=high, step=1, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


_FIELDS_OF_SHOW: Final[dict[str, ObjectSelectorField]] = {
    ROW_NAME: {"selector": TEXT, "required": True},
    **{layer: {"selector": TEXTS} for layer in Layer},
    ROW_TICKER: {"selector": TEXTS},
    ROW_CATEGORIES: {"selector": TEXTS},
    ROW_WORDS: {"selector": TEXTS},
}
_FIELDS_OF_KIND: Final[dict[str, ObjectSelectorField]] = {
    ROW_TYPE: {"selector": TEXT, "required": True},
    ROW_PRIORITY: {
        "selector": _number(0, MAX_PRIORITY),
        "required": True,
    },
    ROW_DURATION: {
        "selector": _number(1, MAX_DURATION, UnitOfTime.SECONDS),
        "required": True,
    },
    ROW_EXTENDABLE: {"selector": BooleanSelector()},
}
_FIELDS_OF_TEMPLATE: Final[dict[str, ObjectSelectorField]] = {
    ROW_TYPE: {"selector": TEXT, "required": True},
    ROW_TITLE: {"selector": TEXT},
    ROW_TEXT: {"selector": TEXT},
    ROW_LOOK: {
        "selector": SelectSelector(
            SelectSelectorConfig(options=list(Look), translation_key="content_look")
        )
    },
}
PRODUCTION_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_NAME): TEXT,
        probatio.Required(
            CONF_TICKER_INTERVAL, default=int(TICKER_INTERVAL)
        ): whole_number(1, 3_600, UnitOfTime.SECONDS),
        probatio.Required(CONF_SHOWS, default=list): ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=ROW_NAME,
                translation_key="production_show",
                fields=_FIELDS_OF_SHOW,
            )
        ),
        probatio.Required(CONF_CONTENT_TYPES, default=list): ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=ROW_TYPE,
                description_field=ROW_PRIORITY,
                translation_key="content_type",
                fields=_FIELDS_OF_KIND,
            )
        ),
        probatio.Required(CONF_TEMPLATES, default=list): ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=ROW_TYPE,
                description_field=ROW_TITLE,
                translation_key="content_template",
                fields=_FIELDS_OF_TEMPLATE,
            )
        ),
    }
)


class ProductionFlow(OneFormFlow):
    """Adds a production, or changes one."""

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        problem = None
        if form is not None:
            data = {key: form[key] for key in form if key != CONF_NAME}
            try:
                production_settings(data)
            except InvalidField as error:
                problem = Problem("base", "invalid_settings", str(error))
            else:
                return self._save(data, None, self._name(form))
        return self._show(PRODUCTION_SCHEMA, form or self._known, problem)


class OverlayFlow(ServiceFlow):
    """Adds the page of a browser source, or changes one: it tells its address, which can be renewed."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what the page shows."""
        productions = self._needed(SUBENTRY_PRODUCTION, NO_PRODUCTION)
        if user_input is None:
            return self.async_show_form(
                step_id="user",
                data_schema=self._schema(productions, {CONF_NAME: self._shown_name()}),
            )
        return self._save_overlay(user_input, token_urlsafe(TOKEN_BYTES))

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Tell the address, and change what the page shows."""
        self._changed = changed = self._get_reconfigure_subentry()
        if user_input is None:
            schema = self._schema(
                self._titles(SUBENTRY_PRODUCTION),
                {CONF_NAME: changed.title, **changed.data},
            ).extend({probatio.Required(CONF_RENEW, default=False): BooleanSelector()})
            return self.async_show_form(
                step_id="reconfigure",
                data_schema=schema,
                description_placeholders={
                    "address": overlay_address(self.hass, changed.data[CONF_TOKEN])
                },
            )
        is_renewed = user_input.pop(CONF_RENEW)
        return self._save_overlay(
            user_input,
            token_urlsafe(TOKEN_BYTES) if is_renewed else changed.data[CONF_TOKEN],
        )

    def _schema(
        self, productions: Mapping[str, str], shown: FormData
    ) -> probatio.Schema:
        return self.add_suggested_values_to_schema(
            probatio.Schema(
                {
                    probatio.Optional(CONF_NAME): TEXT,
                    **required_choice(CONF_PRODUCTION, productions),
                    probatio.Required(CONF_LAYERS, default=list(Layer)): probatio.All(
                        SelectSelector(
                            SelectSelectorConfig(
                                options=list(Layer),
                                multiple=True,
                                translation_key="overlay_layer",
                            )
                        ),
                        probatio.Length(min=1),
                    ),
                }
            ),
            shown,
        )

    @callback
    def _save_overlay(self, form: FormData, token: str) -> SubentryFlowResult:
        name = form.get(CONF_NAME, "").strip() or self._shown_name()
        data = {
            CONF_PRODUCTION: form[CONF_PRODUCTION],
            CONF_LAYERS: form[CONF_LAYERS],
            CONF_TOKEN: token,
        }
        return self._save(data, None, name)


def overlay_address(hass: HomeAssistant, token: str) -> str:
    """Return where a page is, for a browser in this network; its path alone where Home Assistant knows no address of its own."""
    try:
        base = get_url(hass, prefer_external=False)
    except NoURLAvailableError:
        base = ""
    return f"{base}{overlay_path(token)}"
