"""The flows of subentries: fields of forms, cleaning of what was typed, the steps that try a service out, reauthentication."""

from abc import abstractmethod
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
import re
import socket
from typing import Any, ClassVar, Final, NamedTuple, override
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
import probatio

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import (
    CONF_HOST,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    CONF_CA_CERTIFICATE,
    CONF_CLIENT_CERTIFICATE,
    CONF_CLIENT_KEY,
    CONF_TLS,
)
from ..core.store.topic import Catalogue
from ..core.transport.tls import TlsSettings
from ..core.transport.transport import Subscription
from .errors import phrase
from .issues import facts
from .link import async_end_reauth
from .texts import localized

SECTION_SECURITY: Final = "security"

TEXT: Final = TextSelector()
TEXTS: Final = TextSelector(TextSelectorConfig(multiple=True))
PEM: Final = TextSelector(TextSelectorConfig(multiline=True))
PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
RESOLVE_TIMEOUT: Final = 3  # seconds
_HOST_AND_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]+):\d{1,5}")
USERNAME: Final = TextSelector(TextSelectorConfig(autocomplete="username"))

SECURITY_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_TLS, default=False): BooleanSelector(),
        probatio.Optional(CONF_CA_CERTIFICATE): PEM,
        probatio.Optional(CONF_CLIENT_CERTIFICATE): PEM,
        probatio.Optional(CONF_CLIENT_KEY): PEM,
    }
)

type FormData = Mapping[str, Any]


class Problem(NamedTuple):
    """Why a form is not accepted: the field or section to mark, the error's key, and words of the other side."""

    field: str
    key: str
    reason: str = ""

    @property
    def said(self) -> str:
        """The words of the other side as a part of our text."""
        return phrase(self.reason)


def errors_of(problem: Problem | None) -> dict[str, str]:
    """Return what a form marks."""
    return {problem.field: problem.key} if problem else {}


type FindProblem = Callable[[HomeAssistant, FormData], Awaitable[Problem | None]]
"""Checks data, and tries them out; None when all is well."""


