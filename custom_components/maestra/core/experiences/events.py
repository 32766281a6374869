"""What happens to experiences, on the bus."""

from dataclasses import dataclass

from .deployment import Deployment
from .experience import Experience


@dataclass(slots=True, eq=False)
class ExperienceChanged:
    """An experience is another, in what it has or in how far it is deployed. `is_gone` for one that was removed."""

    experience: Experience
    is_gone: bool = False


@dataclass(slots=True, eq=False)
class ExperiencesAsked:
    """Somebody who has just begun to listen wants to hear of all experiences, and of how far they are deployed."""


@dataclass(slots=True, eq=False)
class TargetChanged:
    """A device has answered, or will not answer any more."""

    deployment: Deployment
    device_id: str


@dataclass(slots=True, eq=False)
class ExperienceDeployed:
    """All devices of a deployment have acknowledged it."""

    experience: Experience
    deployment: Deployment


@dataclass(slots=True, eq=False)
class DeploymentFailed:
    """All devices of a deployment, or of its being taken back, have answered or were given up, and some failed."""

    experience: Experience
    deployment: Deployment


@dataclass(slots=True, eq=False)
class RolledBack:
    """A deployment is taken back: what was there before is sent to the devices again."""

    experience: Experience
    deployment: Deployment
