"""ESPHome for many short runs, in its own environment: imported once, and forked for each run.

Reads requests from standard input, a line of JSON each: `words` of the command line, `cwd`, `env`, and the file that
takes the `output`. Answers with the exit code, once all is written.
"""

from contextlib import suppress
import importlib
import json
import os
from pathlib import Path
import sys
from typing import Any, NoReturn

# In its environment; in ours the name is that of a folder.
esphome: Any = importlib.import_module("esphome.__main__")
LIBRARIES = Path(esphome.__file__).parents[1]


def _is_installed(module: Any) -> bool:
    """Tell our components, which are those of the working copy, from what is always the same."""
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(LIBRARIES)


def _become(request: dict[str, Any], learned: int) -> NoReturn:
    """Be ESPHome; tell at the end which modules it needed."""
    code = 1
    try:
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(output, number)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.argv = ["esphome", *request["words"]]
        code = esphome.main() or 0
        names = [name for name, it in [*sys.modules.items()] if _is_installed(it)]
        os.write(learned, json.dumps(names).encode())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve() -> None:
    for line in sys.stdin:
        reading, writing = os.pipe()
        if not (child := os.fork()):
            _become(json.loads(line), writing)
        os.close(writing)
        with os.fdopen(reading) as learned:
            names = learned.read()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
        # The next one has it already.
        for name in json.loads(names or "[]"):
            # Some go by another name than the one that they are imported by.
            with suppress(ImportError):
                importlib.import_module(name)


if __name__ == "__main__":
    _serve()
