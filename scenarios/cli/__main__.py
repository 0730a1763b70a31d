"""The command's first lines, also as `python -m scenarios.cli`: from here on Ctrl-C ends it without a traceback.

What the commands are made of takes a quarter of a second to import. An interrupt meanwhile has nothing to put right.
"""

import os
import signal
from types import FrameType
from typing import NoReturn

from scenarios.cli.exit_codes import ExitCode


def main() -> NoReturn:
    """Run the command line."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # or somebody wants us to ignore it
        signal.signal(signal.SIGINT, _leave)
    from scenarios.cli.main import main as perform

    signal.signal(signal.SIGINT, before)
    perform()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"paystorm: stopped\n")
    os._exit(ExitCode.INTERRUPTED)  # an exception might be swallowed by what is being imported


if __name__ == "__main__":
    main()
