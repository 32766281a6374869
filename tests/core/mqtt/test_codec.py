"""Reading what clients say: topics and payloads, good and bad."""

from typing import Any

from hypothesis import example, given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.mqtt.codec import (
    DEFAULT_SOURCE,
    MAX_BATCH,
    MAX_PAYLOAD_BYTES,
    SUBSCRIPTIONS,
    ClientMessage,
    Report,
    ReportKind,
    SubjectCommand,
    decode,
)
from custom_components.maestra.core.transport.commands import (
    MAX_SOURCE_LENGTH,
    Malformed,
    StateCommand,
)
from tests.core.domain.strategies import objects

UPDATE = "maestra/entity/state/update/wash-1"
SET = "maestra/entity/state/set/wash-1"

LEVELS = [
    *("maestra", "entity", "state", "update", "set", "device", "heartbeat", "metrics"),
    *(
        "events",
        "applied",
        "describe",
        "register",
        "discover",
        "wash-1",
        "",
        "%",
        "%zz",
        "#",
        "+",
    ),
]
topics = (
    st.text(max_size=60)
    | st.lists(st.sampled_from(LEVELS), max_size=8).map("/".join)
    | st.tuples(
        st.sampled_from(SUBSCRIPTIONS),
        st.sampled_from(["wash-1", "AA:01", "Wash 1", "%ff", "%2F", "x/y"]),
    ).map(lambda parts: parts[0].replace("#", parts[1]).replace("+", parts[1]))
)
payloads = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
).map(lambda value: _json(value))


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return repr(value).encode(errors="replace")


@given(topics, payloads)
@example("maestra/entity/state/update/" + "%ff" * 50, b"\xff\xfe")
@example(UPDATE, b"[" * 100_000)
@example(UPDATE, b"1e999")
@example(UPDATE, b'{"a": NaN}')
@example(UPDATE, b'{"a": "\\ud800"}')
@example("maestra/device/register", b"null")
def test_nothing_that_is_said_raises(topic: str, payload: bytes) -> None:
    command = decode(topic, payload)

    assert isinstance(
        command, StateCommand | Report | ClientMessage | SubjectCommand | Malformed
    )


@given(topics, objects)
def test_whatever_is_read_can_be_written_again(
    topic: str, body: dict[str, Any]
) -> None:
    command = decode(topic, orjson.dumps(body))

    match command:
        case StateCommand():
            assert orjson.dumps(command.state)
        case Report():
            assert orjson.dumps(command.items)
        case SubjectCommand():
            assert orjson.dumps([command.subject, command.client, command.body])


@pytest.mark.parametrize(("topic", "replace"), [(UPDATE, False), (SET, True)])
@pytest.mark.parametrize(
    ("payload", "state", "source"),
    [
        (b'{"state": {"on": true}, "source": "td-1"}', {"on": True}, "td-1"),
        (b'{"state": {"on": true}}', {"on": True}, DEFAULT_SOURCE),
        (b'{"on": true}', {"on": True}, DEFAULT_SOURCE),
        # A bare object that happens to have a key `state` or `source`.
        (b'{"state": 5, "m": 3}', {"state": 5, "m": 3}, DEFAULT_SOURCE),
        (b'{"source": "td-1"}', {"source": "td-1"}, DEFAULT_SOURCE),
        (b'{"state": {}}', {}, DEFAULT_SOURCE),
        (b"{}", {}, DEFAULT_SOURCE),
        (b"", {}, DEFAULT_SOURCE),
        (b'{"state": {}, "source": ""}', {}, DEFAULT_SOURCE),
        (b'{"state": {}, "source": 7}', {}, DEFAULT_SOURCE),
        (b'{"state": {}, "source": null}', {}, DEFAULT_SOURCE),
    ],
)
def test_both_forms_of_a_state(
    topic: str, replace: bool, payload: bytes, state: dict[str, Any], source: str
) -> None:
    command = decode(topic, payload)

    assert isinstance(command, StateCommand)
    assert (command.slug, command.replace) == ("wash-1", replace)
    assert (command.state, command.source) == (state, source)


