"""Entities of an experience: which version is deployed and how far, the buttons, and what became of deployments."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.const import Platform
from homeassistant.helpers.typing import StateType

from ...const import TargetKind
from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...core.experiences.experience import Experience
from ...core.experiences.experiences import Experiences
from ...entity import MaestraEntity, MaestraEventEntity
from ...hub.errors import translated
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .presentation import (
    DEPLOYED,
    EXPERIENCE_BUTTONS,
    EXPERIENCE_SENSORS,
    FAILED,
    ROLLED_BACK,
    ExperienceButtonDescription,
    ExperienceSensorDescription,
)


class MaestraExperienceEntity(MaestraEntity):
    """Something about an experience."""

    _attr_supported_features = TargetKind.EXPERIENCE

    def __init__(
        self,
        hub: Hub,
        owner: tuple[Experiences, Experience],
        presentation: Presentation,
    ) -> None:
        """Name the entity by its key."""
        self._experiences, self._experience = owner
        super().__init__(hub, self._experience.id, presentation)
        self._attr_translation_key = presentation.key


class MaestraExperienceSelect(MaestraExperienceEntity, SelectEntity):
    """The version that is deployed; choosing one deploys it."""

    platform_domain = Platform.SELECT

    def __init__(
        self,
        hub: Hub,
        owner: tuple[Experiences, Experience],
        presentation: Presentation,
    ) -> None:
        """Name the entity."""
        super().__init__(hub, owner, presentation)
        self._attr_translation_key = f"experience_{presentation.key}"

    @property
    @override
    def options(self) -> list[str]:
        """The versions that were published, the newest first."""
        return [str(it.number) for it in reversed(self._experience.versions)]

    @property
    @override
    def current_option(self) -> str | None:
        """The one that is deployed, None where none is, or it is not kept any more."""
        current = self._experiences.current(self._experience.id)
        return str(current.version) if current else None

    @override
    @translated
    async def async_select_option(self, option: str) -> None:
        """Deploy a version."""
        self._experiences.deploy(
            self._experience.id, int(option), deployed_by=HOME_ASSISTANT.name
        )


class MaestraExperienceButton(MaestraExperienceEntity, ButtonEntity):
    """Deploy the newest version, and roll back."""

    platform_domain = Platform.BUTTON
    entity_description: ExperienceButtonDescription
    descriptions = EXPERIENCE_BUTTONS

    @override
    @translated
    async def async_press(self) -> None:
        """Do it."""
        self.entity_description.press_fn(self._experiences, self._experience.id)


class MaestraExperienceSensor(MaestraExperienceEntity, SensorEntity):
    """How far an experience is, and its last deployment."""

    platform_domain = Platform.SENSOR
    entity_description: ExperienceSensorDescription
    descriptions = EXPERIENCE_SENSORS

    @property
    @override
    def native_value(self) -> StateType:
        """The value."""
        return self.entity_description.value_fn(self._experiences, self._experience)

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """What goes with it."""
        describe = self.entity_description.attributes_fn
        return describe(self._experiences, self._experience)


class MaestraExperienceEvent(MaestraEventEntity):
    """What became of deployments."""

    is_logged = True
    _attr_supported_features = TargetKind.EXPERIENCE

    def __init__(
        self,
        hub: Hub,
        owner: tuple[Experiences, Experience],
        presentation: Presentation,
    ) -> None:
        """Know what may happen."""
        super().__init__(hub, owner[1].id, presentation)
        self._attr_translation_key = presentation.key
        self._attr_event_types = [DEPLOYED, FAILED, ROLLED_BACK]

    @override
    def _detail(self, attributes: Mapping[str, Any]) -> str:
        failures = [
            f"{it['name']} ({it['reason']})" for it in attributes.get("failures", ())
        ]
        return ", ".join([str(attributes["version"]), *failures])
