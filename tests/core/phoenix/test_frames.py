"""Messages of Phoenix channels: both versions, and what is none."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.phoenix.frames import (
    VERSIONS,
    Malformed,
    Message,
    decode,
    done,
    encode,
    failed,
    reply,
)

V1, V2 = VERSIONS


def test_both_versions_say_the_same() -> None:
    wanted = Message("stream:overlays", "ping", {"a": 1}, "7", "3")
    first = json.dumps(
        {
            "topic": "stream:overlays",
            "event": "ping",
            "payload": {"a": 1},
            "ref": "7",
            "join_ref": "3",
        }
    )
    assert decode(first, V1) == wanted
    assert decode('["3","7","stream:overlays","ping",{"a":1}]', V2) == wanted
    # Some clients count in numbers, and have nothing to say.
    assert decode('[null,7,"t","e",null]', V2) == Message("t", "e", {}, "7")
    for version in VERSIONS:
        assert decode(encode(wanted, version), version) == wanted


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "7",
        "[]",
        "{}",
        '["1","2","topic","event"]',
        '["1","2","","event",{}]',
        '["1","2",7,"event",{}]',
        '["1","2","topic",null,{}]',
        '["1","2","topic","event",[]]',
        '{"topic":"t","event":"e","payload":[]}',
        '{"topic":"' + 300 * "t" + '","event":"e"}',
        '{"topic":"t","event":"e","payload":' + 500 * "[",
    ],
)
def test_what_is_no_message_is_malformed(text: str, version: str) -> None:
    assert isinstance(decode(text, version), Malformed)


@given(st.text(), st.sampled_from(VERSIONS))
def test_no_text_raises(text: str, version: str) -> None:
    decode(text, version)


def test_answers_have_the_envelope() -> None:
    asked: Message = Message("t", "e", {}, "7", "3")
    answer = reply(asked, done({"x": 1}))
    assert (answer.event, answer.ref, answer.join_ref) == ("phx_reply", "7", "3")
    response = answer.payload["response"]
    assert isinstance(response, dict)
    assert (response["success"], response["data"]) == (True, {"x": 1})
    assert isinstance(response["meta"], dict)
    assert set(response["meta"]) == {"timestamp", "server_version"}
    error = failed("backpressure", "Too many")["error"]
    assert isinstance(error, dict)
    assert set(error) == {"code", "message", "timestamp"}