def test_a_source_is_only_as_long_as_a_name() -> None:
    fits, too_long = "x" * MAX_SOURCE_LENGTH, "x" * (MAX_SOURCE_LENGTH + 1)

    commands = [
        decode(UPDATE, orjson.dumps({"state": {}, "source": source}))
        for source in (fits, too_long)
    ]

    assert [getattr(command, "source", None) for command in commands] == [
        fits,
        DEFAULT_SOURCE,
    ]


@pytest.mark.parametrize(
    "topic", [f"{UPDATE}/more", f"{UPDATE}/more/levels", f"{UPDATE}/"]
)
def test_levels_after_the_name_are_ignored(topic: str) -> None:
    command = decode(topic, b'{"on": true}')

    assert isinstance(command, StateCommand)
    assert command.slug == "wash-1"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "maestra",
        "maestra/entity/state/update",
        "maestra/entity/state/update/",
        "maestra/entity/state/device/wash-1",
        "maestra/device/heartbeat",
        "maestra/device/heartbeat/",
        "maestra/device/register/AA",
        "other/entity/state/update/wash-1",
        "Maestra/entity/state/update/wash-1",
    ],
)
def test_topics_that_nobody_documented(topic: str) -> None:
    assert decode(topic, b"{}") == _malformed("unknown topic", None)


@pytest.mark.parametrize(
    ("topic", "payload", "reason", "client"),
    [
        (UPDATE, b"on", "payload is not JSON", "wash-1"),
        (UPDATE, b"[1]", "payload is not a JSON object", "wash-1"),
        (UPDATE, b"null", "payload is not a JSON object", "wash-1"),
        (
            UPDATE,
            b" " * (MAX_PAYLOAD_BYTES + 1),
            "payload larger than 262144 bytes",
            "wash-1",
        ),
        ("maestra/device/heartbeat/AA", b"[]", "payload is not a JSON object", "AA"),
        ("maestra/device/register", b"[]", "payload is not a JSON object", None),
        (
            "maestra/device/metrics/AA",
            b"[[], 1]",
            "payload is not a JSON object or an array of them",
            "AA",
        ),
        (
            "maestra/device/events/AA",
            orjson.dumps([{}] * (MAX_BATCH + 1)),
            "more than 1000 items",
            "AA",
        ),
    ],
)
def test_what_cannot_be_read(
    topic: str, payload: bytes, reason: str, client: str | None
) -> None:
    assert decode(topic, payload) == _malformed(reason, client)


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "hardware_id", "items"),
    [
        (
            "register",
            b'{"name": "a"}',
            ReportKind.REGISTER,
            None,
            [{"name": "a"}],
        ),
        ("discover", b"{}", ReportKind.DISCOVER, None, [{}]),
        ("heartbeat/AA:01", b"", ReportKind.HEARTBEAT, "AA:01", [{}]),
        ("heartbeat/AA%2F01", b"{}", ReportKind.HEARTBEAT, "AA/01", [{}]),
        ("metrics/AA", b'{"a": 1}', ReportKind.METRICS, "AA", [{"a": 1}]),
        (
            "metrics/AA",
            b'[{"a": 1}, {}]',
            ReportKind.METRICS,
            "AA",
            [{"a": 1}, {}],
        ),
        ("events/AA", b"[]", ReportKind.EVENTS, "AA", []),
        (
            "applied/AA",
            b'{"version": 1}',
            ReportKind.APPLIED,
            "AA",
            [{"version": 1}],
        ),
    ],
)
def test_what_devices_report(
    topic: str,
    payload: bytes,
    kind: ReportKind,
    hardware_id: str | None,
    items: list[dict[str, Any]],
) -> None:
    report = decode(f"maestra/device/{topic}", payload)

    assert isinstance(report, Report)
    assert (report.kind, report.name, report.items) == (kind, hardware_id, items)


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
def test_everything_that_is_subscribed_to_is_understood(subscription: str) -> None:
    topic = subscription.replace("#", "wash-1").replace("+", "AA")

    assert not isinstance(decode(topic, b"{}"), Malformed)


class _malformed:
    """Equal to a Malformed with these fields."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, reason: str, client: str | None) -> None:
        self.fields = (reason, client)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Malformed) and self.fields == (
            other.reason,
            other.client,
        )

    def __repr__(self) -> str:
        return f"Malformed{self.fields}"
