"""The commands in `scripts/`: each makes sure of its set-up, then does its work."""

import sys

# Before the imports, which an older Python cannot read.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("devenv: Python 3.11 or later is needed to set up (python3)")

from scripts.devenv.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
