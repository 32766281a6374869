"""OBS Studio from Debian in a root of its own, for tests against the real one, and for `scripts/develop --obs`: `python3 -m scripts.devenv.obs`.

It is 230 MB to download and 800 MB on disk, so that `scripts/setup` leaves it out. Nothing of the system is touched:
programs run in it by `unshare` and `chroot`, for which no rights are needed.
"""

import json
import os
from pathlib import Path
import shutil
import subprocess
from typing import Final

from .debian import PrivateApt, unpack
from .paths import DEVENV
from .process import run, say, step

OBS_ROOT: Final = DEVENV / "obs"
SHARED: Final = Path("/tmp")  # noqa: S108
"""What programs in the root see of this machine's files."""
PACKAGES: Final = (
    "obs-studio",
    "obs-plugins",
    "xvfb",
    "libgl1-mesa-dri",
    "libgl1",
    "fonts-dejavu-core",
    "xkb-data",
    "x11-xkb-utils",
    "qt6-qpa-plugins",
    "dash",
)


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


def jailed(*words: str | Path, **env: str) -> list[str | Path]:
    """Return the command that runs a program in the root of OBS, with these variables alone."""
    namespaces = "-m" if os.geteuid() == 0 else "-rm"
    return [
        *("env", "-i", *(f"{name}={text}" for name, text in env.items())),
        "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
        *("unshare", namespaces, "--propagation", "private"),
        *("bash", "-c", JAIL, "-", OBS_ROOT),
        *words,
    ]


def screen(display: str) -> list[str | Path]:
    """Return the command of a display that nobody sees."""
    return jailed(
        *("/usr/bin/Xvfb", display, "-screen", "0", "640x400x24", "-nolisten", "tcp")
    )


def socket_of(display: str) -> Path:
    """Return what is there once a display is."""
    return SHARED / ".X11-unix" / f"X{display[1:]}"


def studio(folder: Path, display: str) -> list[str | Path]:
    """Return the command of OBS on a display, with what was configured in a folder."""
    return jailed(
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


def configure(folder: Path, port: int, password: str) -> Path:
    """Let OBS have an empty scene collection, and its WebSocket server; returns the folder of its recordings."""
    base, recordings = folder / "obs-studio", folder / "recordings"
    server = {
        "alerts_enabled": False,
        "auth_required": True,
        "first_load": False,
        "server_enabled": True,
        "server_password": password,
        "server_port": port,
    }
    files = {
        "global.ini": "[General]\nLastVersion=536936450\nPre31Migrated=true\nEnableAutoUpdates=false\n",
        "user.ini": USER,
        "plugin_config/obs-websocket/config.json": json.dumps(server),
        "basic/profiles/Maestra/basic.ini": PROFILE.format(recordings=recordings),
    }
    for name, text in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    recordings.mkdir(exist_ok=True)
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    return recordings


def main() -> None:
    """Make the root anew."""
    with step("OBS Studio from Debian"):
        unpack(PrivateApt().fetch(PACKAGES), OBS_ROOT)
        # What maintainer scripts would have done.
        for name in ("bin", "sbin", "lib", "lib64"):
            if not (OBS_ROOT / name).exists():
                (OBS_ROOT / name).symlink_to(f"usr/{name}")
        shell = OBS_ROOT / "usr" / "bin" / "sh"
        shell.unlink(missing_ok=True)
        shell.symlink_to("dash")
        for name in ("proc", "dev", "sys", "tmp"):
            (OBS_ROOT / name).mkdir(exist_ok=True)
        run(["/sbin/ldconfig", "-r", OBS_ROOT])
    say(f"in {OBS_ROOT}")


if __name__ == "__main__":
    main()
