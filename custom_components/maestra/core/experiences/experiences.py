"""The registry of experiences: working at them, publishing, deploying and rolling back."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import uuid4

from ..bus import Unsubscribe, get_logger, together
from ..domain import Domain
from ..domain.clock import utcnow
from ..domain.device import Device
from ..domain.errors import AlreadyExists, MaestraError, TooMany, UnknownDevice
from ..domain.events import ConfigurationApplied, ConfigurationRefused, DeviceRemoved
from ..domain.fields import checked_text
from ..domain.json_values import JsonObject
from ..domain.names import checked_name
from .deployment import Before, Deployment, DeploymentStatus, Target
from .errors import (
    DeploymentPending,
    ExperienceArchived,
    NothingToDeployTo,
    NothingToRollBack,
    UnknownAutomation,
    UnknownExperience,
)
from .events import (
    DeploymentFailed,
    ExperienceChanged,
    ExperienceDeployed,
    ExperiencesAsked,
    RolledBack,
    TargetChanged,
)
from .experience import PREFIX, Content, Experience, ExperienceStatus, Version

_LOGGER = get_logger(__name__)

MAX_EXPERIENCES: Final = 100
KEPT_DEPLOYMENTS: Final = 10
"""Of each experience."""
DEFAULT_TIMEOUT: Final = 30.0
"""Seconds that devices have to acknowledge."""
REMOVED: Final = "the device was removed"


class Surroundings(Protocol):
    """What experiences reach besides devices: cue lists, and what is switched on and off."""

    def cue_list(self, key: str) -> JsonObject:
        """Return a cue list by name or id as `put_cue_list` takes it; raises MaestraError where there is none."""

    def find_cue_list(self, name: str) -> JsonObject | None:
        """Return a cue list by name, None where there is none."""

    def put_cue_list(self, cues: JsonObject) -> None:
        """Add a cue list, or take another version of the one of this name; raises MaestraError."""

    def remove_cue_list(self, name: str) -> None:
        """Remove a cue list; one that is not there is none."""

    def is_on(self, name: str) -> bool | None:
        """Whether an automation is on, None for what is not known or can't be switched."""

    def turn(
        self, automations: Mapping[str, bool], done: Callable[[dict[str, str]], None]
    ) -> None:
        """Begin to switch automations; `done` is called once, with why which of them could not be."""


@dataclass(slots=True, eq=False)
class _Kept:
    """An experience, and its deployments, oldest first."""

    experience: Experience
    deployments: list[Deployment] = field(default_factory=list)


