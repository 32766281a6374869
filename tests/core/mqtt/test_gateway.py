"""From the wire into the domain and back, on a transport in memory."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, override

from hypothesis import HealthCheck, given, settings, strategies as st
import orjson
from paho.mqtt.client import topic_matches_sub
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.entity import Entity
from custom_components.maestra.core.domain.errors import (
    MaestraError,
    NotConnected,
    OutgoingFull,
)
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)
from custom_components.maestra.core.mqtt.codec import ClientMessage, decode
from custom_components.maestra.core.mqtt.gateway import MaestraGateway
from custom_components.maestra.core.transport import access as module
from custom_components.maestra.core.transport.errors import MessageTooLarge
from custom_components.maestra.core.transport.event_encoder import EventEncoder
from custom_components.maestra.core.transport.reconnect import ConnectionListener
from custom_components.maestra.core.transport.transport import (
    Handler,
    Message,
    Subscription,
    Taken,
    Transport,
    TransportCounters,
)

from .test_codec import payloads, topics

ESP = {"hardware_id": "AA:01", "name": "Entrance", "device_type": "esp32"}


class MemoryTransport(Transport):
    """A broker of one client: gives what is said to whom it may concern, and keeps what is published."""

    def __init__(self) -> None:
        self.fails: MaestraError | None = None
        self.published: list[tuple[str, Any, int]] = []
        self.acknowledged: list[int] = []
        self._handlers: list[tuple[list[Subscription], Handler]] = []

    @property
    @override
    def name(self) -> str:
        return "memory"

    @property
    @override
    def connected(self) -> bool:
        return self.fails is None

    @property
    @override
    def counters(self) -> TransportCounters:
        return TransportCounters()

    @property
    @override
    def unacknowledged(self) -> int:
        return 0

    @property
    @override
    def accepted(self) -> int:
        return sum(qos for _, _, qos in self.published)

    @override
    def on_drained(self, listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    @override
    def subscribe(
        self,
        subscriptions: Iterable[Subscription],
        handler: Handler,
        *,
        former: Iterable[str] = (),
    ) -> Callable[[], None]:
        entry = ([*subscriptions], handler)
        self._handlers.append(entry)
        return lambda: self._handlers.remove(entry)

    @override
    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        return lambda: None

    @override
    def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> None:
        assert not retain
        if self.fails:
            raise self.fails
        self.published.append((topic, orjson.loads(payload), qos))

    @override
    async def run(self) -> None:
        """Be there all the time."""

    def acknowledge(self, packet_id: int) -> None:
        self.acknowledged.append(packet_id)

    def say(self, topic: str, payload: object) -> list[Taken]:
        """Let a client publish at QoS 1."""
        raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        return [
            handler(Message(topic, raw, 1, False, self, packet_id=1))
            for subscriptions, handler in self._handlers
            if any(topic_matches_sub(item.filter, topic) for item in subscriptions)
        ]

    def told(self, topic_filter: str = "#") -> list[Any]:
        """Return and forget the bodies that were published there."""
        found = [
            item for item in self.published if topic_matches_sub(topic_filter, item[0])
        ]
        self.published = [item for item in self.published if item not in found]
        return [body for _, body, _ in found]


class Wire:
    """A gateway between a transport in memory and a domain."""

    def __init__(self, *, bridges: bool = False) -> None:
        self.domain = Domain(Bus())
        self.transport = MemoryTransport()
        self.gateway = MaestraGateway(
            "link", self.transport, self.domain, EventEncoder(), bridges=bridges
        )
        self.stop = self.gateway.start()

    def update(self, slug: str, payload: object) -> Entity | None:
        self.transport.say(f"maestra/entity/state/update/{slug}", payload)
        return self.domain.entities.get(slug)

    @property
    def outcomes(self) -> dict[str, int]:
        """What was counted beside the traffic."""
        return {
            name: count
            for name, count in self.gateway.counters.as_dict().items()
            if not name.startswith(("messages_", "bytes_"))
        }

    def report(self, verb: str, payload: object) -> None:
        self.transport.say(f"maestra/device/{verb}", payload)


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_a_state_is_merged_or_replaced(wire: Wire) -> None:
    wire.update("wash-1", {"state": {"on": True, "at": {"x": 1}}, "source": "td-1"})
    entity = wire.update("wash-1", {"at": {"y": 2}})
    assert entity
    assert entity.state == {"on": True, "at": {"x": 1, "y": 2}}
    assert entity.gateway == "link"

    wire.transport.say("maestra/entity/state/set/wash-1", {"state": {"on": False}})
    assert entity.state == {"on": False}

    assert [body["source"] for body in wire.transport.told("maestra/entity/state")] == [
        "td-1",
        "mqtt",
        "mqtt",
    ]
    assert wire.outcomes == {"accepted": 3}


def test_a_set_can_clear(wire: Wire) -> None:
    entity = wire.update("wash-1", {"on": True})
    assert entity

    wire.transport.say("maestra/entity/state/set/wash-1", {"state": {}})

    assert entity.state == {}


def test_nothing_changed_is_nothing_told(wire: Wire) -> None:
    wire.update("wash-1", {"on": True})
    wire.transport.told()

    wire.update("wash-1", {"on": True})

    assert wire.transport.told() == []
    assert wire.gateway.counters["accepted"] == 2


def test_what_comes_in_elsewhere_is_told_here(wire: Wire) -> None:
    wire.domain.entities.create(name="Wash 1", entity_type="light")
    wire.transport.told()

    wire.domain.entities.update("wash-1", {"on": True}, source=Source("osc", "other"))

    assert len(wire.transport.told("maestra/entity/state/#")) == 3


def test_the_life_of_a_device(wire: Wire) -> None:
    wire.report("register", ESP)
    device = wire.domain.devices["AA:01"]
    assert (device.status, device.gateway) == ("online", "link")

    # A board registers at every boot.
    wire.report("register", ESP | {"firmware_version": "1.1"})
    assert device.firmware_version == "1.1"

    wire.report("heartbeat/AA:01", {"status": "busy", "metadata": {"uptime": 7}})
    assert (device.status, device.metadata) == ("busy", {"uptime": 7})
    for quiet in (b"", {"status": None}, {"status": ""}):
        wire.report("heartbeat/AA:01", quiet)
        assert device.status == "online"

    said = {"metric_name": "rssi", "metric_value": -60}
    wire.report("metrics/AA:01", [1, None, said, {}, [said]])
    assert device.metrics["rssi"].value == -60
    wire.report("events/AA:01", {"event_type": "button"})

    assert wire.outcomes == {
        "accepted": 8,
        "refused": 4,
        "refused_malformed": 3,
        "refused_invalid_field": 1,
    }


def test_a_device_that_asks_to_be_let_in(wire: Wire) -> None:
    wire.report("discover", ESP)

    assert wire.domain.devices["AA:01"].status == "pending"
    assert wire.transport.told("maestra/device/discovered")


def test_a_configuration_is_sent_until_it_is_applied(wire: Wire) -> None:
    wire.report("register", ESP)
    device = wire.domain.devices["AA:01"]
    wire.domain.configurations.push(device, {"leds": 4})
    topic = "maestra/device/configuration/AA:01"
    assert len(wire.transport.told(topic)) == 1

    wire.report("register", ESP)
    assert [body["version"] for body in wire.transport.told(topic)] == [1]
    wire.report("heartbeat/AA:01", {})
    assert wire.transport.told(topic) == []
    wire.report("heartbeat/AA:01", {"status": "offline"})
    wire.report("heartbeat/AA:01", {})
    assert [body["version"] for body in wire.transport.told(topic)] == [1]

    wire.report("applied/AA:01", {"version": 1})
    wire.report("register", ESP)
    assert wire.transport.told(topic) == []


def test_topics_of_others_are_commands(wire: Wire) -> None:
    heard: list[tuple[list[str], Any]] = []

    def run(words: Sequence[str], body: Any, source: Source) -> bool:
        heard.append(([*words], body))
        return words[-1] == "go"

    wire.domain.commands.register("cues", run)
    wire.transport.say("maestra/cues/act-1/cue/1.5/go", {})
    wire.transport.say("maestra/cues/act-1/go", False)
    assert heard == [(["act-1", "cue", "1.5", "go"], {}), (["act-1", "go"], False)]
    wire.transport.say("maestra/cues/act-1/dance", {})
    (refusal,) = wire.transport.told("maestra/errors/act-1")
    assert refusal["code"] == "unknown_command"


def test_a_configuration_that_is_refused_is_not_sent_again(wire: Wire) -> None:
    wire.report("register", ESP)
    device = wire.domain.devices["AA:01"]
    wire.domain.configurations.push(device, {"leds": 4})
    topic = "maestra/device/configuration/AA:01"
    wire.transport.told(topic)
    wire.report("applied/AA:01", {"version": 1, "error": "no such pin"})
    (version,) = wire.domain.configurations.of(device.id)
    assert (version.error, version.applied_at) == ("no such pin", None)
    wire.report("register", ESP)
    assert wire.transport.told(topic) == []
    # It may think better of it.
    wire.report("applied/AA:01", {"version": 1})
    assert version.error is None
    assert version.applied_at
    wire.report("applied/AA:01", {"version": 1, "error": "two\nlines"})
    (refusal,) = wire.transport.told("maestra/errors/AA:01")
    assert refusal["code"] == "invalid_field"


def test_a_configuration_reaches_a_device_that_was_approved_and_asks_again(
    wire: Wire,
) -> None:
    wire.report("discover", ESP)
    device = wire.domain.devices.approve("AA:01")
    topic = "maestra/device/configuration/AA:01"
    wire.domain.configurations.push(device, {"leds": 4})
    wire.transport.told(topic)

    wire.report("heartbeat/AA:01", {"status": "offline"})
    wire.report("discover", ESP)

    assert [body["version"] for body in wire.transport.told(topic)] == [1]
    wire.report("applied/AA:01", {"version": 1})
    wire.report("discover", ESP)
    assert wire.transport.told(topic) == []


def variable(name: str, **config: Any) -> dict[str, Any]:
    return {"name": name, "type": "range", "direction": "input", "config": config}


def described(wire: Wire, *variables: dict[str, Any], **data: Any) -> list[Any]:
    """Let the board say what it drives; return the answers."""
    wire.report("describe/AA:01", {"slug": "fader", "variables": [*variables]} | data)
    return wire.transport.told("maestra/device/described/AA:01")


def test_a_device_describes_what_it_drives_once_it_is_let_in(wire: Wire) -> None:
    wire.report("discover", ESP)
    assert described(wire, variable("level")) == []
    (refusal,) = wire.transport.told("maestra/errors/AA:01")
    assert refusal["code"] == "device_pending"
    assert wire.domain.entities.get("fader") is None

    device = wire.domain.devices.approve("AA:01", name="Foyer")
    (answer,) = described(
        wire, variable("level", max=10), name="Fader", entity_type="light"
    )
    assert (answer["type"], answer["entity_type"]) == ("entity_described", "light")
    assert answer["device_name"] == "Foyer"
    fader = wire.domain.entities["fader"]
    assert (fader.name, fader.device_id) == ("Fader", device.id)
    assert fader.variables["level"].bounds == (0, 10)


def test_a_device_that_is_back_is_told_what_was_set_meanwhile(wire: Wire) -> None:
    wire.report("register", ESP)
    described(wire, variable("level"))
    wire.report("heartbeat/AA:01", {"status": "offline"})
    wire.domain.entities.update("fader", {"level": 7})

    (answer,) = described(wire, variable("level"))

    assert answer["state"] == {"level": 7}
    assert wire.domain.devices["AA:01"].is_online


def test_a_device_is_told_the_state_of_those_that_it_follows(wire: Wire) -> None:
    wire.report("register", ESP)
    wash = wire.domain.entities.create(name="Wash", slug="wash", entity_type="light")
    wire.domain.entities.update("wash", {"on": True})

    described(wire, variable("level"), follows=["wash", "nobody", "wash"])

    (answer,) = wire.transport.told("maestra/device/followed/AA:01")
    assert answer["type"] == "entity_followed"
    assert (answer["entity_slug"], answer["state"]) == ("wash", wash.state)


@pytest.mark.parametrize(
    ("follows", "code"),
    [
        ("wash", "invalid_field"),
        ([5], "invalid_field"),
        (["A B"], "invalid_field"),
        ([f"wash-{number}" for number in range(51)], "too_many"),
    ],
)
def test_what_a_device_can_t_follow_is_refused(
    wire: Wire, follows: Any, code: str
) -> None:
    wire.report("register", ESP)

    assert described(wire, variable("level"), follows=follows) == []

    (refusal,) = wire.transport.told("maestra/errors/AA:01")
    assert refusal["code"] == code
    assert wire.domain.entities.get("fader") is None


def test_what_users_say_of_a_variable_stays_until_its_device_says_something_else(
    wire: Wire,
) -> None:
    wire.report("register", ESP)
    described(wire, variable("level", max=10), variable("pan"), variable("tilt"))
    fader = wire.domain.entities["fader"]
    for name in ("level", "pan", "own"):
        wire.domain.entities.define_variable(
            "fader", Variable.from_wire(variable(name, max=3))
        )

    described(wire, variable("level", max=10), variable("pan"), variable("tilt"))
    described(wire, variable("level", max=10), variable("pan", max=5))

    assert {name: variable.bounds[1] for name, variable in fader.variables.items()} == {
        "level": 3,
        "pan": 5,
        "own": 3,
    }


def test_an_entity_of_another_device_is_not_described(wire: Wire) -> None:
    wire.report("register", ESP)
    wire.report("register", ESP | {"hardware_id": "AA:02"})
    theirs = wire.domain.devices["AA:02"]
    fader = wire.domain.entities.create(
        name="Fader", slug="fader", entity_type="light", device_id=theirs.id
    )

    assert described(wire, variable("level")) == []
    assert "level" not in fader.variables

    # What nobody drives any more is anybody's.
    wire.domain.devices.remove("AA:02")
    assert len(described(wire, variable("level"))) == 1
    assert fader.device_id == wire.domain.devices["AA:01"].id


@pytest.mark.parametrize(
    ("topic", "payload", "client", "code"),
    [
        ("maestra/entity/state/update/wash-1", b"{", "wash-1", "malformed"),
        ("maestra/entity/state/update/Wash 1", {"on": 1}, "Wash%201", "invalid_field"),
        ("maestra/device/heartbeat/AA:99", {}, "AA:99", "unknown_device"),
        ("maestra/device/heartbeat/AA:00", {}, "AA:00", "device_blocked"),
        (
            "maestra/device/register",
            {"hardware_id": "AA:00"},
            "AA:00",
            "device_blocked",
        ),
        (
            "maestra/device/register",
            {"hardware_id": ["AA"]},
            "unknown",
            "invalid_field",
        ),
        (
            "maestra/device/register",
            {"hardware_id": "x" * 999},
            "x" * 255,
            "invalid_field",
        ),
        ("maestra/device/register", [1], "unknown", "malformed"),
        (
            "maestra/device/heartbeat/AA:01",
            {"status": "pending"},
            "AA:01",
            "invalid_field",
        ),
        ("maestra/device/applied/AA:01", {"version": "1"}, "AA:01", "invalid_field"),
        (
            "maestra/device/applied/AA:01",
            {"version": 7},
            "AA:01",
            "unknown_configuration",
        ),
        ("maestra/device/events/AA:01", {}, "AA:01", "invalid_field"),
        (
            "maestra/device/describe/AA:99",
            {"slug": "fader", "variables": []},
            "AA:99",
            "unknown_device",
        ),
        (
            "maestra/device/describe/AA:00",
            {"slug": "fader", "variables": []},
            "AA:00",
            "device_blocked",
        ),
        ("maestra/device/describe/AA:01", {"slug": "f"}, "AA:01", "invalid_field"),
        (
            "maestra/device/describe/AA:01",
            {"slug": "f", "variables": [{"name": "x"}]},
            "AA:01",
            "invalid_field",
        ),
        (
            "maestra/device/describe/AA:01",
            {"slug": "f", "variables": [variable(str(at)) for at in range(257)]},
            "AA:01",
            "too_many",
        ),
        (
            "maestra/device/describe/AA:01",
            {"slug": "f", "variables": [], "entity_type": "nothing"},
            "AA:01",
            "unknown_entity_type",
        ),
    ],
)
def test_what_is_refused_is_answered(
    wire: Wire, topic: str, payload: object, client: str, code: str
) -> None:
    wire.domain.devices.register(ESP)
    wire.domain.devices.register(ESP | {"hardware_id": "AA:00"})
    wire.domain.devices.block("AA:00")
    wire.transport.told()

    assert wire.transport.say(topic, payload) == [Taken.NOW]

    answers = wire.transport.told(f"maestra/errors/{client}")
    assert [(answer["code"], answer["topic"]) for answer in answers] == [(code, topic)]
    assert wire.outcomes == {"refused": 1, f"refused_{code}": 1}


def test_unknown_entities_where_none_are_made(wire: Wire) -> None:
    wire.domain.entities.rules.create_unknown = False

    assert wire.update("stranger", {"on": True}) is None

    assert wire.transport.told("maestra/errors/stranger")[0]["code"] == "unknown_entity"


@pytest.mark.parametrize(("strict", "value"), [(False, 200), (True, 50)])
def test_values_that_do_not_fit(wire: Wire, strict: bool, value: int) -> None:
    wire.domain.entities.rules.strict = strict
    pan = Variable(name="pan", type=VariableType.RANGE, direction=Direction.INPUT)
    head = wire.domain.entities.create(
        name="Head", entity_type="space", variables=[pan]
    )
    wire.update("head", {"pan": 50})

    wire.update("head", {"pan": 200})

    assert head.state == {"pan": value}
    warned = [
        warning["message"]
        for body in wire.transport.told("maestra/entity/state")
        for warning in body["validation_warnings"]
    ]
    answered = [body["detail"] for body in wire.transport.told("maestra/errors/head")]
    assert warned + answered == [
        ["must be between 0 and 100", "pan of head: must be between 0 and 100"][strict]
    ]


def test_a_flood_is_counted_and_answered_now_and_then(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(module.ERRORS_AT_ONCE * 2):
        wire.update("wash-1", b"{")

    counters = wire.gateway.counters
    assert counters["refused"] == module.ERRORS_AT_ONCE * 2
    assert counters["errors_unanswered"] >= module.ERRORS_AT_ONCE - 2
    assert (
        len(wire.transport.told("maestra/errors/wash-1"))
        + counters["errors_unanswered"]
        == module.ERRORS_AT_ONCE * 2
    )
    assert caplog.text.count(" refused ") == 1


def test_what_a_client_writes_is_not_kept_at_its_length(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.update("x" * 60_000, {"on": True})

    topic, body, _ = wire.transport.published[0]
    assert len(topic) < 300
    assert len(body["detail"]) <= 500
    (record,) = caplog.records
    assert len(record.getMessage()) < 1_000


@pytest.mark.parametrize(
    "error",
    [
        NotConnected(gateway="memory"),
        OutgoingFull(gateway="memory"),
        MessageTooLarge(gateway="memory", limit=1, size=2),
    ],
)
def test_what_cannot_be_sent_is_counted(
    wire: Wire, error: MaestraError, caplog: pytest.LogCaptureFixture
) -> None:
    wire.domain.entities.create(name="Wash 1", entity_type="light")
    wire.transport.fails = error

    wire.domain.entities.update("wash-1", {"on": True})
    wire.update("wash-1", b"{")

    assert wire.gateway.counters["unsent"] == 4
    assert "A listener failed" not in caplog.text


def test_after_the_end_nothing_passes(wire: Wire) -> None:
    wire.stop()

    assert wire.update("wash-1", {"on": True}) is None
    wire.domain.entities.create(name="Wash 1", entity_type="light")
    assert wire.transport.published == []


@given(st.lists(st.tuples(topics, payloads), max_size=8))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_is_said_is_accepted_or_refused(said: list[tuple[str, bytes]]) -> None:
    wire = Wire()
    wire.domain.devices.register(ESP | {"hardware_id": "wash-1"})

    answers = [
        taken for topic, payload in said for taken in wire.transport.say(topic, payload)
    ]

    assert set(answers) <= {Taken.NOW}
    counters = wire.gateway.counters
    # An empty array of metrics is neither, nor is what clients say to each other.
    assert counters["accepted"] + counters["refused"] >= len(answers) - sum(
        payload == b"[]" or isinstance(decode(topic, payload), ClientMessage)
        for topic, payload in said
    )
    assert orjson.dumps([body for _, body, _ in wire.transport.published])


# Streams of small clients (maestra.md §2.1).

CAMERA = {
    "name": "Front camera",
    "stream_type": "video",
    "publisher_id": "esp-cam",
    "protocol": "tcp",
    "address": "10.0.0.9",
    "port": 554,
}


def test_a_stream_lives_by_its_topics(wire: Wire) -> None:
    wire.transport.say("maestra/stream/advertise", CAMERA)

    (stream,) = wire.domain.streams
    told = wire.transport.told("maestra/stream/advertise/video")
    assert [body["id"] for body in told] == [stream.id]
    assert stream.gateway == "link"

    wire.transport.say(f"maestra/stream/heartbeat/{stream.id}", {})
    assert wire.transport.told("maestra/stream/advertise/video")

    wire.transport.say(f"maestra/stream/withdraw/{stream.id}", {})
    assert not list(wire.domain.streams)
    assert wire.outcomes == {"accepted": 3}


def test_our_own_announcement_comes_back_unheard(wire: Wire) -> None:
    wire.transport.say("maestra/stream/advertise", CAMERA)
    (echo,) = wire.transport.told("maestra/stream/advertise")
    assert echo["id"]
    wire.transport.told()

    wire.transport.say("maestra/stream/advertise", echo)

    assert len(wire.domain.streams) == 1
    assert wire.transport.published == []

    # A stream may end before the broker has brought it back.
    wire.domain.streams.withdraw(echo["id"])
    wire.transport.told()
    wire.transport.say("maestra/stream/advertise", echo)

    assert len(wire.domain.streams) == 0
    assert wire.transport.published == []


@pytest.mark.parametrize("verb", ["heartbeat", "withdraw"])
def test_a_stream_that_is_gone_is_answered(wire: Wire, verb: str) -> None:
    wire.transport.say(f"maestra/stream/{verb}/7-a", {})

    (answer,) = wire.transport.told("maestra/errors/7-a")
    assert answer["code"] == "unknown_stream"
