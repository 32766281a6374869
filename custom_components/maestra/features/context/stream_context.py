"""One context of a stream: what it hears, its records, and what models make of them."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import probatio

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ...const import CONF_AGENT, CONF_AI_TASK, CONF_PRODUCTION
from ...core.bus import Bus, Counters, get_logger
from ...core.domain.clock import utcnow
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject
from ...core.domain.rate import TokenBucket
from ...core.production.analysis import (
    CHOICES,
    SHARES,
    TRAJECTORIES,
    Analysis,
    Sentiment,
    analysis_by_words,
    read_analysis,
)
from ...core.production.context import ContextRecord, ContextWindow
from ...core.production.events import ContextRecorded
from ...core.production.excerpts import analysis_prompt, question_prompt
from ...hub.actions import refusal

_LOGGER = get_logger(__name__)

MODEL_TIMEOUT: Final = 30.0  # seconds
CALLS: Final = 10
CALLS_PER_SECOND: Final = CALLS / 60
"""Of models: ten at once, and ten a minute (§8)."""
MAX_KEPT: Final = 500
"""Records that are remembered without a database."""
MAX_ANSWER: Final = 4_000
"""Characters."""
MAX_QUESTION: Final = 500
"""Characters."""
_TEXTS: Final = [str]
STRUCTURE: Final = probatio.Schema(
    {
        probatio.Required("sentiment"): probatio.In([*Sentiment]),
        probatio.Required("sentimentTrajectory"): probatio.In([*TRAJECTORIES]),
        probatio.Required("topics"): _TEXTS,
        probatio.Required("context"): str,
        probatio.Required("suggestedActions"): _TEXTS,
        probatio.Required("streamMomentum"): str,
        probatio.Required("patterns"): {
            **{
                probatio.Required(share): probatio.All(
                    probatio.Coerce(float), probatio.Range(0, 1)
                )
                for share in SHARES
            },
            probatio.Required("content_focus"): _TEXTS,
            probatio.Required("mood_indicators"): dict,
            probatio.Required("temporal_flow"): str,
        },
        probatio.Required("dynamics"): {
            probatio.Required(name): probatio.In([*choices])
            for name, choices in CHOICES.items()
        },
    }
)
"""What a model is asked for; what it answers is checked by `read_analysis`."""


class StreamContext:
    """What one subentry describes."""

    def __init__(
        self,
        hass: HomeAssistant,
        bus: Bus,
        id_: str,
        name: str,
        data: Mapping[str, Any],
    ) -> None:
        """Hear nothing yet."""
        self.id = id_
        self.name = name
        self.data = data
        self.window = ContextWindow(data[CONF_PRODUCTION], utcnow())
        self.counters = Counters()
        """Counts of records, analysed, failed (analyses), limited and questions."""
        self.latest: ContextRecord | None = None
        self.kept: deque[JsonObject] = deque(maxlen=MAX_KEPT)
        """Records as they are on the wire, the newest last."""
        self._hass = hass
        self._bus = bus
        self._calls = TokenBucket(CALLS, CALLS_PER_SECOND)
        self._recording = asyncio.Lock()
        self._is_failing = False

    @property
    def production(self) -> str:
        """The production whose stream it is about."""
        return str(self.data[CONF_PRODUCTION])

    @property
    def is_recording(self) -> bool:
        """Whether a record is being made."""
        return self._recording.locked()

    async def async_record(self) -> ContextRecord | None:
        """Put together, analyse and tell what there is since the last time; None where there is nothing."""
        async with self._recording:
            record = self.window.record(utcnow())
            if record.is_empty:
                return None
            analysis = await self._async_analysis(record)
            return self.take(replace(record, analysis=analysis))

    @callback
    def take(self, record: ContextRecord) -> ContextRecord:
        """Keep and tell a record, which may be that of another program; returns it."""
        self.latest = record
        self.kept.append(record.to_wire())
        self.counters.add("records")
        self._bus.publish(ContextRecorded(record))
        return record

    async def async_answer(
        self, question: str, records: list[JsonObject], context: Context
    ) -> str:
        """Return what the agent answers to a question about records, the newest first; raises HomeAssistantError."""
        agent = self.data.get(CONF_AGENT)
        if agent is None:
            raise refusal("no_conversation_agent", name=self.name)
        if can_control(self._hass, agent):
            raise refusal("agent_controls", agent=agent)
        if not self._calls.take():
            self.counters.add("limited")
            raise refusal("too_many_questions", seconds="60")
        self.counters.add("questions")
        try:
            async with asyncio.timeout(MODEL_TIMEOUT):
                return await self._async_ask(agent, question, records, context)
        except TimeoutError:
            raise refusal("no_answer", reason="no answer in time") from None

    async def _async_ask(
        self, agent: str, question: str, records: list[JsonObject], context: Context
    ) -> str:
        # With the agent there is its integration; where nobody has one it need not be loaded.
        from homeassistant.components.conversation import async_converse  # noqa: PLC0415

        try:
            result = await async_converse(
                self._hass,
                question,
                None,
                context,
                agent_id=agent,
                extra_system_prompt=question_prompt(records),
            )
        except Exception as error:
            # An agent's integration may raise anything.
            raise refusal("no_answer", reason=type(error).__name__) from error
        said = result.response.as_dict()
        speech = said.get("speech", {}).get("plain", {}).get("speech", "")
        text = str(speech).strip()[:MAX_ANSWER]
        if said["response_type"] == "error" or not text:
            raise refusal("no_answer", reason=text or "an empty answer")
        return text

    async def _async_analysis(self, record: ContextRecord) -> Analysis:
        """Return what the chosen model makes of a record; where it makes nothing of use, what word lists do."""
        task = self.data.get(CONF_AI_TASK)
        if task is not None:
            if not self._calls.take():
                self.counters.add("limited")
            elif (found := await self._async_ask_model(task, record)) is not None:
                return found
        texts = (record.transcript, *(mark.text for mark in record.chat))
        return analysis_by_words(texts)

    async def _async_ask_model(
        self, task: str, record: ContextRecord
    ) -> Analysis | None:
        if "ai_task" not in self._hass.config.components:
            self._failed(f"{task} is not there")
            return None
        try:
            async with asyncio.timeout(MODEL_TIMEOUT):
                analysis = read_analysis(await self._async_generate(task, record))
        except (HomeAssistantError, InvalidField, TimeoutError) as error:
            self._failed(str(error) or "no answer in time")
        except Exception as error:  # noqa: BLE001
            # A model's integration may raise anything; the record is worth keeping without it.
            self._failed(f"unexpected {type(error).__name__}", error)
        else:
            self.counters.add("analysed")
            self._is_failing = False
            return analysis
        return None

    async def _async_generate(self, task: str, record: ContextRecord) -> Any:
        from homeassistant.components.ai_task import async_generate_data  # noqa: PLC0415

        result = await async_generate_data(
            self._hass,
            task_name=f"Maestra: {self.name}",
            entity_id=task,
            instructions=analysis_prompt(record),
            structure=STRUCTURE,
        )
        return result.data

    def _failed(self, reason: str, unforeseen: Exception | None = None) -> None:
        self.counters.add("failed")
        if not self._is_failing:
            _LOGGER.warning(
                "%s is analysed by word lists, as its model does not do it: %s",
                self.name,
                reason,
                exc_info=unforeseen,
            )
        self._is_failing = True


@callback
def can_control(hass: HomeAssistant, agent: str) -> bool:
    """Whether an agent may do something in Home Assistant: strangers in chat must not get a word with it."""
    state = hass.states.get(agent)
    if state is None:
        return False
    # `ConversationEntityFeature.CONTROL` is its only feature.
    return bool(state.attributes.get("supported_features", 0))