class Experiences:
    """The experiences by id and name. Belongs to the running event loop."""

    def __init__(self, domain: Domain, surroundings: Surroundings) -> None:
        """Start empty."""
        self._domain = domain
        self._bus = domain.bus
        self._surroundings = surroundings
        self._loop = asyncio.get_running_loop()
        self._kept: dict[str, _Kept] = {}
        # Saved experiences that can't be read: whoever wrote into the file may still mend it.
        self._unread: JsonObject = {}
        # What devices may still acknowledge, by device and version.
        self._awaited: dict[tuple[str, int], tuple[_Kept, Deployment, Target]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        # What is switched once what a deployment switches now is done.
        self._next_switch: dict[str, Mapping[str, bool]] = {}
        # Deployments as they are saved, made once for each change: they may have thousands of devices.
        self._written: dict[str, JsonObject] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._kept)

    def __iter__(self) -> Iterator[Experience]:
        """Iterate over a copy."""
        return iter([kept.experience for kept in self._kept.values()])

    def __getitem__(self, key: str) -> Experience:
        """Return an experience by id or name, or raise UnknownExperience."""
        if (found := self.get(key)) is None:
            raise UnknownExperience(experience=key)
        return found

    def get(self, key: str) -> Experience | None:
        """Return an experience by id, with or without what ids begin with, or by name; or None."""
        if kept := self._kept.get(key) or self._kept.get(f"{PREFIX}{key}"):
            return kept.experience
        return next((each for each in self if each.name == key), None)

    def start(self) -> Unsubscribe:
        """Hear what devices say until the returned function is called."""
        bus = self._bus
        return together(
            self._close,
            bus.subscribe(ConfigurationApplied, self._applied),
            bus.subscribe(ConfigurationRefused, self._refused),
            bus.subscribe(DeviceRemoved, self._removed),
            bus.subscribe(ExperiencesAsked, self._asked),
        )

    # Working at them.

    def put(
        self,
        name: str,
        content: Content,
        *,
        description: str | None = None,
        created_by: str | None = None,
    ) -> Experience:
        """Add an experience, or change what is worked at of the one with this name; raises InvalidField, TooMany."""
        name, description = checked_name(name), checked_text(description)
        if (known := self.get(name)) is not None:
            return self.edit(known.id, content=content, description=description)
        if len(self) >= MAX_EXPERIENCES:
            raise TooMany(kind="experiences", limit=MAX_EXPERIENCES)
        now = utcnow()
        experience = Experience(
            id=f"{PREFIX}{uuid4()}",
            name=name,
            description=description,
            draft=content,
            created_at=now,
            updated_at=now,
            created_by=created_by,
        )
        self._kept[experience.id] = _Kept(experience)
        self._tell(experience)
        return experience

    def edit(
        self,
        key: str,
        *,
        name: str | None = None,
        content: Content | None = None,
        description: str | None = None,
    ) -> Experience:
        """Change what is given; what is published of it stays. Raises UnknownExperience, InvalidField, AlreadyExists."""
        experience = self[key]
        description = checked_text(description)
        if name is not None and name != experience.name:
            if self.get(checked_name(name)) is not None:
                raise AlreadyExists(kind="Experience", key=name)
            experience.name = name
        if description is not None:
            experience.description = description
        if content is not None:
            if content != experience.draft:
                experience.draft = content
                experience.status = ExperienceStatus.DRAFT
            elif experience.status is ExperienceStatus.ARCHIVED:
                # It is worked at again.
                experience.status = ExperienceStatus.DRAFT
        experience.updated_at = utcnow()
        self._tell(experience)
        return experience

    def publish(self, key: str, *, published_by: str | None = None) -> Version:
        """Make a version of what is worked at, with its cue lists as they are now; raises UnknownExperience, and for a list that is not there."""
        experience = self[key]
        lists = map(self._surroundings.cue_list, experience.draft.cue_lists)
        version = experience.publish(
            {str(cues["name"]): cues for cues in lists}, published_by
        )
        self._tell(experience)
        return version

    def archive(self, key: str) -> None:
        """Keep an experience, and let nobody deploy it any more; raises UnknownExperience."""
        experience = self[key]
        experience.status = ExperienceStatus.ARCHIVED
        experience.updated_at = utcnow()
        self._tell(experience)

    def remove(self, key: str) -> None:
        """Remove an experience; what is deployed of it stays. Raises UnknownExperience."""
        experience = self[key]
        for deployment in self._kept.pop(experience.id).deployments:
            self._forget(deployment)
        self._bus.publish(ExperienceChanged(experience, is_gone=True))

    # Deployments.

    def deployments(self, key: str) -> list[Deployment]:
        """Return the deployments of an experience, oldest first; raises UnknownExperience."""
        return list(self._kept[self[key].id].deployments)

    def last(self, key: str) -> Deployment | None:
        """Return what was deployed last; raises UnknownExperience."""
        return next(reversed(self.deployments(key)), None)

    def current(self, key: str) -> Deployment | None:
        """Return the deployment that is not taken back, None where there is none; raises UnknownExperience."""
        found = reversed(self.deployments(key))
        return next((each for each in found if each.rolled_back_at is None), None)

    def deploy(
        self,
        key: str,
        number: int | None = None,
        *,
        devices: Iterable[str] = (),
        groups: Iterable[str] = (),
        timeout: float = DEFAULT_TIMEOUT,
        deployed_by: str | None = None,
    ) -> Deployment:
        """Deploy a version, the newest unless told which, to all devices that it has a configuration for, or to these alone.

        Nothing is changed where it is refused. Raises UnknownExperience, ExperienceUnpublished, UnknownExperienceVersion,
        ExperienceArchived, DeploymentPending, UnknownDevice, UnknownGroup, UnknownAutomation, NothingToDeployTo, and for cue lists that can't be put.
        """
        kept = self._kept[self[key].id]
        experience = kept.experience
        if experience.status is ExperienceStatus.ARCHIVED:
            raise ExperienceArchived(experience=experience.name)
        version = experience.version(number)
        if kept.deployments and kept.deployments[-1].is_pending:
            raise DeploymentPending(experience=experience.name)
        members = self._members(version.content)
        configured = self._configured(version.content, members)
        devices, groups = list(devices), list(groups)
        if devices or groups:
            wanted = {self._domain.devices[name].id for name in devices}
            for name in groups:
                wanted |= set(self._group(name, members))
            configured = {
                id_: found for id_, found in configured.items() if id_ in wanted
            }
            if not configured:
                raise NothingToDeployTo(experience=experience.name)
        before = self._before(version, members)
        now = utcnow()
        deployment = Deployment(
            id=str(uuid4()),
            experience_id=experience.uuid,
            version=version.number,
            targets={},
            before=before,
            deployed_at=now,
            deployed_by=deployed_by,
            timeout=timeout,
            waits_since=now,
        )
        try:
            for name, ids in members.items():
                self._domain.groups.put(name, ids)
            for cues in version.cue_lists.values():
                self._surroundings.put_cue_list(cues)
        except MaestraError:
            self._bring_back(before)
            raise
        kept.deployments.append(deployment)
        for old in kept.deployments[:-KEPT_DEPLOYMENTS]:
            self._forget(old)
        del kept.deployments[:-KEPT_DEPLOYMENTS]
        for id_, (group, configuration) in configured.items():
            self._send(kept, deployment, id_, group, configuration)
        self._wait(kept, deployment)
        self._switch(kept, deployment, version.content.automations)
        self._progress(kept, deployment)
        return deployment

    def roll_back(self, key: str) -> Deployment:
        """Bring back what was there before the last deployment; what somebody has changed since stays.

        Raises UnknownExperience, NothingToRollBack.
        """
        kept = self._kept[self[key].id]
        experience = kept.experience
        if (deployment := self.current(experience.id)) is None:
            raise NothingToRollBack(experience=experience.name)
        deployment.rolled_back_at = deployment.waits_since = utcnow()
        deployment.is_settled = False
        deployment.failures = []
        for target in deployment.targets.values():
            if not target.is_returning and self._send_back(kept, deployment, target):
                target.status = DeploymentStatus.PENDING
                self._bus.publish(TargetChanged(deployment, target.device_id))
        self._wait(kept, deployment)
        before = deployment.before
        if (version := experience.find(deployment.version)) is not None:
            before = self._unchanged(version, before)
        self._bring_back(before)
        # What is being switched is not what it shall be yet, and no one's change.
        is_on_its_way = deployment.is_switching
        self._switch(
            kept,
            deployment,
            deployment.before.automations if is_on_its_way else before.automations,
        )
        self._bus.publish(RolledBack(experience, deployment))
        self._progress(kept, deployment)
        return deployment

    # What outlives a restart.

    def snapshot(self) -> JsonObject:
        """Return all of them, and how far each is deployed."""
        return self._unread | {
            id_: {
                "experience": kept.experience.to_saved(),
                "deployments": [self._wire(each) for each in kept.deployments],
            }
            for id_, kept in self._kept.items()
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Bring back what `snapshot` gave. An experience that can't be read is left out, and stays saved."""
        for id_, data in saved.items():
            try:
                kept = _read(id_, data)
            except (MaestraError, AttributeError, TypeError, KeyError) as error:
                _LOGGER.error("The saved experience %s can't be read: %s", id_, error)
                self._unread[id_] = data
                continue
            self._kept[id_] = kept

    def _wire(self, deployment: Deployment) -> JsonObject:
        if (written := self._written.get(deployment.id)) is None:
            written = self._written[deployment.id] = deployment.to_saved()
        return written

    def resume(self) -> None:
        """Wait on for what had not been said when it was saved."""
        for kept in self._kept.values():
            for deployment in kept.deployments:
                self._resume(kept, deployment)

    def _resume(self, kept: _Kept, deployment: Deployment) -> None:
        """Wait for what devices had not said before the restart, or take it over where they said it meanwhile."""
        for target in deployment.targets.values():
            is_pending = target.status is DeploymentStatus.PENDING
            has_failed = target.status is DeploymentStatus.FAILED
            if not is_pending and not (has_failed and target.is_returning):
                continue
            self._awaited[target.device_id, target.version] = kept, deployment, target
            known = self._domain.configurations.get(target.device_id, target.version)
            if known is not None and known.applied_at is not None:
                self._acknowledge(kept, deployment, target)
            elif is_pending and known is not None and known.error is not None:
                self._fail(kept, deployment, target, known.error)
        if deployment.is_switching:
            deployment.is_switching = False
            version = kept.experience.find(deployment.version)
            self._switch(
                kept,
                deployment,
                version.content.automations
                if version and deployment.rolled_back_at is None
                else deployment.before.automations,
            )
        self._wait(kept, deployment)
        self._progress(kept, deployment)

    def _asked(self, _event: ExperiencesAsked) -> None:
        for kept in self._kept.values():
            self._tell(kept.experience)
            for deployment in kept.deployments:
                for device_id in deployment.targets:
                    self._bus.publish(TargetChanged(deployment, device_id))

    # What is to be there.

    def _group(
        self, name: str, members: Mapping[str, tuple[str, ...]]
    ) -> Iterable[str]:
        if (ids := members.get(name)) is not None:
            return ids
        return self._domain.groups[name].members

    def _members(self, content: Content) -> dict[str, tuple[str, ...]]:
        devices = self._domain.devices
        return {
            name: tuple(dict.fromkeys(devices[key].id for key in keys))
            for name, keys in content.groups.items()
        }

    def _configured(
        self, content: Content, members: Mapping[str, tuple[str, ...]]
    ) -> dict[str, tuple[str | None, JsonObject]]:
        """Return the configuration of each device, and the group that it is that of; a device's own is before its groups'."""
        devices, groups = self._domain.devices, {it.name for it in self._domain.groups}
        own: dict[str, tuple[str | None, JsonObject]] = {}
        shared: dict[str, tuple[str | None, JsonObject]] = {}
        for key, configuration in content.configurations.items():
            if (device := devices.get(key)) is not None:
                own[device.id] = None, configuration
            elif key in members or key in groups:
                for id_ in sorted(self._group(key, members)):
                    if devices.get(id_) is not None:
                        shared.setdefault(id_, (key, configuration))
            else:
                raise UnknownDevice(device=key)
        return shared | own

    def _before(self, version: Version, members: Iterable[str]) -> Before:
        groups = {it.name: tuple(sorted(it.members)) for it in self._domain.groups}
        automations: dict[str, bool] = {}
        for name in version.content.automations:
            if (is_on := self._surroundings.is_on(name)) is None:
                raise UnknownAutomation(automation=name)
            automations[name] = is_on
        return Before(
            cue_lists={
                name: self._surroundings.find_cue_list(name)
                for name in version.cue_lists
            },
            automations=automations,
            groups={name: groups.get(name) for name in members},
        )

    def _unchanged(self, version: Version, before: Before) -> Before:
        """Return what of what was there before nobody has changed since this version came."""
        groups = {it.name: it.members for it in self._domain.groups}
        devices = self._domain.devices

        def is_as_deployed(name: str) -> bool:
            wanted = {
                device.id
                for key in version.content.groups.get(name, ())
                if (device := devices.get(key))
            }
            return groups.get(name) == wanted

        return Before(
            cue_lists={
                name: cues
                for name, cues in before.cue_lists.items()
                if self._surroundings.find_cue_list(name) == version.cue_lists.get(name)
            },
            automations={
                name: was_on
                for name, was_on in before.automations.items()
                if self._surroundings.is_on(name)
                == version.content.automations.get(name)
            },
            groups={
                name: ids for name, ids in before.groups.items() if is_as_deployed(name)
            },
        )

    def _bring_back(self, before: Before) -> None:
        """Put cue lists and groups back, as far as it can be done."""
        known = {it.name for it in self._domain.groups}
        for name, ids in before.groups.items():
            if ids is not None:
                self._domain.groups.put(name, filter(self._domain.devices.get, ids))
            elif name in known:
                self._domain.groups.remove(name)
        for name, cues in before.cue_lists.items():
            if cues is None:
                self._surroundings.remove_cue_list(name)
                continue
            try:
                self._surroundings.put_cue_list(cues)
            except MaestraError as error:
                _LOGGER.warning("Cue list %s can't be brought back: %s", name, error)

    def _switch(
        self, kept: _Kept, deployment: Deployment, automations: Mapping[str, bool]
    ) -> None:
        if not automations:
            return
        if deployment.is_switching:
            self._next_switch[deployment.id] = automations
            return
        deployment.is_switching = True

        def done(problems: dict[str, str]) -> None:
            deployment.is_switching = False
            following = self._next_switch.pop(deployment.id, None)
            if following is None:
                deployment.failures += problems.items()
            else:
                # Whatever became of that, it is switched back.
                self._switch(kept, deployment, following)
            self._progress(kept, deployment)

        self._surroundings.turn(automations, done)

    # What devices are sent, and say.

    def _send(
        self,
        kept: _Kept,
        deployment: Deployment,
        device_id: str,
        group: str | None,
        configuration: JsonObject,
    ) -> None:
        device = self._domain.devices[device_id]
        known = self._domain.configurations.of(device_id)
        # What it has refused it does not have.
        taken = next((it for it in reversed(known) if it.error is None), None)
        pushed = self._push(device, configuration, deployment)
        target = Target(
            device_id=device_id,
            hardware_id=device.hardware_id,
            group=group,
            version=pushed,
            before=taken.version if taken else None,
        )
        deployment.targets[device_id] = target
        self._awaited[device_id, pushed] = kept, deployment, target
        self._bus.publish(TargetChanged(deployment, device_id))

    def _send_back(self, kept: _Kept, deployment: Deployment, target: Target) -> bool:
        """Send a device what it had before, an empty object where it had nothing; False where somebody has sent it another since."""
        self._awaited.pop((target.device_id, target.version), None)
        configurations = self._domain.configurations
        device = self._domain.devices.get(target.device_id)
        known = configurations.of(target.device_id)
        if device is None or not known or known[-1].version != target.version:
            return False
        former = (
            None
            if target.before is None
            else configurations.get(device.id, target.before)
        )
        target.is_returning = True
        target.version = self._push(
            device, former.configuration if former else {}, deployment
        )
        self._awaited[device.id, target.version] = kept, deployment, target
        return True

    def _push(
        self, device: Device, configuration: JsonObject, deployment: Deployment
    ) -> int:
        return self._domain.configurations.push(
            device, configuration, created_by=deployment.deployed_by
        ).version

    def _applied(self, event: ConfigurationApplied) -> None:
        found = self._awaited.get((event.device.id, event.configuration.version))
        if found is not None:
            self._acknowledge(*found)
            self._progress(found[0], found[1])

    def _refused(self, event: ConfigurationRefused) -> None:
        found = self._awaited.get((event.device.id, event.configuration.version))
        if found is not None:
            self._fail(*found, event.configuration.error or "")
            self._progress(found[0], found[1])

    def _removed(self, event: DeviceRemoved) -> None:
        for key in [key for key in self._awaited if key[0] == event.device.id]:
            kept, deployment, target = self._awaited.pop(key)
            if target.status is DeploymentStatus.PENDING:
                self._note(deployment, target, REMOVED)
                self._progress(kept, deployment)

    def _acknowledge(self, kept: _Kept, deployment: Deployment, target: Target) -> None:
        del self._awaited[target.device_id, target.version]
        target.status = (
            DeploymentStatus.ROLLED_BACK
            if target.is_returning
            else DeploymentStatus.DEPLOYED
        )
        self._bus.publish(TargetChanged(deployment, target.device_id))

    def _fail(
        self, kept: _Kept, deployment: Deployment, target: Target, reason: str
    ) -> None:
        """Give a device up. What it had before is sent to it, and may be acknowledged later."""
        was_pending = target.status is DeploymentStatus.PENDING
        if not target.is_returning:
            self._send_back(kept, deployment, target)
        if was_pending:
            self._note(deployment, target, reason)

    def _note(self, deployment: Deployment, target: Target, reason: str) -> None:
        target.status = DeploymentStatus.FAILED
        target.reason = target.reason or reason
        deployment.failures.append((target.hardware_id, reason))
        self._bus.publish(TargetChanged(deployment, target.device_id))

    # Time.

    def _wait(self, kept: _Kept, deployment: Deployment) -> None:
        self._cancel(deployment)
        if deployment.is_pending:
            waited = (utcnow() - deployment.waits_since).total_seconds()
            left = deployment.timeout - waited
            # The wall clock may have been set back.
            delay = min(max(0.0, left), deployment.timeout)
            self._timers[deployment.id] = self._loop.call_later(
                delay, self._expire, kept, deployment
            )

    def _expire(self, kept: _Kept, deployment: Deployment) -> None:
        self._timers.pop(deployment.id, None)
        reason = f"did not acknowledge within {deployment.timeout:g} s"
        for target in list(deployment.targets.values()):
            if target.status is DeploymentStatus.PENDING:
                self._fail(kept, deployment, target, reason)
        self._progress(kept, deployment)

    def _progress(self, kept: _Kept, deployment: Deployment) -> None:
        """Tell how far it is, and once how it ended."""
        experience = kept.experience
        self._written.pop(deployment.id, None)
        if not deployment.is_pending and not deployment.is_settled:
            deployment.is_settled = True
            self._cancel(deployment)
            if deployment.failures:
                self._bus.publish(DeploymentFailed(experience, deployment))
            elif deployment.rolled_back_at is None:
                self._bus.publish(ExperienceDeployed(experience, deployment))
        self._tell(experience)

    def _cancel(self, deployment: Deployment) -> None:
        if (timer := self._timers.pop(deployment.id, None)) is not None:
            timer.cancel()

    def _forget(self, deployment: Deployment) -> None:
        self._cancel(deployment)
        self._written.pop(deployment.id, None)
        self._next_switch.pop(deployment.id, None)
        for target in deployment.targets.values():
            self._awaited.pop((target.device_id, target.version), None)

    def _close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _tell(self, experience: Experience) -> None:
        self._bus.publish(ExperienceChanged(experience))


def _read(id_: str, data: Any) -> _Kept:
    return _Kept(
        Experience.from_saved(id_, data["experience"]),
        [Deployment.from_saved(each) for each in data["deployments"]],
    )
