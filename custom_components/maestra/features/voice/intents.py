"""Intents: what is asked in a sentence, a custom sentence or by a language model, done by the actions of the integration, as the user who asks."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, override

import probatio

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, intent

from ...const import DOMAIN
from ...core.cues.cue_lists import CueLists
from ...core.cues.player import CuePlayer
from ...hub.current import get_hub
from ...hub.permissions import async_user
from .manager import VoiceManager
from .report import async_facts, async_happenings, span_of
from .sentences import spoken
from .things import Assistant, plain

MAX_FACTS: Final = 5
MAX_HAPPENINGS: Final = 5
MAX_NAMES: Final = 3
_SLOT_LIST: Final = "cue_list"
_PERCENT: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=0, max=100))
_TIME: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=0, max=86_400))


class Refused(HomeAssistantError):
    """What is asked can't be done; `key` names what is said to it, in the files of sentences."""

    def __init__(self, key: str, **facts: str) -> None:
        """Take the facts that the text has."""
        super().__init__(key)
        self.key = key
        self.facts = facts


async def assistant_of(
    hass: HomeAssistant, assistant: str | None, context: Context | None
) -> Assistant:
    """Return what sees for an assistant and its user; raises ServiceValidationError, UnknownUser."""
    user = await async_user(hass, context) if context else None
    return Assistant(get_hub(hass), assistant, user)


