"""Topics of F2 controllers (f2.md §1): five levels, six for the feedback of a reader; and what can be wrong with them."""

from dataclasses import dataclass
import enum
import re
from typing import Final

from ..domain.errors import MaestraError

COMMAND: Final = "cmnd"
STATE: Final = "stat"
EVENT: Final = "tele"
CONNECTORS: Final = ("J1", "J2", "J3", "J4")
FEEDBACK: Final = "success"
MAX_TOPIC: Final = 128
_MAC: Final = re.compile(r"[0-9a-f]{12}")
_ANY_MAC: Final = re.compile(r"([0-9a-f]{2})(?:([:-]?)[0-9a-f]{2})(?:\2[0-9a-f]{2}){4}")


class UnknownF2Controller(MaestraError):
    """No F2 controller with this MAC is set up or was heard on this broker."""

    code = "unknown_f2_controller"
    message = "F2 controller {controller} is not known"


class F2NotConfirmed(MaestraError):
    """An F2 controller did not say in time that it has done what it was told."""

    code = "f2_not_confirmed"
    message = "F2 controller {controller} did not confirm {component} within {seconds} seconds"
    is_failure = True


class Mode(enum.StrEnum):
    """What a connector is used for."""

    ACCESS = "access-control-mode"
    ALARM = "alarm-mode"
    SENSOR = "sensor-mode"


class Kind(enum.StrEnum):
    """What can hang on a connector; its value and a number name a component."""

    STRIKE = "strike"
    DOOR_SENSOR = "door-sensor"
    EXIT_BUTTON = "exit-button"
    READER = "reader"
    SIREN = "siren"
    MOTION_SENSOR = "motion-sensor"
    SENSOR = "sensor"


FILTERS: Final[dict[str, int]] = {
    f"{type_}/+/{mode}/+/+": 0 if mode is Mode.ACCESS else 1
    for type_ in (STATE, EVENT)
    for mode in Mode
}
"""What to subscribe to, and at which QoS: for a card or button that waited at the broker no door may open later."""
MEASURED: Final[dict[str, int]] = {
    filter_: qos
    for filter_, qos in FILTERS.items()
    if filter_.split("/")[2] == Mode.SENSOR
}
"""What of it sensors measure."""


@dataclass(frozen=True, kw_only=True)
class KindFacts:
    """The mode that a kind of component belongs to, how many a connector has, and their common topic, if they share one."""

    mode: Mode
    count: int
    shared: str | None = None


KINDS: Final[dict[Kind, KindFacts]] = {
    Kind.STRIKE: KindFacts(mode=Mode.ACCESS, count=2),
    Kind.DOOR_SENSOR: KindFacts(mode=Mode.ACCESS, count=2, shared="door-sensors"),
    Kind.EXIT_BUTTON: KindFacts(mode=Mode.ACCESS, count=2, shared="exit-buttons"),
    Kind.READER: KindFacts(mode=Mode.ACCESS, count=2),
    Kind.SIREN: KindFacts(mode=Mode.ALARM, count=2),
    Kind.MOTION_SENSOR: KindFacts(mode=Mode.ALARM, count=5),
    Kind.SENSOR: KindFacts(mode=Mode.SENSOR, count=6),
}


class F2Malformed(ValueError):
    """What can't be read. `client` is the MAC that it came from, if that can be told."""

    def __init__(self, reason: str, client: str | None = None) -> None:
        """Keep the reason, for people."""
        super().__init__(reason)
        self.client = client


