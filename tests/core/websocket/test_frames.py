"""Reading what clients say, good and bad."""

from typing import Any

from hypothesis import example, given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.domain.events import Relayed
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.transport.subjects import is_pattern
from custom_components.maestra.core.websocket import frames
from custom_components.maestra.core.websocket.frames import (
    Auth,
    Malformed,
    Ping,
    Publish,
    Subscribe,
    Unsubscribe,
    decode,
)

KINDS = ["publish", "subscribe", "unsubscribe", "ping", "auth", "", "welcome", None, 3]
KEYS = [
    *("subject", "subjects", "topic", "pattern", "slug", "data", "filter", "token"),
    *("snapshot", "envelope", "keys", "path"),
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=8)
    | st.sampled_from(["maestra.>", "a/+/b", "#", "*", ">", "lamp", "a..b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=3
        )
    ),
    max_leaves=8,
)
bodies = st.builds(
    lambda kind, body: {**body, "type": kind},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(KEYS), values, max_size=4),
)


def said(**body: Any) -> frames.Frame:
    return decode(orjson.dumps(body))


@given(st.binary(max_size=80) | (bodies | values).map(orjson.dumps))
@example(b"[" * 100_000)
@example(b'{"type":"publish","subject":"a","data":' + b"[" * 900 + b"]" * 900 + b"}")
@example(b'{"type":"publish","subject":"a","data":1e999}')
@example(b'{"type":"\\ud800"}')
@example(b"\xff\xfe")
def test_nothing_that_is_said_fails(raw: bytes) -> None:
    match decode(raw):
        case Subscribe() as wanted:
            assert wanted.patterns
            assert all(map(is_pattern, wanted.patterns))
        case Unsubscribe(patterns):
            assert all(map(is_pattern, patterns))
        case Publish(_, data):
            assert orjson.dumps(frames.envelope(data))
        case Malformed() as malformed:
            assert malformed.message
            frames.error(malformed.message, malformed.code, malformed.subject)
        case other:
            assert isinstance(other, Ping | Auth)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "dance"}, "Unknown message type: dance"),
        ({"type": ["x"]}, "Unknown message type: ['x']"),
        ({}, "Unknown message type: None"),
        ({"type": "publish", "data": {}}, "subject: missing or no subject"),
        ({"type": "publish", "subject": "a.*"}, "subject: missing or no subject"),
        ({"type": "publish", "subject": "a b"}, "subject: missing or no subject"),
        ({"type": "publish", "subject": "$SYS.REQ"}, "subject: is reserved"),
        ({"type": "subscribe", "subject": "a b"}, "not a subject: a b"),
        (
            {"type": "subscribe", "subject": 3},
            "subject: must be text or an array of texts",
        ),
        ({"type": "subscribe", "filter": 3}, "filter: must be an object"),
        ({"type": "subscribe", "filter": {"x": "y"}}, "filter: unknown key x"),
        ({"type": "auth"}, "token: must be text"),
    ],
)
def test_what_is_malformed_says_why(body: Any, message: str) -> None:
    answer = said(**body)
    assert isinstance(answer, Malformed)
    assert answer.message == message


def test_data_that_nobody_could_pass_on_is_refused() -> None:
    deep = b"[" * 250 + b"]" * 250
    answer = decode(b'{"type":"publish","subject":"a","data":' + deep + b"}")
    assert isinstance(answer, Malformed)
    assert answer.message == "Frame is nested too deep"


@pytest.mark.parametrize(
    ("body", "patterns"),
    [
        ({}, ["maestra.>"]),
        ({"subject": "maestra.entity.state.*.lamp"}, ["maestra.entity.state.*.lamp"]),
        ({"subjects": ["a.b", "c.>"], "pattern": "d"}, ["a.b", "c.>", "d"]),
        ({"subject": ["a", "a"]}, ["a"]),
        ({"topic": "maestra/entity/state/+/lamp"}, ["maestra.entity.state.*.lamp"]),
        ({"topics": ["maestra/stream/#", "#"]}, ["maestra.stream.>", ">"]),
        ({"subject": "a/b.c/d e"}, ["a.b%2Ec.d%20e"]),
        ({"channel": "a.b"}, ["a.b"]),
        ({"entity_slug": "lamp"}, ["maestra.entity.state.*.lamp"]),
        (
            {"slug": ["a", "b.c"]},
            ["maestra.entity.state.*.a", "maestra.entity.state.*.b%2Ec"],
        ),
    ],
)
def test_a_subject_is_named_in_many_ways(body: Any, patterns: list[str]) -> None:
    wanted = said(type="subscribe", **body)
    assert isinstance(wanted, Subscribe)
    assert list(wanted.patterns) == patterns


def test_so_many_subjects_at_once_are_too_many() -> None:
    answer = said(type="subscribe", subjects=[f"a{i}" for i in range(300)])
    assert isinstance(answer, Malformed)


def test_a_token_stays_out_of_logs() -> None:
    assert "secret" not in repr(said(type="auth", token="secret"))


@pytest.mark.parametrize(
    ("data", "raw", "told"),
    [
        ({"a": 1}, None, {"a": 1}),
        (None, b"", None),
        (None, b"on\xff", {"_raw": "on�", "_error": "non-JSON payload"}),
        (None, b"x" * 900, {"_raw": "x" * 500, "_error": "non-JSON payload"}),
    ],
)
def test_what_is_no_json_is_told_as_text(
    data: Any, raw: bytes | None, told: Any
) -> None:
    relayed = Relayed("a", data, Source("mqtt", "x"), raw)
    assert orjson.loads(frames.relayed_message(relayed)) == told