class MaestraIntent(intent.IntentHandler):
    """Answers in the language of who asks."""

    schema: Mapping[Any, Any] = {}

    def __init__(self, intent_type: str, description: str) -> None:
        """Be this intent."""
        self.intent_type = intent_type
        self.description = description

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        """What may be said."""
        return dict(self.schema)

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Do it, and say what was done, or why not."""
        hass, language = intent_obj.hass, spoken(intent_obj.language)
        response = intent_obj.create_response()
        slots = self.async_validate_slots(intent_obj.slots)
        said = {key: slot["value"] for key, slot in slots.items()}
        try:
            sentences = get_hub(hass).manager(VoiceManager).sentences
            assistant = await assistant_of(
                hass, intent_obj.assistant, intent_obj.context
            )
            facts = await self._do(hass, assistant, intent_obj.context, said, language)
        except Refused as refused:
            response.async_set_error(
                intent.IntentResponseErrorCode.NO_VALID_TARGETS,
                sentences.answer(hass, language, None, refused.key, refused.facts),
            )
        except HomeAssistantError as error:
            response.async_set_error(
                intent.IntentResponseErrorCode.FAILED_TO_HANDLE, str(error)
            )
        else:
            response.async_set_speech(
                sentences.answer(hass, language, self.intent_type, "default", facts)
            )
        return response

    async def _do(
        self,
        hass: HomeAssistant,
        assistant: Assistant,
        context: Context,
        said: Mapping[str, Any],
        language: str,
    ) -> Mapping[str, Any]:
        """Do it; returns the facts that the answer tells. Raises Refused, HomeAssistantError."""
        raise NotImplementedError


class CueIntent(MaestraIntent):
    """Runs a cue list by an action: the one that is named, else the only one there is, or all where that is possible."""

    schema = {probatio.Optional(_SLOT_LIST): cv.string}

    def __init__(
        self, intent_type: str, description: str, action: str, *, for_all: bool = False
    ) -> None:
        """Run this action, by default on one list."""
        super().__init__(intent_type, description)
        self._action = action
        self._for_all = for_all

    @override
    async def _do(
        self,
        hass: HomeAssistant,
        assistant: Assistant,
        context: Context,
        said: Mapping[str, Any],
        language: str,
    ) -> Mapping[str, Any]:
        players = chosen_lists(assistant, said.get(_SLOT_LIST), for_all=self._for_all)
        await async_run_lists(hass, self._action, players, context)
        current = players[0].current
        return {"cue": current.title if current else ""}


class CueStartIntent(MaestraIntent):
    """Lets one cue go, by its number or its name."""

    schema = {
        probatio.Required("cue"): cv.string,
        probatio.Optional(_SLOT_LIST): cv.string,
    }

    @override
    async def _do(
        self,
        hass: HomeAssistant,
        assistant: Assistant,
        context: Context,
        said: Mapping[str, Any],
        language: str,
    ) -> Mapping[str, Any]:
        title = await async_start_cue(
            hass, assistant, said["cue"], said.get(_SLOT_LIST), context
        )
        return {"cue": title}


class FadeIntent(MaestraIntent):
    """Fades lights and faders to a share of their range."""

    schema = {
        probatio.Required("name"): cv.string,
        probatio.Required("level"): _PERCENT,
        probatio.Optional("seconds"): _TIME,
        probatio.Optional("minutes"): _TIME,
    }

    @override
    async def _do(
        self,
        hass: HomeAssistant,
        assistant: Assistant,
        context: Context,
        said: Mapping[str, Any],
        language: str,
    ) -> Mapping[str, Any]:
        seconds = said.get("seconds", 0) + 60 * said.get("minutes", 0)
        names = await async_fade(
            hass, assistant, said["name"], said["level"] / 100, seconds, context
        )
        more = len(names) - MAX_NAMES
        listed = names[:MAX_NAMES] + ([f"+ {more}"] if more > 0 else [])
        return {
            "names": ", ".join(listed),
            "level": number(said["level"], language),
            "seconds": number(seconds, language) if seconds else "",
        }


class ReportIntent(MaestraIntent):
    """Tells what something reported."""

    schema = {
        probatio.Required("name"): cv.string,
        probatio.Optional("when"): cv.string,
    }

    @override
    async def _do(
        self,
        hass: HomeAssistant,
        assistant: Assistant,
        context: Context,
        said: Mapping[str, Any],
        language: str,
    ) -> Mapping[str, Any]:
        name = said["name"]
        if not (things := assistant.called(name)):
            raise Refused("nothing", name=name)
        start, end = span_of(said.get("when"))
        facts = await async_facts(hass, things, start, end, context)
        happenings = await async_happenings(hass, things, start, end)
        left = max(0, len(facts) - MAX_FACTS) + max(0, len(happenings) - MAX_HAPPENINGS)
        return {
            "name": name,
            "facts": [
                {
                    "name": fact.name,
                    "unit": f" {fact.unit}" if fact.unit else "",
                    "least": number(fact.least, language),
                    "mean": number(fact.mean, language),
                    "most": number(fact.most, language),
                }
                for fact in facts[:MAX_FACTS]
            ],
            "happenings": [
                {"time": f"{it.time:%H:%M}", "name": it.name, "text": it.text}
                for it in happenings[:MAX_HAPPENINGS]
            ],
            "more": left,
        }


def number(value: float, language: str) -> str:
    """Return a number as it is said, with one digit at most."""
    text = f"{round(value, 1):.10g}"
    return text.replace(".", ",") if language == "de" else text


def chosen_lists(
    assistant: Assistant, name: str | None, *, for_all: bool = False
) -> list[CuePlayer]:
    """Return the lists that are meant, at least one; raises Refused."""
    players = assistant.cue_lists(assistant.hub.service(CueLists) or ())
    if name:
        named = [it for it in players if plain(it.cues.name) == plain(name)]
        if not named:
            raise Refused("unknown_list", name=name)
        return named
    if not players:
        raise Refused("no_list")
    if len(players) > 1 and not for_all:
        # The one that is played is the one that is meant.
        for is_meant in (_is_playing, _has_begun):
            if len(meant := [it for it in players if is_meant(it)]) == 1:
                return meant
        names = ", ".join(player.cues.name for player in players)
        raise Refused("which_list", lists=names)
    return players


def _is_playing(player: CuePlayer) -> bool:
    return player.is_running or player.is_paused


def _has_begun(player: CuePlayer) -> bool:
    return player.current is not None


async def async_run_lists(
    hass: HomeAssistant,
    action: str,
    players: Iterable[CuePlayer],
    context: Context | None,
    **data: Any,
) -> None:
    """Run an action on lists; raises HomeAssistantError."""
    lists = [player.id for player in players]
    await hass.services.async_call(
        DOMAIN, action, {_SLOT_LIST: lists, **data}, blocking=True, context=context
    )


async def async_start_cue(
    hass: HomeAssistant,
    assistant: Assistant,
    name: str,
    cue_list: str | None,
    context: Context | None,
) -> str:
    """Let the cue of this number, name or both go; returns its title. Raises Refused, HomeAssistantError."""
    meant = plain(name)
    tests: tuple[Callable[[Any], bool], ...] = (
        lambda cue: plain(cue.number) == meant,
        lambda cue: meant in (plain(cue.name), plain(cue.title)),
    )
    players = chosen_lists(assistant, cue_list, for_all=True)
    for test in tests:
        found = [
            (player, cue)
            for player in players
            for cue in player.cues.cues
            if test(cue) and assistant.may_cue(player, cue.number)
        ]
        if len(found) > 1 and found[0][0] is not found[-1][0]:
            names = ", ".join(player.cues.name for player, _ in found)
            raise Refused("which_list", lists=names)
        if found:
            player, cue = found[0]
            await async_run_lists(hass, "go_to_cue", [player], context, cue=cue.number)
            return str(cue.title)
    raise Refused("unknown_cue", cue=name)


async def async_fade(
    hass: HomeAssistant,
    assistant: Assistant,
    name: str,
    share: float,
    seconds: float,
    context: Context | None,
) -> list[str]:
    """Fade what is meant by a name, as one change; returns the names of what is faded. Raises Refused, HomeAssistantError."""
    if not (things := assistant.called(name, assistant.lights())):
        raise Refused("nothing", name=name)
    states: dict[str, Any] = {}
    names: list[str] = []
    for thing in things:
        if (found := assistant.level(thing, share)) is not None:
            slug, patch = found
            states.setdefault(slug, {}).update(patch)
            names.append(thing.state.name)
    if not states:
        raise Refused("not_dimmable", name=name)
    await hass.services.async_call(
        DOMAIN,
        "apply",
        {"states": states, "transition": seconds},
        blocking=True,
        context=context,
    )
    return names


INTENTS: Final[tuple[intent.IntentHandler, ...]] = (
    CueIntent("MaestraGo", "Runs the next cue of a cue list", "go"),
    CueIntent("MaestraBack", "Runs the previous cue of a cue list", "back"),
    CueStartIntent("MaestraCue", "Runs a cue by its number or name"),
    CueIntent("MaestraPauseCues", "Lets cues stand still, in mid-fade too", "pause_cues", for_all=True),
    CueIntent("MaestraResumeCues", "Lets paused cues go on", "resume_cues", for_all=True),
    CueIntent("MaestraStopCues", "Stops cues; everything stays where it is", "stop_cues", for_all=True),
    CueIntent("MaestraPanic", "Brings everything to its safe state at once", "panic", for_all=True),
    FadeIntent("MaestraFade", "Fades lights and faders to a percentage over a time"),
    ReportIntent("MaestraReport", "Tells what something reported between two times"),
)  # fmt: skip
