"""OBS Studio from Debian in a root of its own, for tests against the real one: `python3 -m scripts.devenv.obs`.

It is 230 MB to download and 800 MB on disk, so that `scripts/setup` leaves it out. Nothing of the system is touched:
programs run in it by `unshare` and `chroot` (`tests/kits/obs_studio.py`), for which no rights are needed.
"""

from typing import Final

from .debian import PrivateApt, unpack
from .paths import DEVENV
from .process import run, say, step

OBS_ROOT: Final = DEVENV / "obs"
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
