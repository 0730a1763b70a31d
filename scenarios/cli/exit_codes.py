"""What the command's exit code says; CI jobs depend on these numbers."""

from enum import IntEnum


class ExitCode(IntEnum):
    """One meaning a number."""

    HOLDS = 0  # every invariant holds
    BROKEN = 1  # an invariant is broken or could not be settled, or a threshold is not met; `--fail-on` chooses
    BAD_INPUT = 2  # the request cannot be understood
    NOT_DETERMINISTIC = 3  # the same scenario and seed gave another run
    INFRASTRUCTURE_FAILED = 4  # the machine let us down; nothing was judged
    INTERRUPTED = 130  # Ctrl-C, as shells report it
