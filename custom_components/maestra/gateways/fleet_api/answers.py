"""The objects that answers are made of, as the OpenAPI document describes them."""

from typing import Any, Final

import probatio

_ID: Final = probatio.All(str, probatio.UUID())
_TIME: Final = probatio.All(str, probatio.Datetime())
_TEXT: Final = probatio.Maybe(str)


def shape(**fields: Any) -> probatio.Schema:
    """Return the schema of an object that always has these keys."""
    return probatio.Schema(
        {probatio.Required(name): check for name, check in fields.items()}
    )


def many(item: probatio.Schema) -> probatio.Schema:
    """Return the schema of a list."""
    return probatio.Schema([item])


DEVICE: Final = shape(
    id=_ID,
    name=str,
    device_type=str,
    hardware_id=str,
    firmware_version=_TEXT,
    ip_address=_TEXT,
    location=probatio.Maybe(dict),
    metadata=dict,
    status=str,
    last_seen=probatio.Maybe(_TIME),
    created_at=_TIME,
    updated_at=_TIME,
)
BLOCKED_DEVICE: Final = shape(id=_ID, hardware_id=str, reason=_TEXT, blocked_at=_TIME)
PROVISION: Final = shape(
    device_id=_ID,
    provision_status=probatio.In(["pending", "approved", "provisioned"]),
    api_url=str,
    nats_url=_TEXT,
    mqtt_broker=_TEXT,
    mqtt_port=probatio.Maybe(int),
    ws_url=_TEXT,
    entity_id=probatio.Maybe(_ID),
    env_vars=dict,
)
DEVICE_ID: Final = shape(status=str, device_id=_ID)
STATUS: Final = shape(status=str, hardware_id=str)
HEALTH: Final = shape(status=str, service=str, timestamp=str)
SERVICE_STATUS: Final = shape(
    service=str,
    version=str,
    devices=shape(total=int, online=int, offline=int),
    entities=shape(total=int),
    message_bus=shape(connected=bool),
    timestamp=str,
)
METRIC_TAKEN: Final = shape(status=str, metric=str)
EVENT_TAKEN: Final = shape(status=str, event_type=str)
BATCH_TAKEN: Final = shape(status=str, count=int)
