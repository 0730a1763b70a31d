"""Children that never outlive us, even when we are killed with SIGKILL."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def dies_with_parent(*, by: signal.Signals, after: Callable[[], None] | None = None) -> Callable[[], None]:
    """Return what a child runs between fork and exec so that the kernel ends it with us.

    The kernel ties the signal to the thread that forked (prctl(2)): start such children from the main thread. Elsewhere
    than on Linux there is no such signal, and only an orderly end takes the children along.

    Args:
        by: The signal that the child gets when we die.
        after: A change of identity to make first; made later, it would clear the signal.
    """
    parent = os.getpid()

    def arm() -> None:
        os.setsid()  # Ctrl-C at the terminal is for us; we stop our children ourselves
        if after is not None:
            after()
        if sys.platform.startswith("linux"):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, by)
            if os.getppid() != parent:
                os._exit(1)  # the parent died before the signal was armed

    return arm
