"""Experiences as clients of the Fleet API work at them: by id, JSON in and JSON out."""

from collections.abc import Iterable
from typing import Any

from ..domain.errors import AlreadyExists, InvalidField
from ..domain.fields import refuse_outside
from ..domain.json_values import JsonObject
from .experience import Content
from .experiences import DEFAULT_TIMEOUT, Experiences


class ExperienceClients:
    """What clients may ask of experiences. Raises what `Experiences` raises."""

    def __init__(self, experiences: Experiences) -> None:
        """Work at these."""
        self._experiences = experiences

    def all(self) -> list[JsonObject]:
        """Return all of them, by name."""
        found = sorted(self._experiences, key=lambda it: it.name)
        return [experience.to_wire() for experience in found]

    def get(self, key: str) -> JsonObject:
        """Return one."""
        return self._experiences[key].to_wire()

    def create(self, fields: JsonObject, created_by: str | None) -> JsonObject:
        """Add one that is new: `name`, `description`, `flow_definition`."""
        name = fields["name"]
        if not isinstance(name, str):
            raise InvalidField(field="name", reason="must be text")
        if self._experiences.get(name) is not None:
            raise AlreadyExists(kind="Experience", key=name)
        return self._experiences.put(
            name,
            _content(fields.get("flow_definition") or {}),
            description=_text(fields.get("description")),
            created_by=created_by,
        ).to_wire()

    def update(self, key: str, fields: JsonObject) -> JsonObject:
        """Change what is sent of it."""
        flow, known = fields.get("flow_definition"), self._experiences[key]
        return self._experiences.edit(
            known.id,
            name=_text(fields.get("name")),
            content=None if flow is None else _content(flow, known.draft),
            description=_text(fields.get("description")),
        ).to_wire()

    def remove(self, key: str) -> None:
        """Remove one."""
        self._experiences.remove(key)

    def publish(self, key: str, published_by: str | None) -> JsonObject:
        """Make a version of it."""
        self._experiences.publish(key, published_by=published_by)
        return self.get(key)

    def archive(self, key: str) -> JsonObject:
        """Keep it, and let nobody deploy it any more."""
        self._experiences.archive(key)
        return self.get(key)

    def deploy(
        self,
        key: str,
        *,
        version: int | None = None,
        devices: Iterable[str] = (),
        groups: Iterable[str] = (),
        timeout: float | None = None,
        deployed_by: str | None = None,
    ) -> JsonObject:
        """Deploy a version of it."""
        return self._experiences.deploy(
            key,
            version,
            devices=devices,
            groups=groups,
            timeout=timeout or DEFAULT_TIMEOUT,
            deployed_by=deployed_by,
        ).to_wire()

    def roll_back(self, key: str) -> JsonObject:
        """Take the last deployment back."""
        return self._experiences.roll_back(key).to_wire()

    def deployments(self, key: str) -> list[JsonObject]:
        """Return its deployments, the newest first."""
        found = reversed(self._experiences.deployments(key))
        return [deployment.to_wire() for deployment in found]


def _content(flow: Any, known: Content | None = None) -> Content:
    content = Content.from_wire(flow)
    chosen = known.automations if known else {}
    refuse_outside(
        (name for name, on in content.automations.items() if chosen.get(name) != on),
        "automations",
    )
    return content


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
