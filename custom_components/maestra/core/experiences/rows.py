"""Experiences in the store, with the words of the reference's tables (maestra.md §7): tables and recorder.

What they deploy is kept with them: the configurations of devices, and device groups.
"""

from typing import Final
from uuid import UUID, uuid5

from ..bus import Unsubscribe, together
from ..domain import Domain
from ..domain.device import DeviceConfiguration, DeviceGroup
from ..domain.events import (
    ConfigurationApplied,
    ConfigurationPushed,
    GroupChanged,
    GroupRemoved,
)
from ..store.json_text import json_text, optional_text, plain_text
from ..store.tables import Command, Record, Table, Write
from ..store.topic import StoreTopic
from .deployment import DeploymentStatus, Target
from .events import ExperienceChanged, ExperiencesAsked, TargetChanged
from .experience import ExperienceStatus

_NAMES: Final = UUID("b7d0c2f4-5d0c-4a5e-9d2b-6a4f0d7f3a11")
"""What ids of rows are made in, where the domain has none."""
DELETED: Final = "deleted"
STATUSES: Final = {
    ExperienceStatus.DRAFT: "draft",
    ExperienceStatus.PUBLISHED: "active",
    ExperienceStatus.ARCHIVED: "archived",
}
_GROUP: Final = "group"
RUNNING: Final = "running"
STOPPED: Final = "stopped"

EXPERIENCES: Final = Table(
    name="experiences",
    columns={
        "id": "uuid",
        "name": "text",
        "description": "text",
        "flow_definition": "jsonb",
        "version": "int4",
        "status": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "created_by": "text",
    },
    write=Write.REPLACE,
    key=("id",),
)
EXPERIENCE_DEPLOYMENTS: Final = Table(
    name="experience_deployments",
    columns={
        "id": "uuid",
        "experience_id": "uuid",
        "device_id": "uuid",
        "group_id": "uuid",
        "deployed_at": "timestamptz",
        "status": "text",
        "version": "int4",
        "reason": "text",
    },
    write=Write.REPLACE,
    key=("id",),
)
EXPERIENCES_SUPERSEDED: Final = Table(
    name="experiences_superseded",
    columns={"device_id": "uuid", "deployed_at": "timestamptz"},
    write=Write.COMMAND,
    commands=(
        Command(
            execute="""
UPDATE experience_deployments SET status = 'stopped'
WHERE device_id = $1 AND deployed_at < $2 AND status = 'running'
"""
        ),
    ),
)
"""A device has taken over another: what ran there before does not any more."""
DEVICE_CONFIGURATIONS: Final = Table(
    name="device_configurations",
    columns={
        "id": "uuid",
        "device_id": "uuid",
        "version": "int4",
        "configuration": "jsonb",
        "applied_at": "timestamptz",
        "created_at": "timestamptz",
        "created_by": "text",
    },
    write=Write.REPLACE,
    key=("id",),
)
DEVICE_GROUPS: Final = Table(
    name="device_groups",
    columns={
        "id": "uuid",
        "name": "text",
        "description": "text",
        "metadata": "jsonb",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
    },
    write=Write.REPLACE,
    key=("id",),
)
DEVICE_GROUP_MEMBERS: Final = Table(
    name="device_group_members",
    columns={"group_id": "uuid", "device_id": "uuid", "added_at": "timestamptz"},
    write=Write.REPLACE,
    key=("group_id", "device_id"),
)
_GIVEN: Final = """
WITH given AS (SELECT $1::uuid AS id, $2::text AS name, $3::text AS description, $4::uuid[] AS members)
"""
DEVICE_GROUPS_CHANGED: Final = Table(
    name="device_groups_changed",
    columns={
        "id": "uuid",
        "name": "text",
        "description": "text",
        "members": "uuid[]",
    },
    write=Write.COMMAND,
    commands=tuple(
        Command(execute=f"{_GIVEN}{sql}")
        for sql in (
            """
INSERT INTO device_groups (id, name, description, metadata, created_at, updated_at)
SELECT id, name, description, '{}', now(), now() FROM given WHERE members IS NOT NULL
ON CONFLICT (id) DO UPDATE SET description = excluded.description, updated_at = now()
""",
            """
DELETE FROM device_group_members USING given
WHERE group_id = given.id AND (given.members IS NULL OR NOT device_id = ANY (given.members))
""",
            """
INSERT INTO device_group_members (group_id, device_id, added_at) SELECT id, unnest(members), now() FROM given
ON CONFLICT DO NOTHING
""",
            "DELETE FROM device_groups USING given WHERE device_groups.id = given.id AND given.members IS NULL",
        )
    ),
)
"""How a group is from now on; without members (NULL) it is gone. In one, so that what happens to a group stays in its order."""


