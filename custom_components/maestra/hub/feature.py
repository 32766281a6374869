"""What a topic brings to the hub, as one description."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry, ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.helpers.intent import IntentHandler
from homeassistant.helpers.trigger import Trigger

from ..core.bus import Counters, Latency, Unsubscribe
from ..core.domain.json_values import JsonObject
from ..core.phoenix.channels import PhoenixParts
from ..core.store.topic import Catalogue, StoreTopic
from ..core.transport.transport import Subscription, Transport
from .accounts import Consent
from .actions import Action
from .flows import Reauth, ServiceFlow
from .hub import Hub
from .issues import RepairFlow
from .link import ServiceLink
from .listeners import ListenerKind
from .manager import Manager
from .options import OptionsStep
from .presentation import Presentation
from .presenter import EntityFactories

type RepairFlowFactory = Callable[
    [ConfigEntry[Any], str, Mapping[str, str] | None], RepairFlow
]
"""Makes the flow that repairs an issue: of the entry, with the hardware id it is about, and the text's placeholders."""


class Dialect(Protocol):
    """A family of topics and payloads, between a transport and the domain."""

    counters: Counters
    latency: Latency

    def start(self) -> Unsubscribe:
        """Listen to both sides until the returned function is called."""


class Carrier(Protocol):
    """The connection to a broker that a dialect is made for."""

    transport: Transport

    @property
    def id(self) -> str:
        """The gateway in every Source that comes in here."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The settings of the connection."""


type DialectFactory = Callable[[Hub, Carrier], Dialect]
type DialectFilters = Callable[[Mapping[str, Any]], Iterable[Subscription]]
"""Returns what a dialect has to hear on a connection with these settings, to try out whether the broker lets us."""


@dataclass(frozen=True, kw_only=True)
class Discovered:
    """What the hub is offered for: it was seen on the network. `subentries` are set up with it."""

    name: str = ""
    subentries: tuple[ConfigSubentryData, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Feature:
    """One topic: what it brings to Home Assistant, each under the name that Home Assistant knows it by.

    `entities`: the class of each platform and kind of presentation. `subentries`: the flow of each type.
    `links`: how the connection of a subentry is made, by its type. `link_entities`: what is shown of a link, by its
    kind. `dialects`, `filters`: how a dialect is made, and what it has to hear, by its name. `repairs`: what repairs an issue, by its translation key. `records`: what it keeps in the
    database. `commands`: its WebSocket commands, which may need to know of all records.
    `reauth`, `consents`: how credentials are asked for again, or an account is linked, by the type of subentry.
    `endpoints`: where clients reach it, as seen by who calls this machine by a host name. `discovery`: what to make of
    what Home Assistant has seen, by its source (mqtt, zeroconf); None for what is not ours.
    `phoenix`: what clients of Phoenix channels and its REST find of it.
    `intents`, `tools`: what Assist and language models may ask for.
    `remove`: deletes what was saved when the hub is removed.
    """

    key: str
    make: Callable[[Hub], Manager] | None = None
    entities: EntityFactories = field(default_factory=dict)
    subentries: Mapping[str, type[ServiceFlow]] = field(default_factory=dict)
    links: Mapping[str, Callable[[Hub, ConfigSubentry], ServiceLink]] = field(
        default_factory=dict
    )
    link_entities: Mapping[str, tuple[Presentation, ...]] = field(default_factory=dict)
    listeners: tuple[ListenerKind, ...] = ()
    dialects: Mapping[str, DialectFactory] = field(default_factory=dict)
    filters: Mapping[str, DialectFilters] = field(default_factory=dict)
    options: tuple[OptionsStep, ...] = ()
    reauth: Mapping[str, Reauth] = field(default_factory=dict)
    consents: Mapping[str, Consent] = field(default_factory=dict)
    discovery: Mapping[str, Callable[[Any], Discovered | None]] = field(
        default_factory=dict
    )
    actions: tuple[Action, ...] = ()
    triggers: Mapping[str, type[Trigger]] = field(default_factory=dict)
    conditions: Mapping[str, type[Condition]] = field(default_factory=dict)
    repairs: Mapping[str, RepairFlowFactory] = field(default_factory=dict)
    commands: Callable[[Catalogue], tuple[Any, ...]] = lambda records: ()
    views: tuple[type[HomeAssistantView], ...] = ()
    records: StoreTopic | None = None
    intents: tuple[IntentHandler, ...] = ()
    tools: Callable[[HomeAssistant, Any, str], Any] | None = None
    endpoints: Callable[[Hub, str], JsonObject] = lambda hub, host: {}
    phoenix: Callable[[Hub], PhoenixParts] = lambda hub: PhoenixParts()
    remove: Callable[[HomeAssistant], Awaitable[None]] | None = None
