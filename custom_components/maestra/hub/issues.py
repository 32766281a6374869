"""Repair issues: raised once, taken back when it is over, and the flows that repair those about a piece of hardware."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from string import punctuation
from typing import Any, ClassVar, Final, Protocol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from .errors import told

LEARN_MORE_URL: Final = (
    "https://github.com/maestra-home/maestra/blob/main/docs/troubleshooting.md"
)
# A client may try one hardware id after the other.
MAX_ISSUES: Final = 20
MAX_SHOWN_LENGTH: Final = 64

ENTRY_ID: Final = "entry_id"
HARDWARE_ID: Final = "hardware_id"

_ESCAPES: Final = str.maketrans({char: f"\\{char}" for char in punctuation})


def device_issue_id(kind: str, hardware_id: str) -> str:
    """Return the id of a device's issue; a hardware id may be anything, so it is not part of it."""
    digest = sha256(hardware_id.encode(errors="replace")).hexdigest()
    return f"{kind}_{digest[:16]}"


def shown_text(text: str, longest: int = MAX_SHOWN_LENGTH) -> str:
    """Return text of a client so that it can be shown as plain text: short, and printable."""
    printable = "".join(char if char.isprintable() else "�" for char in text)
    return printable if len(printable) <= longest else f"{printable[: longest - 1]}…"


def facts(longest: int = MAX_SHOWN_LENGTH, **texts: str) -> dict[str, str]:
    """Return what a text says of others: each plain, as for titles, and under its name with `_markdown` for descriptions.

    Home Assistant shows titles as they are, and descriptions as Markdown, in which text of a client must do nothing.
    """
    found = {
        name: shown_text(told(name, text), longest) for name, text in texts.items()
    }
    return found | {
        f"{name}_markdown": text.translate(_ESCAPES) for name, text in found.items()
    }


class IssueSubject(Protocol):
    """A connection to the outside that an issue is about."""

    subject: ClassVar[str]
    """What the texts call its name."""

    @property
    def id(self) -> str:
        """What tells its issues from others'."""

    @property
    def title(self) -> str:
        """Its name."""


@callback
def async_set_link_issue(
    hass: HomeAssistant,
    kind: str,
    link: IssueSubject,
    *,
    is_there: bool,
    **said: str,
) -> None:
    """Tell the user what is wrong with an outside service, or take that back. `said` is for the text."""
    issue_id = f"{kind}_{link.id}"
    if not is_there:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        learn_more_url=LEARN_MORE_URL,
        severity=ir.IssueSeverity.ERROR,
        translation_key=kind,
        translation_placeholders=facts(200, **{link.subject: link.title}, **said),
    )


class Alarm:
    """One issue that lasts from the first sound until it has been quiet for a while."""

    def __init__(
        self,
        hass: HomeAssistant,
        issue_id: str,
        quiet: timedelta,
        create: Callable[[], None],
        on_end: Callable[[], object],
    ) -> None:
        """Make a silent alarm. `create` makes the issue, `on_end` is called when it is over."""
        self._hass = hass
        self._issue_id = issue_id
        self._quiet = quiet
        self._create = create
        self._on_end = on_end
        self._heard = dt_util.utcnow()
        self._cancel: CALLBACK_TYPE | None = None

    def sound(self) -> None:
        """Note that it goes on."""
        self._heard = dt_util.utcnow()
        if self._cancel is None:
            self._create()
            self._wait(self._quiet)

    def stop(self) -> None:
        """End it."""
        if self._cancel is not None:
            self._cancel()
        take_back(self._hass, self._issue_id)
        self._on_end()

    def _wait(self, delay: timedelta) -> None:
        self._cancel = async_call_later(self._hass, delay, self._check)

    @callback
    def _check(self, now: datetime) -> None:
        self._cancel = None
        if (silence := now - self._heard) >= self._quiet:
            self.stop()
            return
        # It may have been repaired without effect.
        self._create()
        self._wait(self._quiet - silence)


def take_back(hass: HomeAssistant, issue_id: str) -> None:
    """Delete an issue. One that the user ignores stays: a new one would not be ignored."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    if issue and issue.dismissed_version is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)


class DeviceIssues:
    """One issue of a kind for each of the first that it concerns; the others follow as these are answered."""

    def __init__(self, hass: HomeAssistant, entry_id: str, kind: str) -> None:
        """Raise nothing yet. `kind` is the key of the issue's texts."""
        self._hass = hass
        self._entry_id = entry_id
        self._kind = kind
        self._raised: set[str] = set()

    @callback
    def show(self, concerned: Mapping[str, Mapping[str, str]]) -> None:
        """Bring the issues in line with whom they concern: hardware ids, each with what the text says of it."""
        for hardware_id in self._raised - concerned.keys():
            self._raised.remove(hardware_id)
            ir.async_delete_issue(
                self._hass, DOMAIN, device_issue_id(self._kind, hardware_id)
            )
        for hardware_id, placeholders in concerned.items():
            if len(self._raised) >= MAX_ISSUES:
                break
            if hardware_id not in self._raised:
                self._raised.add(hardware_id)
                self._raise(hardware_id, dict(placeholders))

    @callback
    def clear(self) -> None:
        """Take all of them back."""
        for hardware_id in self._raised:
            take_back(self._hass, device_issue_id(self._kind, hardware_id))
        self._raised.clear()

    def _raise(self, hardware_id: str, placeholders: dict[str, str]) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            device_issue_id(self._kind, hardware_id),
            data={ENTRY_ID: self._entry_id, HARDWARE_ID: hardware_id},
            is_fixable=True,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=self._kind,
            translation_placeholders=placeholders,
        )


class RepairFlow(RepairsFlow):
    """Repairs one of our issues; `hardware_id` is empty where it is not about a piece of hardware."""

    def __init__(
        self,
        entry: ConfigEntry[Any],
        hardware_id: str,
        placeholders: Mapping[str, str] | None,
    ) -> None:
        """Keep which it is about, and what its text says of it."""
        self._entry = entry
        self._hardware_id = hardware_id
        self._placeholders = placeholders

    async def async_step_ignore(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave it as it is, without further notice."""
        # Aborted, since Home Assistant deletes the issue of a finished flow, and the wish with it.
        ir.async_ignore_issue(self.hass, DOMAIN, self.issue_id, True)
        return self.async_abort(reason="issue_ignored")