class ExperienceRecorder:
    """Records experiences, their deployments, and what they deploy."""

    def __init__(self, domain: Domain, record: Record, _writer: str = "") -> None:
        """Listen to nothing yet; rows go to `record`."""
        self._domain = domain
        self._record = record

    def start(self) -> Unsubscribe:
        """Record what is known, and from now on what happens, until the returned function is called."""
        bus = self._domain.bus
        stop = together(
            bus.subscribe(ExperienceChanged, self._changed),
            bus.subscribe(TargetChanged, self._target_changed),
            bus.subscribe(ConfigurationPushed, self._configured),
            bus.subscribe(ConfigurationApplied, self._configured),
            bus.subscribe(GroupChanged, self._group_changed),
            bus.subscribe(GroupRemoved, self._group_removed),
        )
        for configuration in self._domain.configurations:
            self._record_configuration(configuration)
        for group in self._domain.groups:
            self._record_group(group)
        bus.publish(ExperiencesAsked())
        return stop

    def _changed(self, event: ExperienceChanged) -> None:
        experience = event.experience
        self._record(
            EXPERIENCES,
            (
                experience.uuid,
                plain_text(experience.name),
                optional_text(experience.description),
                json_text(experience.draft.to_wire()),
                experience.number,
                DELETED if event.is_gone else STATUSES[experience.status],
                experience.created_at,
                experience.updated_at,
                optional_text(experience.created_by),
            ),
        )

    def _target_changed(self, event: TargetChanged) -> None:
        deployment = event.deployment
        target = deployment.targets[event.device_id]
        if target.status is DeploymentStatus.DEPLOYED:
            self._record(
                EXPERIENCES_SUPERSEDED, (target.device_id, deployment.deployed_at)
            )
        self._record(
            EXPERIENCE_DEPLOYMENTS,
            (
                _id(deployment.id, target.device_id),
                deployment.experience_id,
                target.device_id,
                _id(_GROUP, target.group) if target.group else None,
                deployment.deployed_at,
                _word(target),
                deployment.version,
                optional_text(target.reason),
            ),
        )

    def _configured(self, event: ConfigurationPushed | ConfigurationApplied) -> None:
        self._record_configuration(event.configuration)

    def _record_configuration(self, version: DeviceConfiguration) -> None:
        self._record(
            DEVICE_CONFIGURATIONS,
            (
                _id(version.device_id, str(version.version)),
                version.device_id,
                version.version,
                json_text(version.configuration),
                version.applied_at,
                version.created_at,
                optional_text(version.created_by),
            ),
        )

    def _group_changed(self, event: GroupChanged) -> None:
        self._record_group(event.group)

    def _record_group(self, group: DeviceGroup) -> None:
        known = [it for it in sorted(group.members) if self._domain.devices.get(it)]
        self._record(DEVICE_GROUPS_CHANGED, (*_described(group), known))

    def _group_removed(self, event: GroupRemoved) -> None:
        self._record(DEVICE_GROUPS_CHANGED, (*_described(event.group), None))


def _described(group: DeviceGroup) -> tuple[str, str, str | None]:
    return (
        _id(_GROUP, group.name),
        plain_text(group.name),
        optional_text(group.description),
    )


def _id(*parts: str) -> str:
    return str(uuid5(_NAMES, "/".join(parts)))


def _word(target: Target) -> str:
    match target.status:
        case DeploymentStatus.DEPLOYED:
            return RUNNING
        case DeploymentStatus.ROLLED_BACK if target.reason is None:
            return STOPPED
        case DeploymentStatus.ROLLED_BACK:
            return DeploymentStatus.FAILED.value
        case _:
            return target.status.value


EXPERIENCE_ROWS: Final = StoreTopic(
    tables=(
        DEVICE_CONFIGURATIONS,
        DEVICE_GROUPS,
        DEVICE_GROUP_MEMBERS,
        DEVICE_GROUPS_CHANGED,
        EXPERIENCES,
        EXPERIENCE_DEPLOYMENTS,
        EXPERIENCES_SUPERSEDED,
    ),
    recorder=ExperienceRecorder,
)
