"""What the core refuses, each with a code for the wire and the facts for a message."""

from typing import ClassVar


class MaestraError(Exception):
    """A refusal by the core.

    `code` names it on every wire and is its translation key in Home Assistant;
    `facts` fill the message and the translation's placeholders.
    """

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = "Refused"

    def __init__(self, **facts: object) -> None:
        """Keep the facts, readable as attributes too."""
        super().__init__(self.message.format_map(facts))
        self.facts = facts
        self.__dict__.update(facts)


class UnknownEntity(MaestraError):
    """No entity has this slug or id."""

    code = "unknown_entity"
    message = "Entity {entity} is not known"


class UnknownEntityType(MaestraError):
    """No entity type has this name or id."""

    code = "unknown_entity_type"
    message = "Entity type {entity_type} is not known"


class UnknownVariable(MaestraError):
    """The entity has no variable of this name."""

    code = "unknown_variable"
    message = "Entity {entity} has no variable {variable}"


class UnknownDevice(MaestraError):
    """No device has this id or hardware id."""

    code = "unknown_device"
    message = "Device {device} is not known"


class UnknownGroup(MaestraError):
    """No device group has this name."""

    code = "unknown_group"
    message = "Device group {group} is not known"


class UnknownConfiguration(MaestraError):
    """The device was never sent this version of a configuration."""

    code = "unknown_configuration"
    message = "Device {device} has no configuration version {version}"


class InvalidValue(MaestraError):
    """A value does not fit its variable."""

    code = "invalid_value"
    message = "{variable} of {entity}: {reason}"


class InvalidField(MaestraError):
    """A name, slug, size or depth is outside what is allowed."""

    code = "invalid_field"
    message = "{field}: {reason}"


class AlreadyExists(MaestraError):
    """The key is taken."""

    code = "already_exists"
    message = "{kind} {key} already exists"


class InvalidHierarchy(MaestraError):
    """An entity can't be moved below itself."""

    code = "invalid_hierarchy"
    message = "Entity {entity} can't have {parent} as its parent"


class EntityTypeInUse(MaestraError):
    """The entity type still has entities, or belongs to Maestra itself."""

    code = "entity_type_in_use"
    message = "Entity type {entity_type} is in use"


class TooMany(MaestraError):
    """A limit is reached."""

    code = "too_many"
    message = "There can be at most {limit} {kind}"


class DeviceNotPending(MaestraError):
    """Only a device that waits for approval can be approved or rejected."""

    code = "device_not_pending"
    message = "Device {device} is not pending (status: {status})"


class DeviceBlocked(MaestraError):
    """The hardware id is blocked."""

    code = "device_blocked"
    message = "Device {device} is blocked"


class NotConnected(MaestraError):
    """The gateway has no connection at the moment."""

    code = "not_connected"
    message = "{gateway} is not connected"


class OutgoingFull(MaestraError):
    """The gateway's bounded backlog of outgoing messages is full."""

    code = "outgoing_full"
    message = "{gateway} has too many messages waiting to be sent"
