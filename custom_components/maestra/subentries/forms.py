"""What the forms of outside services share: fields, cleaning of what was typed, and problems."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from cryptography import x509
import probatio

from homeassistant.config_entries import (
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import CONF_SUBENTRY_ID

SECTION_SECURITY: Final = "security"

TEXT: Final = TextSelector()
TEXTS: Final = TextSelector(TextSelectorConfig(multiple=True))
PEM: Final = TextSelector(TextSelectorConfig(multiline=True))
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
USERNAME: Final = TextSelector(TextSelectorConfig(autocomplete="username"))

type FormData = Mapping[str, Any]


class Problem(NamedTuple):
    """Why a form is not accepted: the field or section to mark, the error's key, and words of the other side."""

    field: str
    key: str
    reason: str = ""


def whole_number(low: int, high: int, unit: str | None = None) -> probatio.All[Any]:
    """Return a field for a whole number from `low` to `high`."""
    config = NumberSelectorConfig(
        min=low, max=high, step=1, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return probatio.All(NumberSelector(config), probatio.Coerce(int))


def filled(texts: Mapping[str, str | None]) -> dict[str, str]:
    """Return the texts that are not empty."""
    return {key: text for key, text in texts.items() if text}


def normal_host(text: str) -> str:
    """Return a host name or an IP address in the one way to write it."""
    return text.strip().strip("[]").rstrip(".").lower()


def is_host(text: str) -> bool:
    """Whether a text can be asked for in DNS; resolvers raise all kinds of errors otherwise."""
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return "\0" not in text


def normal_pem(text: str) -> str:
    """Undo what pasting does to PEM: indentation, empty lines, foreign line ends."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line) + "\n" if any(lines) else ""


def holds_certificates(pem: bytes) -> bool:
    """Whether PEM text holds certificates, all readable."""
    try:
        x509.load_pem_x509_certificates(pem)
    except ValueError:
        return False
    return True


def address(data: FormData) -> str:
    """Return host and port as one text, the same for the same server."""
    host, port = data[CONF_HOST], data[CONF_PORT]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def credentials_from_form(form: FormData, known: FormData) -> dict[str, str]:
    """Return user name and password, without those that are empty.

    A `known` password stays when the form leaves it empty.
    """
    username = form.get(CONF_USERNAME, "").strip()
    password = form.get(CONF_PASSWORD) or known.get(CONF_PASSWORD)
    # A password means nothing without a name (MQTT 5 has it, brokers do not).
    return filled({CONF_USERNAME: username, CONF_PASSWORD: username and password})


class ServiceFlow(ConfigSubentryFlow):
    """Adds an outside service, or changes one."""

    _changed: ConfigSubentry | None = None

    @callback
    def _abort_if_taken(self, unique_id: str) -> None:
        """Raise AbortFlow where another of this kind is the same service.

        Home Assistant only looks when it saves: too late, the user would have waited for the trial.
        """
        _, kind = self.handler
        if any(
            other.unique_id == unique_id and other is not self._changed
            for other in self._get_entry().get_subentries_of_type(kind)
        ):
            raise AbortFlow("already_configured")

    @callback
    def _save(
        self, data: dict[str, Any], unique_id: str, title: Callable[[FormData], str]
    ) -> SubentryFlowResult:
        """Save what was tried out. A name that the user gave a service stays."""
        if (changed := self._changed) is None:
            return self.async_create_entry(
                title=title(data), data=data, unique_id=unique_id
            )
        self._end_reauth(changed.subentry_id)
        is_ours = changed.title == title(changed.data)
        return self.async_update_and_abort(
            self._get_entry(),
            changed,
            title=title(data) if is_ours else changed.title,
            data=data,
            unique_id=unique_id,
        )

    @callback
    def _end_reauth(self, subentry_id: str) -> None:
        """Take back the question for new credentials: they were just given."""
        flows = self.hass.config_entries.flow
        for flow in flows.async_progress_by_init_data_type(
            dict, lambda data: data.get(CONF_SUBENTRY_ID) == subentry_id
        ):
            flows.async_abort(flow["flow_id"])
