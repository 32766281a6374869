"""Events on the bus about transcriptions; what was said is `Transcribed`, of the domain."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TranscriptionChanged:
    """Anything of a transcription is not as it was."""

    transcription: str


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """What is said from now on belongs to this session."""

    transcription: str
    session: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """What is said from now on does not belong to this session any more."""

    transcription: str
    session: str
