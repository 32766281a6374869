"""TLCP 2.5.0 as text: requests, lines, and the values of an update (iss.md §9). Nothing here waits, nothing raises but Malformed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote, urlencode

SUBPROTOCOL: Final = "TLCP-2.5.0.lightstreamer.com"
# The id that the vendor gives to everybody who writes a client.
CLIENT_ID: Final = "mgQkwtwdysogQz2BJ4Ji kOj2Bg"
SUBSCRIPTION: Final = 1
"""The first; those that follow count up."""

NOTIFICATIONS: Final = frozenset(
    {"U", "SUBOK", "SUBCMD", "UNSUB", "EOS", "CS", "OV", "CONF", "MSGDONE", "MSGFAIL"}
)
"""What counts as data: a session is recovered from the number of these."""
CHATTER: Final = frozenset(
    {"CLIENTIP", "CONS", "NOOP", "PROBE", "PROG", "REQOK", "SERVNAME", "SYNC", "WSOK"}
)
"""What needs no answer. Those of NOTIFICATIONS that are not an update need none either."""

type Values = tuple[str | None, ...]
"""The values of an item's fields, in the order of the subscription."""


class Malformed(Exception):
    """A line that is not TLCP, with a short reason."""


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """CONOK: the session, and the most milliseconds between two lines."""

    session_id: str
    keepalive: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """CONERR, END, REQERR or ERROR: the server's code and words."""

    kind: str
    code: int
    words: str

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.words or self.kind} ({self.code})"


def create_session(adapter_set: str, keepalive: int) -> str:
    """Return the request for a new session."""
    return _request(
        "create_session",
        LS_adapter_set=adapter_set,
        LS_cid=CLIENT_ID,
        LS_send_sync="false",
        LS_keepalive_millis=keepalive,
        LS_cause="api",
    )


def bind_session(session_id: str, keepalive: int, recover_from: int | None) -> str:
    """Return the request to go on with a session; `recover_from` is how many notifications of a broken one came."""
    recovery = {} if recover_from is None else {"LS_recovery_from": recover_from}
    return _request(
        "bind_session",
        LS_session=session_id,
        LS_keepalive_millis=keepalive,
        LS_send_sync="false",
        LS_cause="ws.loop" if recover_from is None else "ws.error",
        **recovery,
    )


def subscribe(
    items: Iterable[str], fields: Iterable[str], number: int = SUBSCRIPTION
) -> str:
    """Return the request for the merged state of items, beginning with how they are."""
    return _request(
        "control",
        # 2 ends the session.
        LS_reqId=number if number == SUBSCRIPTION else number + 1,
        LS_op="add",
        LS_subId=number,
        LS_mode="MERGE",
        LS_group=" ".join(items),
        LS_schema=" ".join(fields),
        LS_snapshot="true",
        LS_ack="false",
    )


def destroy() -> str:
    """Return the request to end the session and its connection."""
    return _request(
        "control", LS_reqId=2, LS_op="destroy", LS_close_socket="true", LS_cause="api"
    )


def read_opened(line: str) -> SessionOpened:
    """Read `CONOK,<session>,<limit>,<keepalive>,<control link>`."""
    parts = line.split(",")
    if len(parts) < 5 or not parts[1]:
        raise Malformed("CONOK")
    return SessionOpened(parts[1], _number(parts[3]))


def read_refusal(line: str) -> Rejection:
    """Read `<kind>,[<request>,]<code>,<words>`."""
    kind, *parts = line.split(",", 3 if line.startswith("REQERR") else 2)
    if kind == "REQERR":
        parts = parts[1:]
    if not parts:
        raise Malformed(kind)
    words = unquote(parts[1]) if len(parts) > 1 else ""
    try:
        return Rejection(kind, int(parts[0]), words[:200])
    except ValueError:
        raise Malformed(kind) from None


def read_number(line: str, place: int) -> int:
    """Return the whole number at a place of a line, not below 0."""
    parts = line.split(",")
    if len(parts) <= place:
        raise Malformed(parts[0])
    return _number(parts[place])


def read_update(line: str) -> tuple[int, int, str]:
    """Read `U,<subscription>,<item>,<values>`; the item is counted from 1."""
    parts = line.split(",", 3)
    if len(parts) != 4:
        raise Malformed("update")
    return _number(parts[1]), _number(parts[2]), parts[3]


def merge(known: Values | None, text: str, width: int) -> Values:
    """Return an item's `width` values after an update; `known` are those before, None for the first one."""
    values: list[str | None] = []
    for token in text.split("|"):
        if not token:
            _keep(values, known, 1, width)
        elif token == "#":
            values.append(None)
        elif token == "$":
            values.append("")
        elif token[0] == "^":
            _keep(values, known, _number(token[1:]), width)
        else:
            values.append(unquote(token) if "%" in token else token)
    if len(values) != width:
        raise Malformed("values")
    return tuple(values)


def _keep(
    values: list[str | None], known: Values | None, count: int, width: int
) -> None:
    at = len(values)
    if known is None:
        raise Malformed("first_update")
    if not count or at + count > width:
        raise Malformed("values")
    values += known[at : at + count]


@lru_cache(maxsize=1024)
def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Malformed("number")
    return int(text)


def _request(name: str, **parameters: str | int) -> str:
    return f"{name}\r\n{urlencode(parameters, quote_via=quote)}"
