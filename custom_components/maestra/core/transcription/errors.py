"""What goes wrong with transcription, by kind."""

from ..domain.errors import Busy, MaestraError


class NotTranscribing(MaestraError):
    """It is switched off, or the stream is not live: nobody listens then."""

    code = "not_transcribing"
    message = "{name} is not transcribing now"


class TranscriptionBusy(Busy):
    """A file is being transcribed already."""

    code = "transcription_busy"
    message = "{name} is transcribing another file"


class SpeechFailed(MaestraError):
    """Speech recognition does not answer, or not with words. `reason` is for people."""

    code = "speech_failed"
    message = "{entity}: {reason}"
    is_failure = True


class FfmpegMissing(MaestraError):
    """There is no ffmpeg on this machine, without which nothing can be decoded."""

    code = "ffmpeg_missing"
    message = "There is no ffmpeg on this machine: {reason}"
    is_failure = True


class MediaUnreadable(MaestraError):
    """ffmpeg can't read this. `reason` is in its words, without the address, which may hold a secret."""

    code = "media_unreadable"
    message = "This can't be read: {reason}"
    is_failure = True
