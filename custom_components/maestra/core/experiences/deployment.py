"""One deployment of an experience: what each device was sent and says of it, and what was there before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from ..domain.clock import optional_wire_time, wire_time
from ..domain.errors import InvalidField
from ..domain.fields import (
    checked_choice,
    checked_names,
    checked_object,
    checked_text,
    optional_name,
    saved_moment,
)
from ..domain.json_values import MAX_KEYS, JsonObject
from ..domain.names import checked_name
from .experience import MAX_MEMBERS

LONGEST_TIMEOUT: Final = 3_600.0
"""Seconds that devices have to acknowledge, at most."""


class DeploymentStatus(StrEnum):
    """How far a deployment, or one device of it, is."""

    PENDING = "pending"
    """It is waited for the device."""
    DEPLOYED = "deployed"
    FAILED = "failed"
    """The device refused, or fell silent; what it had before has been sent to it."""
    ROLLED_BACK = "rolled_back"
    """The device says that it has again what it had before."""


@dataclass(slots=True, kw_only=True, eq=False)
class Target:
    """One device of a deployment.

    `version` is that of its configuration which it was sent last, `before` the one it had before, `group` the device group
    it is meant by, if any. `reason` is why it failed. It `is_returning` once it was sent what it had before.
    """

    device_id: str
    hardware_id: str
    group: str | None = None
    version: int
    before: int | None = None
    status: DeploymentStatus = DeploymentStatus.PENDING
    reason: str | None = None
    is_returning: bool = False

    def to_wire(self) -> JsonObject:
        """Return it as clients see it, and as `from_wire` reads it."""
        return {
            "device_id": self.device_id,
            "hardware_id": self.hardware_id,
            "group": self.group,
            "version": self.version,
            "before": self.before,
            "status": self.status.value,
            "reason": self.reason,
            "is_returning": self.is_returning,
        }

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Read one; raises InvalidField."""
        if not isinstance(data, dict) or not isinstance(data.get("version"), int):
            raise InvalidField(
                field="device", reason="must be an object with a version"
            )
        before = data.get("before")
        return cls(
            device_id=checked_name(data.get("device_id")),
            hardware_id=checked_name(data.get("hardware_id")),
            group=optional_name(data.get("group"), "group"),
            version=data["version"],
            before=before if isinstance(before, int) else None,
            status=checked_choice(DeploymentStatus, data, "status"),
            reason=checked_text(data.get("reason"), "reason"),
            is_returning=data.get("is_returning") is True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a deployment took the place of; None for what was not there."""

    cue_lists: Mapping[str, JsonObject | None] = field(default_factory=dict)
    automations: Mapping[str, bool] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)

    def to_wire(self) -> JsonObject:
        """Return what `from_wire` reads."""
        return {
            "cue_lists": dict(self.cue_lists),
            "automations": dict(self.automations),
            "groups": {
                name: None if members is None else list(members)
                for name, members in self.groups.items()
            },
        }

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Read one; raises InvalidField."""
        data = checked_object(data, "before")
        return cls(
            cue_lists={
                name: None if cues is None else checked_object(cues, "cues", MAX_KEYS)
                for name, cues in checked_object(data.get("cue_lists")).items()
            },
            automations={
                name: is_on is True
                for name, is_on in checked_object(data.get("automations")).items()
            },
            groups={
                name: None
                if members is None
                else checked_names(members, "groups", MAX_MEMBERS)
                for name, members in checked_object(data.get("groups")).items()
            },
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Deployment:
    """A version of an experience on its way to devices, or there. `experience_id` is the UUID of that.

    `failures` are what went wrong of what it waits, or waited, for: hardware ids and names of automations, and why.
    """

    id: str
    experience_id: str
    version: int
    targets: dict[str, Target]
    before: Before
    deployed_at: datetime
    deployed_by: str | None = None
    timeout: float
    waits_since: datetime
    failures: list[tuple[str, str]] = field(default_factory=list)
    is_switching: bool = False
    """Whether automations are being switched."""
    is_settled: bool = False
    rolled_back_at: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it waits for a device, or for automations."""
        return self.is_switching or any(
            target.status is DeploymentStatus.PENDING
            for target in self.targets.values()
        )

    @property
    def status(self) -> DeploymentStatus:
        """How far it is as a whole."""
        if self.rolled_back_at is not None:
            return DeploymentStatus.ROLLED_BACK
        if self.is_pending:
            return DeploymentStatus.PENDING
        return DeploymentStatus.FAILED if self.failures else DeploymentStatus.DEPLOYED

    def count(self, status: DeploymentStatus) -> int:
        """Return how many devices are that far."""
        return sum(target.status is status for target in self.targets.values())

    def to_wire(self) -> JsonObject:
        """Return it as clients see it."""
        return {
            "id": self.id,
            "experience_id": self.experience_id,
            "version": self.version,
            "status": self.status.value,
            "deployed_at": wire_time(self.deployed_at),
            "deployed_by": self.deployed_by,
            "rolled_back_at": optional_wire_time(self.rolled_back_at),
            "devices": [target.to_wire() for target in self.targets.values()],
            "failures": [
                {"name": name, "reason": reason} for name, reason in self.failures
            ],
        }

    def to_saved(self) -> JsonObject:
        """Return all of it, as `from_saved` reads it."""
        return {
            **self.to_wire(),
            "before": self.before.to_wire(),
            "timeout": self.timeout,
            "waits_since": wire_time(self.waits_since),
            "is_switching": self.is_switching,
            "is_settled": self.is_settled,
        }

    @classmethod
    def from_saved(cls, saved: Any) -> Self:
        """Read what was saved; raises InvalidField."""
        if not isinstance(saved, dict) or not isinstance(saved.get("version"), int):
            raise InvalidField(field="deployment", reason="must be an object with a version")  # fmt: skip
        rolled_back = saved.get("rolled_back_at") is not None
        timeout = saved.get("timeout")
        return cls(
            id=checked_name(saved.get("id"), "id"),
            experience_id=checked_name(saved.get("experience_id"), "experience_id"),
            version=saved["version"],
            targets=_targets(saved.get("devices")),
            before=Before.from_wire(saved.get("before")),
            deployed_at=saved_moment(saved, "deployed_at"),
            deployed_by=optional_name(saved.get("deployed_by"), "deployed_by"),
            timeout=timeout
            if isinstance(timeout, int | float) and 0 < timeout <= LONGEST_TIMEOUT
            else LONGEST_TIMEOUT,
            waits_since=saved_moment(saved, "waits_since"),
            failures=_failures(saved.get("failures")),
            is_switching=saved.get("is_switching") is True,
            is_settled=saved.get("is_settled") is True,
            rolled_back_at=saved_moment(saved, "rolled_back_at")
            if rolled_back
            else None,
        )


def _targets(saved: Any) -> dict[str, Target]:
    if not isinstance(saved, list):
        raise InvalidField(field="devices", reason="must be a list")
    read: Iterable[Target] = map(Target.from_wire, saved)
    return {target.device_id: target for target in read}


def _failures(saved: Any) -> list[tuple[str, str]]:
    if not isinstance(saved, list) or not all(isinstance(it, dict) for it in saved):
        raise InvalidField(field="failures", reason="must be a list of objects")
    return [
        (checked_name(it.get("name")), checked_text(it.get("reason"), "reason") or "")
        for it in saved
    ]