def whole_number(low: int, high: int, unit: str | None = None) -> probatio.All[Any]:
    """Return a field for a whole number from `low` to `high`."""
    config = NumberSelectorConfig(
        min=low, max=high, step=1, mode=NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return probatio.All(NumberSelector(config), probatio.Coerce(int))


def choice_of(titles: Mapping[str, str]) -> SelectSelector:
    """Return a field for one of several things, by its id, shown by its title."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=id_, label=title)
                for id_, title in titles.items()
            ],
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def required_choice(
    key: str, titles: Mapping[str, str]
) -> Mapping[probatio.Marker, SelectSelector]:
    """Return the part of a form that asks for one of several things, the first of them suggested."""
    usual = next(iter(titles), "")
    return {probatio.Required(key, default=usual): choice_of(titles)}


def filled(texts: Mapping[str, str | None]) -> dict[str, str]:
    """Return the texts that are not empty."""
    return {key: text for key, text in texts.items() if text}


def server_of(text: str) -> tuple[str, int | None]:
    """Return the host of what was typed, in the one way to write it, and a port where it has one.

    People paste what they have: a name, an IP address, `host:1883`, `http://host:8123/`.
    """
    text = text.strip()
    port = None
    if "://" in text or _HOST_AND_PORT.fullmatch(text):
        try:
            parts = urlsplit(text if "://" in text else f"//{text}")
            text, port = parts.hostname or "", parts.port
        except ValueError:
            return text, None
    return text.strip("[]").rstrip(".").lower(), port


def server_from_form(form: FormData, usual_port: int | None = None) -> dict[str, Any]:
    """Return host and port of a form: a port that was typed with the host counts, and without any `usual_port`."""
    host, port = server_of(form[CONF_HOST])
    return {CONF_HOST: host, CONF_PORT: port or form.get(CONF_PORT) or usual_port}


async def async_places(host: str) -> set[str]:
    """Return the addresses that a host stands for now, with its own name."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError, UnicodeError:
        return {host}
    return {host, *(str(address[0]) for *_, address in found)}


def usual_name(hass: HomeAssistant, kind: str) -> str:
    """Return what a service of a kind of subentry is called, in Home Assistant's language."""
    return localized(hass, "config_subentries", f"{kind}.entry_type", kind)


def free_name(entry: ConfigEntry[Any], kind: str, usual: str) -> str:
    """Return what a service is called as long as nobody gives it another name: with a number from the second on."""
    taken = {subentry.title for subentry in entry.get_subentries_of_type(kind)}
    names = (usual if number == 1 else f"{usual} {number}" for number in count(1))
    return next(name for name in names if name not in taken)


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


def certificates_from_form(security: FormData, known: FormData) -> dict[str, str]:
    """Return what was pasted into the section on TLS, without what is empty; a `known` key stays with its certificate."""
    pem = {
        key: normal_pem(security.get(key, ""))
        for key in (CONF_CA_CERTIFICATE, CONF_CLIENT_CERTIFICATE, CONF_CLIENT_KEY)
    }
    if pem[CONF_CLIENT_CERTIFICATE] and not pem[CONF_CLIENT_KEY]:
        pem[CONF_CLIENT_KEY] = known.get(CONF_CLIENT_KEY, "")
    return filled(pem)


def tls_settings(data: FormData) -> TlsSettings | None:
    """Return what a connection needs for TLS, None for a plain one."""
    if not data[CONF_TLS]:
        return None
    return TlsSettings(
        ca=data.get(CONF_CA_CERTIFICATE),
        certificate=data.get(CONF_CLIENT_CERTIFICATE),
        private_key=data.get(CONF_CLIENT_KEY),
    )


def certificate_problem(data: FormData) -> str | None:
    """Return the key of the error in what was pasted, or None."""
    authority, certificate, key = (
        data.get(name, "").encode()
        for name in (CONF_CA_CERTIFICATE, CONF_CLIENT_CERTIFICATE, CONF_CLIENT_KEY)
    )
    if authority and not holds_certificates(authority):
        return "invalid_ca"
    if bool(certificate) != bool(key):
        return "incomplete_client_certificate"
    if not certificate:
        return None
    if not holds_certificates(certificate):
        return "invalid_client_certificate"
    return _key_problem(x509.load_pem_x509_certificates(certificate), key)


def _key_problem(chain: Iterable[x509.Certificate], pem: bytes) -> str | None:
    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        return "encrypted_client_key"
    except ValueError, UnsupportedAlgorithm:
        return "invalid_client_key"
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # The client's own certificate comes first, those of its issuers follow.
    own = next(iter(chain)).public_key().public_bytes(*form)
    return None if own == key.public_key().public_bytes(*form) else "key_mismatch"


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


def _shown_login(data: FormData) -> FormData:
    return {CONF_USERNAME: data.get(CONF_USERNAME)}


def _renewed_login(data: FormData, form: FormData) -> dict[str, Any]:
    login = (CONF_USERNAME, CONF_PASSWORD)
    kept = {key: value for key, value in data.items() if key not in login}
    return kept | credentials_from_form(form, {})


@dataclass(frozen=True, kw_only=True)
class Reauth:
    """How the credentials of one kind of service are asked for again, and tried out.

    `shown` is what the form shows of the saved data, `renewed` what these become with what was filled in.
    """

    step_id: str
    schema: probatio.Schema
    find_problem: FindProblem
    shown: Callable[[FormData], FormData] = _shown_login
    renewed: Callable[[FormData, FormData], dict[str, Any]] = _renewed_login


class ServiceFlow(ConfigSubentryFlow):
    """Adds an outside service, or changes one."""

    dialects: ClassVar[tuple[str, ...]] = ()
    """What a broker can carry; filled in by the registry of features."""
    filters: ClassVar[Mapping[str, Callable[[FormData], Iterable[Subscription]]]] = {}
    """What each of them has to hear; filled in likewise."""
    records: ClassVar[Catalogue]
    """What is kept in the database, and what detectors can follow; filled in likewise."""
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

    async def _async_abort_if_same(
        self, data: FormData, unique_id: Callable[[FormData], str]
    ) -> None:
        """Raise AbortFlow where another of this kind is the same service, be it under another name of its host."""
        self._abort_if_taken(unique_id(data))
        _, kind = self.handler
        others = [
            other
            for other in self._get_entry().get_subentries_of_type(kind)
            if other is not self._changed and CONF_HOST in other.data
        ]
        if not others or not is_host(data[CONF_HOST]):
            return
        ours = await _async_identities(data, unique_id)
        for other in others:
            if ours & await _async_identities(other.data, unique_id):
                raise AbortFlow("same_server", facts(name=other.title))

    def _titles(self, kind: str) -> dict[str, str]:
        """Return what the subentries of a kind are called, by id."""
        subentries = self._get_entry().get_subentries_of_type(kind)
        return {subentry.subentry_id: subentry.title for subentry in subentries}

    def _needed(self, kind: str, otherwise: str) -> dict[str, str]:
        """Return the same of a kind that has to be there first; raises AbortFlow, with the key `otherwise` of its text, where there is none."""
        if not (titles := self._titles(kind)):
            raise AbortFlow(otherwise)
        return titles

    def _shown_name(self, usual: str | None = None) -> str:
        """Return what a form suggests as the name."""
        if self._changed is not None:
            return self._changed.title
        _, kind = self.handler
        return free_name(self._get_entry(), kind, usual or usual_name(self.hass, kind))

    @callback
    def _save(
        self, data: dict[str, Any], unique_id: str | None, name: str
    ) -> SubentryFlowResult:
        """Save what was tried out. `unique_id` is None for what there may be several of."""
        if (changed := self._changed) is None:
            return self.async_create_entry(title=name, data=data, unique_id=unique_id)
        async_end_reauth(self.hass, changed.subentry_id)
        return self.async_update_and_abort(
            self._get_entry(), changed, title=name, data=data, unique_id=unique_id
        )


class OneFormFlow(ServiceFlow):
    """Adds what one form asks for, and changes it with the same form."""

    add_step: ClassVar = "user"

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add one."""
        return await self._async_ask(user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change one."""
        self._changed = self._get_reconfigure_subentry()
        return await self._async_ask(user_input)

    @abstractmethod
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        """Show the form, or save what was filled in."""

    @property
    def _known(self) -> FormData:
        """The data of what is changed; empty where it is new."""
        return {} if self._changed is None else self._changed.data

    def _name(self, form: FormData) -> str:
        """Return the name that was filled in, or else what was suggested."""
        name: str = form.get(CONF_NAME, "").strip() or self._shown_name()
        return name

    @callback
    def _show(
        self,
        schema: probatio.Schema,
        shown: FormData,
        problem: Problem | None = None,
    ) -> SubentryFlowResult:
        """Show the form with what is known, or was filled in, and what is wrong with it."""
        return self.async_show_form(
            step_id=self.add_step if self._changed is None else "reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                schema, {CONF_NAME: self._shown_name(), **shown}
            ),
            errors=errors_of(problem),
            description_placeholders={"reason": problem.said if problem else ""},
        )


