"""How a child PostgreSQL is started: never as root, never outliving us.

PostgreSQL refuses to run as root. In a container everything often is root, so the child enters a user namespace of its
own in which it is an ordinary user: no account is created and no folder changes its owner. Where namespaces are refused,
it becomes `nobody`.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_INNER_ID = 1000  # any id but 0: PostgreSQL only asks whether it is root


@dataclass(frozen=True, kw_only=True, slots=True)
class Privileges:
    """The identity a child runs under."""

    owner: tuple[int, int] | None  # uid and gid that must own the data folder; None where ours will do
    namespace: bool  # whether the child maps itself to an ordinary user

    def before_exec(self) -> Callable[[], None]:
        """Return the function to run in the child between fork and exec."""
        parent = os.getpid()

        def become() -> None:
            os.setsid()  # Ctrl-C at the terminal is for us; we stop the server ourselves
            if self.namespace:
                _enter_user_namespace()
            elif self.owner is not None:
                os.setgroups([])
                os.setgid(self.owner[1])
                os.setuid(self.owner[0])
            _die_with(parent)

        return become


def choose_privileges() -> Privileges:
    """Return the least privileges under which PostgreSQL starts here."""
    if os.name == "posix" and os.geteuid() == 0:
        if _namespaces_allowed():
            return Privileges(owner=None, namespace=True)
        nobody = pwd.getpwnam("nobody")
        return Privileges(owner=(nobody.pw_uid, nobody.pw_gid), namespace=False)
    return Privileges(owner=None, namespace=False)


def _namespaces_allowed() -> bool:
    if not hasattr(os, "CLONE_NEWUSER"):
        return False
    try:
        subprocess.run(["true"], preexec_fn=_enter_user_namespace, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _enter_user_namespace() -> None:
    os.unshare(os.CLONE_NEWUSER)
    # The kernel accepts a gid map of an unprivileged process only once setgroups is denied (user_namespaces(7)).
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{_INNER_ID} 0 1\n")
    Path("/proc/self/uid_map").write_text(f"{_INNER_ID} 0 1\n")


def _die_with(parent: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    # Set after the change of identity, which clears it (prctl(2)); SIGINT is PostgreSQL's fast shutdown.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the signal was armed
