"""Lets Assist understand our sentences while the hub is loaded, and keeps what is to be confirmed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import intent

from ...const import DOMAIN
from ...core.bus import Unsubscribe
from ...core.cues.cue_lists import CueLists
from ...core.cues.events import CueListChanged
from ...core.cues.player import CuePlayer
from ...hub.hub import Hub
from ...hub.manager import Manager
from .confirmations import Confirmations
from .sentences import CUES, Sentences, load_sentences

if TYPE_CHECKING:
    from hassil.recognize import RecognizeResult

    from homeassistant.components.conversation import ConversationInput

CONVERSATION: Final = "conversation"
MAX_WORDS: Final = 1_000
"""Cues whose names are looked for in a sentence."""


class VoiceManager(Manager):
    """Registers sentences as Home Assistant's sentence triggers: so nobody has to copy a file."""

    def __init__(self, hub: Hub) -> None:
        """Understand nothing yet."""
        self._hub = hub
        self._hass = hub.hass
        self.confirmations = Confirmations()
        self.sentences = Sentences({})
        self._registered: dict[bool, CALLBACK_TYPE] = {}

    @override
    async def async_load(self) -> None:
        """Read the sentences."""
        self.sentences = await self._hass.async_add_executor_job(
            load_sentences, CONVERSATION in self._hass.config.components
        )

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Listen until the returned function is called."""
        unsubscribe = self._hub.domain.bus.subscribe(
            CueListChanged, lambda _event: self._register()
        )
        self._register()

        def stop() -> None:
            unsubscribe()
            for unregister in self._registered.values():
                unregister()
            self._registered.clear()

        return stop

    def _register(self) -> None:
        """Take the sentences on cues as long as there is a list, the others always, where there is an Assist."""
        if CONVERSATION not in self._hass.config.components:
            return
        from homeassistant.components.conversation.agent_manager import (  # noqa: PLC0415
            get_agent_manager,
        )

        lists = self._hub.service(CueLists)
        for is_cue, is_wanted in ((False, True), (True, bool(lists))):
            if not is_wanted:
                if unregister := self._registered.pop(is_cue, None):
                    unregister()
            elif is_cue not in self._registered:
                wanted = (it for it in self.sentences.intents if (it in CUES) is is_cue)
                self._registered[is_cue] = get_agent_manager(
                    self._hass
                ).register_trigger(
                    sentences=self.sentences.of(wanted), trigger_callback=self._heard
                )

    async def _heard(
        self, heard: ConversationInput, _result: RecognizeResult
    ) -> str | None:
        """Do what was asked; returns what is said to it."""
        understood = self.sentences.understand(
            heard.text, heard.language, _words(self._hub.service(CueLists) or ())
        )
        if understood is None:
            return self.sentences.answer(
                self._hass, heard.language, None, "not_understood", {}
            )
        try:
            response = await intent.async_handle(
                self._hass,
                DOMAIN,
                understood.intent,
                {key: {"value": value} for key, value in understood.slots.items()},
                heard.text,
                heard.context,
                understood.language,
                assistant=CONVERSATION,
                device_id=heard.device_id,
                satellite_id=heard.satellite_id,
                conversation_agent_id=heard.agent_id,
            )
        except intent.IntentError as error:
            return str(error)
        said: str = response.speech.get("plain", {}).get("speech", "")
        return said


def _words(lists: Iterable[CuePlayer]) -> dict[str, list[str]]:
    """Return what lists and cues are called; of very many cues nothing, which takes any words then."""
    lists = list(lists)
    names = {"cue_list": [player.cues.name for player in lists]}
    if sum(len(player.cues.cues) for player in lists) > MAX_WORDS:
        return names
    cues = dict.fromkeys(
        name
        for player in lists
        for cue in player.cues.cues
        for name in (cue.number, cue.name, cue.title)
        if name
    )
    return names | {"cue": list(cues)}
