"""Actions on experiences."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import probatio

from homeassistant.const import CONF_DESCRIPTION, CONF_NAME
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...core.experiences.deployment import LONGEST_TIMEOUT
from ...core.experiences.experience import Content, Experience
from ...core.experiences.experiences import DEFAULT_TIMEOUT
from ...hub.actions import (
    ATTR_DEVICE,
    ATTR_GROUP,
    JSON_OBJECT,
    Action,
    chosen,
    only,
    refusal,
    targeted_ids,
    touched_owners,
)
from ...hub.hub import Hub
from ...hub.permissions import Needs, Touched
from ...hub.targets import NAMES, owner_of
from .manager import ExperiencesManager

ATTR_AUTOMATIONS: Final = "automations"
ATTR_CONFIGURATIONS: Final = "configurations"
ATTR_CUE_LISTS: Final = "cue_lists"
ATTR_EXPERIENCE: Final = "experience"
ATTR_GROUPS: Final = "groups"
ATTR_TIMEOUT: Final = "timeout"
ATTR_VERSION: Final = "version"

_SAVE: Final[VolDictType] = {
    probatio.Required(CONF_NAME): cv.string,
    probatio.Optional(CONF_DESCRIPTION): cv.string,
    probatio.Optional(ATTR_CUE_LISTS, default=list): NAMES,
    probatio.Optional(ATTR_AUTOMATIONS, default=dict): JSON_OBJECT,
    probatio.Optional(ATTR_CONFIGURATIONS, default=dict): JSON_OBJECT,
    probatio.Optional(ATTR_GROUPS, default=dict): JSON_OBJECT,
}
_EXPERIENCES: Final[VolDictType] = {
    **cv.ENTITY_SERVICE_FIELDS,
    probatio.Optional(ATTR_EXPERIENCE, default=list): NAMES,
}
_DEPLOY: Final[VolDictType] = {
    **_EXPERIENCES,
    probatio.Optional(ATTR_VERSION): probatio.Coerce(int),
    probatio.Optional(ATTR_DEVICE, default=list): NAMES,
    probatio.Optional(ATTR_GROUP, default=list): NAMES,
    probatio.Optional(ATTR_TIMEOUT, default=DEFAULT_TIMEOUT): probatio.All(
        probatio.Coerce(float), probatio.Range(min=1, max=LONGEST_TIMEOUT)
    ),
}


def _meant(hub: Hub, call: ServiceCall) -> list[Experience]:
    """Return the experiences that a call targets or names; without either, all. Raises UnknownExperience, ServiceValidationError."""
    known = hub.manager(ExperiencesManager).experiences
    return chosen(call, ATTR_EXPERIENCE, known.__getitem__, known.get) or list(known)


def _touched(hub: Hub, call: ServiceCall) -> Touched:
    return touched_owners(hub, [each.id for each in _meant(hub, call)])


def _on_one[R](
    do: Callable[[Hub, Experience, ServiceCall], R],
) -> Callable[[Hub, ServiceCall], R]:
    """Return a handler for one experience: the only one needs no name."""

    def handle(hub: Hub, call: ServiceCall) -> R:
        return do(hub, only(_meant(hub, call), "one_experience"), call)

    return handle


def _who(call: ServiceCall) -> str | None:
    return call.context.user_id or HOME_ASSISTANT.name


def _save(hub: Hub, call: ServiceCall) -> JsonObject:
    data = call.data

    def keyed(values: Mapping[str, Any]) -> JsonObject:
        # A form offers devices of Home Assistant.
        return {owner_of(hub.hass, key): value for key, value in values.items()}

    def named(names: Any) -> Any:
        if not isinstance(names, list):
            return names
        return [owner_of(hub.hass, it) if isinstance(it, str) else it for it in names]

    content = Content.from_wire(
        {
            ATTR_CUE_LISTS: named(data[ATTR_CUE_LISTS]),
            ATTR_AUTOMATIONS: data[ATTR_AUTOMATIONS],
            ATTR_CONFIGURATIONS: keyed(data[ATTR_CONFIGURATIONS]),
            ATTR_GROUPS: {
                name: named(members) for name, members in data[ATTR_GROUPS].items()
            },
        }
    )
    experience = hub.manager(ExperiencesManager).experiences.put(
        data[CONF_NAME],
        content,
        description=data.get(CONF_DESCRIPTION),
        created_by=_who(call),
    )
    return {ATTR_EXPERIENCE: experience.id, ATTR_VERSION: experience.number}


def _publish(hub: Hub, experience: Experience, call: ServiceCall) -> JsonObject:
    known = hub.manager(ExperiencesManager).experiences
    version = known.publish(experience.id, published_by=_who(call))
    return {ATTR_EXPERIENCE: experience.id, ATTR_VERSION: version.number}


def _archive(hub: Hub, experience: Experience, _call: ServiceCall) -> None:
    hub.manager(ExperiencesManager).experiences.archive(experience.id)


def _deploy(hub: Hub, experience: Experience, call: ServiceCall) -> JsonObject:
    data = call.data
    deployment = hub.manager(ExperiencesManager).experiences.deploy(
        experience.id,
        data.get(ATTR_VERSION),
        devices=[owner_of(hub.hass, name) for name in data[ATTR_DEVICE]],
        groups=data[ATTR_GROUP],
        timeout=data[ATTR_TIMEOUT],
        deployed_by=_who(call),
    )
    return deployment.to_wire()


def _roll_back(hub: Hub, experience: Experience, _call: ServiceCall) -> JsonObject:
    known = hub.manager(ExperiencesManager).experiences
    return known.roll_back(experience.id).to_wire()


def _get(hub: Hub, call: ServiceCall) -> JsonObject:
    known = hub.manager(ExperiencesManager).experiences
    return {
        experience.name: {
            **experience.to_wire(),
            "deployments": [it.to_wire() for it in known.deployments(experience.id)],
        }
        for experience in _meant(hub, call)
    }


def _delete(hub: Hub, experience: Experience, call: ServiceCall) -> None:
    known = hub.manager(ExperiencesManager).experiences
    # The only one is not meant by saying nothing.
    if not (call.data[ATTR_EXPERIENCE] or targeted_ids(call, known.get)):
        raise refusal("one_experience", count=str(len(known)))
    known.remove(experience.id)


EXPERIENCE_ACTIONS: Final = (
    Action(
        name="save_experience",
        handler=_save,
        fields=_SAVE,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="publish_experience",
        handler=_on_one(_publish),
        fields=_EXPERIENCES,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="archive_experience",
        handler=_on_one(_archive),
        fields=_EXPERIENCES,
        needs=Needs.ADMIN,
    ),
    Action(
        name="deploy_experience",
        handler=_on_one(_deploy),
        fields=_DEPLOY,
        needs=Needs.CONTROL,
        touches=_touched,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="roll_back",
        handler=_on_one(_roll_back),
        fields=_EXPERIENCES,
        needs=Needs.CONTROL,
        touches=_touched,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="get_experiences",
        handler=_get,
        fields=_EXPERIENCES,
        needs=Needs.READ,
        touches=_touched,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="delete_experience",
        handler=_on_one(_delete),
        fields=_EXPERIENCES,
        needs=Needs.ADMIN,
    ),
)
