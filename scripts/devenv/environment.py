"""The environment variables under which our programs run."""

import os
from pathlib import Path

from .paths import DEVENV, ROOT, VENV
from .tools import TOOLS, provide
from .uv import bootstrap

STUBS = Path(__file__).parent / "stubs"


def environment(*tools: str) -> dict[str, str]:
    """Return the environment of a program in our venv; provides `tools` first.

    A tool's path is in its variable (`MAESTRA_MOSQUITTO`) and its folders are on PATH;
    uv's is in `MAESTRA_UV` only.
    """
    variables = dict(os.environ)
    folders = [VENV / "bin"]
    for name in tools:
        program = provide(name)
        variables[TOOLS[name].variable] = str(program)
        if not TOOLS[name].npm:
            folders += [program.parent, program.parent.parent / "bin"]
    # The stubs come last, so that the real program is taken where there is one.
    path = [*map(str, folders), os.environ.get("PATH", os.defpath), str(STUBS / "bin")]
    variables["PATH"] = os.pathsep.join(path)
    variables["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(STUBS / "python")))
    variables["VIRTUAL_ENV"] = str(VENV)
    variables["MAESTRA_UV"] = str(bootstrap() / "uv")
    # Compiling Home Assistant anew costs each process 5 s.
    variables["PYTHONDONTWRITEBYTECODE"] = ""
    if turbojpeg := _turbojpeg():
        variables["LD_LIBRARY_PATH"] = str(turbojpeg)
    return variables


def _turbojpeg() -> Path | None:
    """Return a folder with nothing but libturbojpeg, for the camera integration to find.

    Nothing else of the unpacked packages may be there: every program started under this
    environment would pick it up.
    """
    library = next(
        (DEVENV / "debian" / "python").glob("usr/lib/*/libturbojpeg.so.0"), None
    )
    if library is None:
        return None
    folder = DEVENV / "lib"
    folder.mkdir(exist_ok=True)
    link = folder / library.name
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(library)
    return folder
