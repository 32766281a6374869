"""What can be wrong with experiences."""

from ..domain.errors import Conflict, NotFound


class UnknownExperience(NotFound):
    """No experience has this id or name."""

    code = "unknown_experience"
    message = "Experience {experience} is not known"


class ExperienceUnpublished(Conflict):
    """There is no version yet that could be deployed."""

    code = "experience_unpublished"
    message = "Experience {experience} was never published"


class UnknownExperienceVersion(NotFound):
    """The experience has no such version, or not any more."""

    code = "unknown_experience_version"
    message = "Experience {experience} has no published version {version}"


class ExperienceArchived(Conflict):
    """What is archived is not deployed."""

    code = "experience_archived"
    message = "Experience {experience} is archived"


class NothingToDeployTo(Conflict):
    """None of the devices that are meant has a configuration in it."""

    code = "nothing_to_deploy_to"
    message = "Experience {experience} has a configuration for none of these devices"


class NothingToRollBack(Conflict):
    """Nothing of it is deployed."""

    code = "nothing_to_roll_back"
    message = "Experience {experience} is not deployed"


class DeploymentPending(Conflict):
    """The last deployment still waits for devices."""

    code = "deployment_pending"
    message = "A deployment of experience {experience} still waits for devices"


class UnknownAutomation(NotFound):
    """Nothing outside can be switched on and off under this name."""

    code = "unknown_automation"
    message = "{automation} is not known, or can't be switched on and off"
