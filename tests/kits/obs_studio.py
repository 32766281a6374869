"""A real OBS Studio under a display that nobody sees, from a root of its own (`scripts/devenv/obs.py`)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import shutil
import subprocess
from typing import Final, override

import pytest

from scripts.devenv.obs import OBS_ROOT
from scripts.devenv.speech import ffmpeg

from .obs import PASSWORD
from .process import HOST, LOOK_AGAIN_S, PATIENCE, Program, free_port

# The program takes the place of each of these, so that what is killed is the program.
JAIL: Final = (
    "R=$1; shift; for d in proc dev sys tmp; do mount --rbind /$d $R/$d; done; "
    'exec chroot $R "$@"'
)
USER: Final = """\
[General]
FirstRun=true
InfoIncrement=99
ConfirmOnExit=false
[Basic]
Profile=Maestra
ProfileDir=Maestra
SceneCollection=Maestra
SceneCollectionFile=Maestra
ConfigOnNewProfile=false
[BasicWindow]
PreviewEnabled=false
WarnBeforeStartingStream=false
WarnBeforeStoppingStream=false
SysTrayEnabled=false
"""
PROFILE: Final = """\
[General]
Name=Maestra
[Video]
BaseCX=320
BaseCY=180
OutputCX=320
OutputCY=180
FPSType=1
FPSInt=30
[Output]
Mode=Simple
[SimpleOutput]
FilePath={recordings}
RecFormat2=hybrid_mp4
VBitrate=200
StreamEncoder=x264
RecQuality=Small
RecEncoder=x264
Preset=ultrafast
RecRB=true
RecRBTime=5
RecRBSize=32
"""


def why_not() -> str | None:
    """Return what keeps OBS from running here, None where nothing does."""
    if not (OBS_ROOT / "usr" / "bin" / "obs").exists():
        return "no OBS Studio here: python3 -m scripts.devenv.obs"
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rm", "true"], check=False).returncode:
        return "this machine allows no namespaces"
    return None


needs_sink = pytest.mark.skipif(
    ffmpeg() is None, reason="no ffmpeg: python3 -m scripts.devenv.speech"
)
needs_obs = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


class Jailed(Program):
    """A program in the root of OBS."""

    def __init__(self, *words: str | Path, **env: str) -> None:
        super().__init__()
        self._words = words
        self._env = env

    @override
    async def start(self) -> None:
        """Start it."""
        namespaces = "-m" if os.geteuid() == 0 else "-rm"
        inside = ["env", "-i", *(f"{name}={text}" for name, text in self._env.items())]
        await self._run(
            *inside,
            "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
            *("unshare", namespaces, "--propagation", "private"),
            *("bash", "-c", JAIL, "-", OBS_ROOT),
            *self._words,
        )


class ObsStudio(Jailed):
    """OBS with an empty scene collection, and its WebSocket server."""

    def __init__(self, folder: Path, display: str) -> None:
        super().__init__(
            *("/usr/bin/obs", "--multi", "--disable-missing-files-check"),
            HOME=str(folder),
            XDG_CONFIG_HOME=str(folder),
            XDG_RUNTIME_DIR=str(folder / "run"),
            DISPLAY=display,
            LANG="C.UTF-8",
            LIBGL_ALWAYS_SOFTWARE="1",
            LP_NUM_THREADS="1",
            QT_QPA_PLATFORM="xcb",
        )
        self.port = free_port()
        self.recordings = folder / "recordings"
        self._folder = folder

    @override
    async def start(self) -> None:
        """Start, and return when it listens."""
        self._configure()
        await super().start()
        await self.logged("Server started successfully")

    def _configure(self) -> None:
        base = self._folder / "obs-studio"
        server = {
            "alerts_enabled": False,
            "auth_required": True,
            "first_load": False,
            "server_enabled": True,
            "server_password": PASSWORD,
            "server_port": self.port,
        }
        files = {
            "global.ini": "[General]\nLastVersion=536936450\nPre31Migrated=true\nEnableAutoUpdates=false\n",
            "user.ini": USER,
            "plugin_config/obs-websocket/config.json": json.dumps(server),
            "basic/profiles/Maestra/basic.ini": PROFILE.format(
                recordings=self.recordings
            ),
        }
        for name, text in files.items():
            path = base / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.recordings.mkdir(exist_ok=True)
        (self._folder / "run").mkdir(mode=0o700, exist_ok=True)


class RtmpSink(Program):
    """Takes one stream, and keeps it in a file: an ffmpeg that listens."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self._port = free_port()
        self.server = f"rtmp://{HOST}:{self._port}/live"

    @override
    async def start(self) -> None:
        """Start it, and return when it listens: whoever tries that is its one client."""
        binary = ffmpeg()
        assert binary
        address = ("-listen", "1", "-i", f"{self.server}/test")
        await self._run(
            binary, "-v", "error", "-y", *address, "-c", "copy", "-f", "flv", self.file
        )
        listens = f":{self._port:04X} 00000000:0000 0A"
        async with asyncio.timeout(PATIENCE):
            while listens not in Path("/proc/net/tcp").read_text():
                await asyncio.sleep(LOOK_AGAIN_S)


@asynccontextmanager
async def obs_studio(folder: Path) -> AsyncGenerator[ObsStudio]:
    """Run OBS, and the display that it wants."""
    display = f":{free_port() % 10_000 + 100}"
    screen = Jailed(
        *("/usr/bin/Xvfb", display, "-screen", "0", "640x400x24", "-nolisten", "tcp")
    )
    async with screen:
        socket = Path(f"/tmp/.X11-unix/X{display[1:]}")
        while not socket.exists():
            await asyncio.sleep(0.05)
        async with ObsStudio(folder, display) as obs:
            yield obs
