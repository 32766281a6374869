"""What can be wrong with cues."""

from ..domain.errors import Busy, NotAllowed, NotFound


class UnknownCueList(NotFound):
    """No cue list has this id or name."""

    code = "unknown_cue_list"
    message = "Cue list {cue_list} is not known"


class UnknownCue(NotFound):
    """The list has no cue of this number."""

    code = "unknown_cue"
    message = "Cue list {cue_list} has no cue {cue}"


class UnknownCueListVersion(NotFound):
    """The list never had such a version, or has it not any more."""

    code = "unknown_cue_list_version"
    message = "Cue list {cue_list} has no version {version}"


class NoCueLeft(NotAllowed):
    """The list is at its end, or at its start."""

    code = "no_cue_left"
    message = "Cue list {cue_list} has no cue there"


class TooSoon(Busy):
    """The last go is less than the list's `min_interval` ago."""

    code = "go_too_soon"
    message = "Cue list {cue_list} went to a cue less than {seconds} s ago"
