"""Messages of obs-websocket: read, and written."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.obs.protocol import (
    BatchResponse,
    Hello,
    Identified,
    Malformed,
    ObsEvent,
    Response,
    authentication,
    batch,
    decode,
    identify,
    request,
)


def test_authentication() -> None:
    """The example of the protocol's own documentation."""
    assert (
        authentication(
            "supersecretpassword",
            "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY=",
            "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI=",
        )
        == "1Ct943GAT+6YQUUX47Ia/ncufilbe6+oD6lY+5kaCu4="
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"op": 0, "d": {"rpcVersion": 1}}, Hello(1)),
        (
            {
                "op": 0,
                "d": {
                    "rpcVersion": 1,
                    "authentication": {"challenge": "c", "salt": "s"},
                },
            },
            Hello(1, "c", "s"),
        ),
        ({"op": 2, "d": {"negotiatedRpcVersion": 1}}, Identified()),
        ({"op": 5, "d": {"eventType": "ExitStarted"}}, ObsEvent("ExitStarted", {})),
        (
            {
                "op": 7,
                "d": {
                    "requestId": "4",
                    "requestType": "GetStats",
                    "requestStatus": {"result": True, "code": 100},
                    "responseData": {"a": 1},
                },
            },
            Response("4", "GetStats", 100, "", {"a": 1}),
        ),
        (
            {"op": 9, "d": {"requestId": "5", "results": [{"requestType": "Sleep"}]}},
            BatchResponse("5", (Response("None", "Sleep", 0, "", {}),)),
        ),
        ({"op": 0, "d": {}}, Malformed("has no version")),
        ({"op": 5, "d": {}}, Malformed("has no event type")),
        ({"op": 3, "d": {}}, Malformed("is of an unknown kind")),
        ({"op": 5}, Malformed("is no message")),
        ([], Malformed("is no message")),
    ],
)
def test_decode(message: object, expected: object) -> None:
    assert decode(json.dumps(message)) == expected


@given(st.text())
def test_nothing_breaks_it(text: str) -> None:
    assert isinstance(decode(text), Malformed)


@given(
    st.integers(-1, 10),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["results", "eventType", "requestStatus", "code", "rpcVersion"]
                ),
                inner,
                max_size=4,
            )
        ),
    ),
)
def test_no_message_breaks_it(op: int, data: object) -> None:
    decode(json.dumps({"op": op, "d": data}))


def test_what_we_say() -> None:
    said = json.loads(identify(Hello(1, "c", "s"), "secret"))
    assert said["op"] == 1
    assert "secret" not in str(said)
    # Meters of volume come fifty times a second.
    assert said["d"]["eventSubscriptions"] < 1 << 16
    assert "authentication" not in json.loads(identify(Hello(1), "secret"))["d"]
    assert json.loads(request("1", "GetStats")) == {
        "op": 6,
        "d": {"requestId": "1", "requestType": "GetStats"},
    }
    assert json.loads(batch("2", [("A", None), ("B", {"x": 1})])) == {
        "op": 8,
        "d": {
            "requestId": "2",
            "haltOnFailure": False,
            "requests": [
                {"requestType": "A"},
                {"requestType": "B", "requestData": {"x": 1}},
            ],
        },
    }
