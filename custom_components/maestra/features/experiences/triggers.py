"""Triggers on experiences: one was deployed, or a deployment failed."""

from typing import Any, Final, override

import probatio

from homeassistant.helpers.trigger import Trigger

from ...const import TargetKind
from ...core.bus import Unsubscribe
from ...core.experiences.events import DeploymentFailed, ExperienceDeployed
from ...hub.hub import Hub
from ...hub.targets import NAMES
from ...hub.triggers import MaestraTrigger, Run, schema

CONF_EXPERIENCE: Final = "experience"


class ExperienceTrigger(MaestraTrigger):
    """Something became of a deployment."""

    _schema = schema({probatio.Optional(CONF_EXPERIENCE, default=list): NAMES})
    fits = TargetKind.EXPERIENCE | TargetKind.HUB

    def _variables(
        self, hub: Hub, event: ExperienceDeployed | DeploymentFailed
    ) -> dict[str, Any] | None:
        """Return what is told, None for an experience that is not meant."""
        experience, deployment = event.experience, event.deployment
        id_, name = experience.id, experience.name
        if not self._is_meant(self._options[CONF_EXPERIENCE], id_, id_, name):
            return None
        return {
            "experience": name,
            "device_id": hub.devices.id_of(id_),
            "version": deployment.version,
            "devices": len(deployment.targets),
        }


class ExperienceDeployedTrigger(ExperienceTrigger):
    """All devices have acknowledged what they were sent."""

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def deployed(event: ExperienceDeployed) -> None:
            if (told := self._variables(hub, event)) is not None:
                run(
                    told,
                    f"version {told['version']} of {told['experience']} is deployed",
                )

        return hub.domain.bus.subscribe(ExperienceDeployed, deployed)


class DeploymentFailedTrigger(ExperienceTrigger):
    """Some devices refused, or did not answer."""

    @override
    def _attach(self, hub: Hub, run: Run) -> Unsubscribe:
        def failed(event: DeploymentFailed) -> None:
            if (told := self._variables(hub, event)) is None:
                return
            failures = [
                {"name": name, "reason": reason}
                for name, reason in event.deployment.failures
            ]
            run(
                told | {"failures": failures},
                f"deployment of {told['experience']} failed",
            )

        return hub.domain.bus.subscribe(DeploymentFailed, failed)


EXPERIENCE_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "experience_deployed": ExperienceDeployedTrigger,
    "deployment_failed": DeploymentFailedTrigger,
}