@dataclass(frozen=True, slots=True, order=True)
class ComponentPath:
    """One component of a controller: `J1/strike-2` as text. Raises F2Malformed for what no controller has."""

    connector: str
    kind: Kind
    number: int

    def __post_init__(self) -> None:
        """Check that there is such a component."""
        if self.connector not in CONNECTORS:
            raise F2Malformed(f"no such connector: {self.connector[:MAX_TOPIC]!r}")
        if not 1 <= self.number <= KINDS[self.kind].count:
            raise F2Malformed(f"no such component: {self.component[:MAX_TOPIC]}")

    def __str__(self) -> str:
        """Return the text form."""
        return f"{self.connector}/{self.component}"

    @property
    def component(self) -> str:
        """Its name on the connector: `strike-2`."""
        return f"{self.kind}-{self.number}"

    @property
    def mode(self) -> Mode:
        """The mode that it belongs to."""
        return KINDS[self.kind].mode

    @classmethod
    def parse(cls, text: str) -> ComponentPath:
        """Read the text form; raises F2Malformed."""
        connector, _, component = text.partition("/")
        kind, number = parse_component(component)
        return cls(connector, kind, number)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that was read. `number` is None where the components of a connector share the topic."""

    type: str
    mac: str
    connector: str
    kind: Kind
    number: int | None
    is_feedback: bool = False

    @property
    def mode(self) -> Mode:
        """The mode that the connector is in."""
        return KINDS[self.kind].mode

    @property
    def client(self) -> str:
        """How the controller calls itself."""
        return f"f2-{self.mac}"

    def path(self, number: int) -> ComponentPath:
        """Return one of the components that it is about."""
        return ComponentPath(self.connector, self.kind, number)

    def __str__(self) -> str:
        """Return the topic as it is on the wire."""
        shared = KINDS[self.kind].shared
        component = shared or f"{self.kind}-{self.number}"
        tail = f"/{FEEDBACK}" if self.is_feedback else ""
        return (
            f"{self.type}/{self.client}/{self.mode}/{self.connector}/{component}{tail}"
        )


# All the components that there are, by the level of a topic that names them.
_COMPONENTS: Final[dict[str, tuple[Kind, int | None]]] = {
    facts.shared: (kind, None) for kind, facts in KINDS.items() if facts.shared
} | {
    f"{kind}-{number}": (kind, number)
    for kind, facts in KINDS.items()
    if not facts.shared
    for number in range(1, facts.count + 1)
}
_NAMES: Final[dict[str, tuple[Kind, int]]] = {
    f"{kind}-{number}": (kind, number)
    for kind, facts in KINDS.items()
    for number in range(1, facts.count + 1)
}


def parse_mac(text: str) -> str:
    """Return a MAC address as twelve lower-case digits; colons, dashes or nothing in between. Raises F2Malformed."""
    lowered = text.strip().lower()
    if not _ANY_MAC.fullmatch(lowered):
        raise F2Malformed("a MAC address has 12 hexadecimal digits")
    return lowered.replace(":", "").replace("-", "")


def parse_component(name: str) -> tuple[Kind, int]:
    """Read `strike-2`; raises F2Malformed."""
    try:
        return _NAMES[name]
    except KeyError:
        raise F2Malformed(f"no such component: {name[:MAX_TOPIC]!r}") from None


def parse(topic: str) -> Topic:
    """Read a topic; raises F2Malformed with the reason."""
    if len(topic) > MAX_TOPIC:
        raise F2Malformed(f"topic longer than {MAX_TOPIC} characters")
    levels = topic.split("/")
    if len(levels) not in (5, 6):
        raise F2Malformed(f"a topic has 5 levels, not {len(levels)}")
    type_, client, mode, connector, component = levels[:5]
    mac = client.removeprefix("f2-")
    if not client.startswith("f2-") or not _MAC.fullmatch(mac):
        raise F2Malformed("the second level is not f2- and 12 lower-case digits")
    if type_ not in (COMMAND, STATE, EVENT):
        raise F2Malformed(f"no such type: {type_!r}", client)
    if connector not in CONNECTORS:
        raise F2Malformed(f"no such connector: {connector!r}", client)
    if component not in _COMPONENTS:
        raise F2Malformed(f"no such component: {component!r}", client)
    kind, number = _COMPONENTS[component]
    if mode != KINDS[kind].mode:
        raise F2Malformed(f"there is no {component} in {mode!r}", client)
    is_feedback = len(levels) == 6
    if is_feedback and (type_, kind, levels[5]) != (COMMAND, Kind.READER, FEEDBACK):
        raise F2Malformed("only the feedback of a reader has 6 levels", client)
    return Topic(type_, mac, connector, kind, number, is_feedback)


def command_topic(mac: str, path: ComponentPath, *, is_feedback: bool = False) -> str:
    """Return the topic on which a component takes commands."""
    return str(Topic(COMMAND, mac, path.connector, path.kind, path.number, is_feedback))
