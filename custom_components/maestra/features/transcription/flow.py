"""The flow of the `transcription` subentry: by what speech becomes text, and what is heard."""

from typing import Any, Final, override

import probatio

from homeassistant.components.stt import DOMAIN as STT_DOMAIN
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ADDRESS, CONF_LANGUAGE, CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    LanguageSelector,
    LanguageSelectorConfig,
)

from ...const import (
    CONF_IGNORED,
    CONF_ONLY_WHILE,
    CONF_PRODUCTION,
    CONF_SOURCES,
    CONF_STT_ENTITY,
    SUBENTRY_PRODUCTION,
)
from ...core.domain.errors import InvalidField
from ...core.transcription.text import IGNORED
from ...hub.flows import TEXT, TEXTS, FormData, OneFormFlow, Problem, choice_of
from .recognition import find_entity, find_language
from .setup import transcription_settings

ON_OR_OFF: Final = ["binary_sensor", "input_boolean", "switch"]


class TranscriptionFlow(OneFormFlow):
    """Adds a transcription, or changes one."""

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        problem = None
        if form is not None:
            data = {
                key: form[key]
                for key in form
                if key != CONF_NAME and form[key] not in ("", None)
            }
            if (problem := self._find_problem(data)) is None:
                return self._save(data, None, self._name(form))
        return self._show(self._schema(), form or self._known, problem)

    @callback
    def _find_problem(self, data: FormData) -> Problem | None:
        """Return what is wrong, None when all is well. An entity that is not there yet may come."""
        entity = find_entity(self.hass, data[CONF_STT_ENTITY])
        wanted = data.get(CONF_LANGUAGE)
        if entity is not None and not find_language(self.hass, entity, wanted):
            return Problem(
                CONF_LANGUAGE,
                "language_not_supported",
                ", ".join(sorted(entity.supported_languages)[:20]),
            )
        try:
            transcription_settings(data)
        except InvalidField as error:
            return Problem(str(error.facts["field"]), "invalid_settings", str(error))
        return None

    def _schema(self) -> probatio.Schema:
        productions = self._titles(SUBENTRY_PRODUCTION)
        return probatio.Schema(
            {
                probatio.Optional(CONF_NAME): TEXT,
                probatio.Required(CONF_STT_ENTITY): EntitySelector(
                    EntitySelectorConfig(domain=STT_DOMAIN)
                ),
                probatio.Optional(CONF_LANGUAGE): LanguageSelector(
                    LanguageSelectorConfig(native_name=True)
                ),
                probatio.Optional(CONF_SOURCES, default=list): TEXTS,
                probatio.Optional(CONF_ADDRESS): TEXT,
                probatio.Optional(CONF_ONLY_WHILE): EntitySelector(
                    EntitySelectorConfig(domain=ON_OR_OFF)
                ),
                probatio.Optional(CONF_PRODUCTION): choice_of(productions),
                probatio.Optional(CONF_IGNORED, default=lambda: list(IGNORED)): TEXTS,
            }
        )
