"""Checks of the fields that publishers and consumers send about streams (maestra.md §1.8)."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, Final

from .errors import BadReply, InvalidField, StreamRejected
from .fields import checked_object, optional_name, read_whole
from .json_values import JsonObject
from .names import checked_name, is_name
from .stream import PROTOCOLS, Stream, StreamType

MAX_PORT: Final = 65_535
MAX_BYTES_TRANSFERRED: Final = 2**63 - 1
REJECTED: Final = "Publisher rejected the request"


def advertised_fields(
    data: Mapping[str, Any], types: Iterable[StreamType]
) -> dict[str, Any]:
    """Return the fields of a Stream that an advertisement sets; raises InvalidField."""
    group, port = _multicast(data)
    return {
        "name": checked_name(data.get("name")),
        "stream_type": _checked_type(data.get("stream_type"), types),
        "publisher_id": checked_name(data.get("publisher_id"), "publisher_id"),
        "protocol": checked_protocol(data.get("protocol")),
        "address": checked_name(data.get("address"), "address"),
        "port": checked_number(data.get("port"), "port"),
        "entity_id": optional_name(data.get("entity_id"), "entity_id"),
        "device_id": optional_name(data.get("device_id"), "device_id"),
        "config": checked_object(data.get("config"), "config"),
        "metadata": checked_object(data.get("metadata")),
        "multicast_group": group,
        "multicast_port": port,
    }


def requested_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a consumer's request asks the publisher for; raises InvalidField."""
    port = data.get("consumer_port")
    return consumer_fields(data) | {
        "consumer_port": None
        if port is None
        else checked_number(port, "consumer_port"),
        "config": checked_object(data.get("config"), "config"),
    }


def consumer_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return who consumes and where; raises InvalidField."""
    return {
        "consumer_id": checked_name(data.get("consumer_id"), "consumer_id"),
        "consumer_address": checked_name(
            data.get("consumer_address"), "consumer_address"
        ),
    }


def agreed_fields(stream: Stream, reply: JsonObject | None) -> dict[str, Any]:
    """Return the fields of a session that a publisher agreed to (maestra.md §5.3).

    What the reply leaves out is as advertised; None accepts the advertisement.
    Raises StreamRejected, BadReply.
    """
    reply = {"accepted": True} if reply is None else reply
    if not isinstance(reply, dict):
        raise BadReply(stream=stream.id, reason="the reply must be an object")
    accepted = reply.get("accepted")
    if not isinstance(accepted, bool | None):
        raise BadReply(stream=stream.id, reason="accepted: must be true or false")
    if not accepted:
        raise StreamRejected(stream=stream.id, reason=_reason(reply.get("reason")))
    said = {key: value for key, value in reply.items() if value is not None}
    try:
        return {
            "publisher_address": checked_name(
                said.get("address", stream.address), "address"
            ),
            "publisher_port": checked_number(said.get("port", stream.port), "port"),
            "protocol": checked_protocol(said.get("protocol", stream.protocol)),
            "transport_config": checked_object(
                said.get("transport_config", stream.config), "transport_config"
            ),
        }
    except InvalidField as error:
        raise BadReply(stream=stream.id, reason=str(error)) from error


def checked_number(value: object, field: str, most: int = MAX_PORT) -> int:
    """Return a whole number from 0 to `most`, a port by default, or raise InvalidField."""
    number = read_whole(value)
    if (
        not isinstance(number, int)
        or isinstance(number, bool)
        or not 0 <= number <= most
    ):
        raise InvalidField(
            field=field, reason=f"must be a whole number from 0 to {most}"
        )
    return number


def checked_protocol(value: object) -> str:
    """Return one of PROTOCOLS unchanged, or raise InvalidField."""
    if not isinstance(value, str) or value not in PROTOCOLS:
        raise InvalidField(
            field="protocol", reason=f"must be one of {', '.join(PROTOCOLS)}"
        )
    return value


def _checked_type(value: object, types: Iterable[StreamType]) -> str:
    names = [stream_type.name for stream_type in types]
    if not isinstance(value, str) or value not in names:
        known = ", ".join(names)
        raise InvalidField(field="stream_type", reason=f"must be one of {known}")
    return value


def _multicast(data: Mapping[str, Any]) -> tuple[str | None, int | None]:
    group, port = data.get("multicast_group"), data.get("multicast_port")
    if group is None and port is None:
        return None, None
    if group is None or port is None:
        missing = "multicast_group" if group is None else "multicast_port"
        raise InvalidField(
            field=missing, reason="multicast_group and multicast_port go together"
        )
    try:
        is_multicast = ip_address(
            checked_name(group, "multicast_group", 45)
        ).is_multicast
    except ValueError:
        is_multicast = False
    if not is_multicast:
        raise InvalidField(
            field="multicast_group", reason="must be a multicast IP address"
        )
    return group, checked_number(port, "multicast_port")


def _reason(value: object) -> str:
    return value if isinstance(value, str) and is_name(value) else REJECTED
