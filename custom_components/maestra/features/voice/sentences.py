"""The sentences that Assist understands without a language model, and what is said to them: one file for each language, written as Home Assistant's custom sentences are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template
from homeassistant.util.yaml import load_yaml_dict

if TYPE_CHECKING:
    from hassil import Intents

FOLDER: Final = Path(__file__).parent / "languages"
LANGUAGES: Final = ("en", "de")
_PREPARED: Final = (
    "fade a to ten percent in ten seconds",
    "fade a to ten percent in ten minutes",
    "blende a auf zehn Prozent in zehn Sekunden",
    "blende a auf zehn Prozent in zehn Minuten",
)
CUES: Final = frozenset(
    {
        "MaestraGo",
        "MaestraBack",
        "MaestraCue",
        "MaestraPauseCues",
        "MaestraResumeCues",
        "MaestraStopCues",
        "MaestraPanic",
    }
)
"""Intents that mean nothing without a cue list: short words, which are not taken from others where there is none."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sentence asks: the intent, what stands in its slots, and the language that it is in."""

    intent: str
    slots: Mapping[str, Any]
    language: str


class Sentences:
    """The sentences and answers of all languages."""

    def __init__(self, languages: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what `load` has read."""
        self._files = languages
        self._grammars: dict[str, Intents] = {}

    def of(self, intents: Iterable[str]) -> list[str]:
        """Return the sentences of intents in all languages, each once."""
        wanted = set(intents)
        return list(
            dict.fromkeys(
                sentence
                for data in self._files.values()
                for name, intent in data["intents"].items()
                if name in wanted
                for group in intent["data"]
                for sentence in group["sentences"]
            )
        )

    def prepare(self) -> None:
        """Read the sentences, and the words of all numbers: it takes its time, and blocks."""
        for language in self._files:
            for said in _PREPARED:
                self.understand(said, language, {})

    @property
    def intents(self) -> Iterable[str]:
        """The intents that have sentences."""
        return list(self._files[LANGUAGES[0]]["intents"])

    def understand(
        self, text: str, language: str, words: Mapping[str, Sequence[str]]
    ) -> Understood | None:
        """Return what a sentence means, read in this language first; `words` are what may stand in a slot, else anything may."""
        # Comes with Home Assistant's conversation, which not every Home Assistant has.
        from hassil import Intents, recognize_best  # noqa: PLC0415
        from hassil.intents import SlotList, TextSlotList  # noqa: PLC0415

        if not self._grammars:
            self._grammars = {
                each: Intents.from_dict(dict(data))
                for each, data in self._files.items()
            }
        known: dict[str, SlotList] = {
            name: TextSlotList.from_strings(values, allow_template=False)
            for name, values in words.items()
        }
        order = sorted(self._grammars, key=lambda it: it != spoken(language))
        # What is known of is looked for first: "cue 2 in act 1" may be the title of a cue.
        for slot_lists in (known, None):
            for each in order:
                found = recognize_best(
                    text, self._grammars[each], slot_lists=slot_lists, language=each
                )
                if found is not None:
                    slots = {key: it.value for key, it in found.entities.items()}
                    return Understood(found.intent.name, slots, each)
        return None

    def answer(
        self,
        hass: HomeAssistant,
        language: str,
        intent: str | None,
        key: str,
        facts: Mapping[str, Any],
    ) -> str:
        """Return what is said to an intent, or of an error; in English where there is no such language."""
        responses = self._files[spoken(language)]["responses"]
        texts = responses["intents"][intent] if intent else responses["errors"]
        said: str = Template(texts[key], hass).async_render(facts, parse_result=False)
        return said.strip()


def spoken(language: str) -> str:
    """Return the language of ours in which someone is answered."""
    short = language.partition("-")[0].casefold()
    return short if short in LANGUAGES else LANGUAGES[0]


def load_sentences(is_heard: bool) -> Sentences:
    """Return what the files have, prepared for what is said where it is heard; blocks."""
    found = Sentences(read_files())
    if is_heard:
        found.prepare()
    return found


def read_files() -> dict[str, Mapping[str, Any]]:
    """Read the files; blocks."""
    return {
        language: load_yaml_dict(str(FOLDER / f"{language}.yaml"))
        for language in LANGUAGES
    }
