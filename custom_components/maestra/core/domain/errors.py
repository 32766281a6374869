"""The errors of the core, each with a code for the wire and the facts for a message."""

from typing import ClassVar


class MaestraError(Exception):
    """A refusal by the core.

    `code` names it on every wire and is its translation key in Home Assistant;
    `facts` fill the message and the translation's placeholders.
    """

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = "Refused"
    is_failure: ClassVar[bool] = False
    """Whether something went wrong on our side or beyond it; else the caller can put it right."""

    def __init__(self, **facts: object) -> None:
        """Keep the facts, readable as attributes too."""
        super().__init__(self.message.format_map(facts))
        self.facts = facts
        self.__dict__.update(facts)


class NotAllowed(MaestraError):
    """The caller may not do this, or not now: a category, never raised itself."""


class Busy(MaestraError):
    """So much was asked lately that the caller has to come again later: a category, never raised itself."""


class NotFound(MaestraError):
    """What is named is not there."""


class Conflict(MaestraError):
    """It does not fit how things are now."""


class UnknownCommand(NotFound):
    """Nobody takes commands on this subject."""

    code = "unknown_command"
    message = "{subject} is no command"


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


class InvalidMac(MaestraError):
    """This is no MAC address."""

    code = "invalid_mac"
    message = "{mac} is no MAC address"


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


class TooManyNew(Busy, TooMany):
    """A client brings new things faster than they are let in."""


class DeviceNotPending(MaestraError):
    """Only a device that waits for approval can be approved or rejected."""

    code = "device_not_pending"
    message = "Device {device} is not pending (status: {status})"


class DevicePending(MaestraError):
    """The device waits for approval."""

    code = "device_pending"
    message = "Device {device} waits for approval"


class DeviceBlocked(MaestraError):
    """The hardware id is blocked."""

    code = "device_blocked"
    message = "Device {device} is blocked"


class InvalidManifest(MaestraError):
    """What a manifest of firmware says can't be used."""

    code = "invalid_manifest"
    message = "The firmware manifest {url} can't be used: {reason}"
    is_failure = True


class NotInstalled(MaestraError):
    """A device has not taken over a firmware in time."""

    code = "firmware_not_installed"
    message = "{device} does not say that it runs version {version}"
    is_failure = True


class NotConnected(MaestraError):
    """The gateway has no connection at the moment."""

    code = "not_connected"
    message = "{gateway} is not connected"
    is_failure = True


class OutgoingFull(MaestraError):
    """The gateway's bounded backlog of outgoing messages is full."""

    code = "outgoing_full"
    message = "{gateway} has too many messages waiting to be sent"
    is_failure = True


class UnknownCollectionRule(MaestraError):
    """No rule of what is recorded has this id."""

    code = "unknown_collection_rule"
    message = "Collection rule {rule} is not known"


class UnknownStream(MaestraError):
    """No stream has this id, or it has ended."""

    code = "unknown_stream"
    message = "Stream {stream} is not known, or has ended"


class UnknownSession(MaestraError):
    """No stream session has this id, or it has ended."""

    code = "unknown_session"
    message = "Stream session {session} is not known, or has ended"


class UnknownSubscriber(MaestraError):
    """No stream subscriber has this id, or it has left."""

    code = "unknown_subscriber"
    message = "Stream subscriber {subscriber} is not known, or has left"


class MulticastOnly(MaestraError):
    """A multicast stream is joined, not requested."""

    code = "multicast_only"
    message = "Stream {stream} is multicast: join it instead of requesting it"


class NotMulticast(MaestraError):
    """Only a multicast stream can be joined."""

    code = "not_multicast"
    message = "Stream {stream} is not multicast: request it instead of joining it"


class StreamRejected(MaestraError):
    """The stream's publisher does not want this consumer."""

    code = "stream_rejected"
    message = "The publisher of stream {stream} refuses: {reason}"
    is_failure = True


class PublisherSilent(MaestraError):
    """The stream's publisher listens, but did not reply in time."""

    code = "publisher_silent"
    message = "The publisher of stream {stream} did not reply in time"
    is_failure = True


class BadReply(MaestraError):
    """The stream's publisher replied something that can't be understood."""

    code = "bad_reply"
    message = "The publisher of stream {stream} gave a malformed reply: {reason}"
    is_failure = True


class NoPublisher(MaestraError):
    """Nobody listens for requests of this stream."""

    code = "no_publisher"
    message = "No publisher listens for requests of stream {stream}"
    is_failure = True