async def _async_identities(
    data: FormData, unique_id: Callable[[FormData], str]
) -> set[str]:
    places = await async_places(data[CONF_HOST])
    return {unique_id({**data, CONF_HOST: place}) for place in places}


@dataclass(frozen=True, kw_only=True)
class ServiceForm:
    """The form of a service that is tried out before it is saved.

    `schema` returns it, with the section on TLS unfolded or not; `uses_tls` tells whether that section says so.
    `data` makes the subentry's data of what was filled in and of former data, `shown` is what a form shows of them.
    """

    schema: Callable[[bool], probatio.Schema]
    uses_tls: Callable[[FormData], bool]
    data: Callable[[FormData, FormData | None], dict[str, Any]]
    shown: Callable[[FormData], dict[str, Any]]
    find_problem: FindProblem
    unique_id: Callable[[FormData], str]


class TriedServiceFlow(OneFormFlow):
    """Adds a service with a `ServiceForm`, or changes one. It is tried out before it is saved."""

    form: ServiceForm

    @override
    async def _async_ask(self, form: dict[str, Any] | None) -> SubentryFlowResult:
        if form is not None:
            return await self._async_try(form)
        return self._show_service(
            self.form.shown(self._changed.data) if self._changed else None
        )

    @callback
    def _show_service(
        self, shown: FormData | None, problem: Problem | None = None
    ) -> SubentryFlowResult:
        uses_tls = shown is not None and self.form.uses_tls(shown[SECTION_SECURITY])
        is_marked = problem is not None and problem.field == SECTION_SECURITY
        schema = {
            probatio.Optional(CONF_NAME): TEXT,
            **self.form.schema(uses_tls or is_marked).schema,
        }
        return self._show(probatio.Schema(schema), shown or {}, problem)

    async def _async_try(self, form: dict[str, Any]) -> SubentryFlowResult:
        """Save what was filled in if it leads to a service, else say what is wrong with it."""
        previous = None if self._changed is None else self._changed.data
        data = self.form.data(form, previous)
        await self._async_abort_if_same(data, self.form.unique_id)
        problem = await self._async_complete(data, form) or (
            await self.form.find_problem(self.hass, data)
        )
        if problem is not None:
            return self._show_service(form, problem)
        return self._save(data, self.form.unique_id(data), self._name(form))

    async def _async_complete(
        self, data: dict[str, Any], form: FormData
    ) -> Problem | None:
        """Add to the data what the form can't have; return what keeps that from being done."""
        return None
