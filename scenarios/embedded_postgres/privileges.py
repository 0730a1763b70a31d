"""Under whose name the server runs: never root.

PostgreSQL refuses to run as root. In a container everything often is root, so the child enters a user namespace of
its own in which it is an ordinary user: no account is created and no folder changes its owner. Where namespaces are
refused, it becomes `nobody`.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

_INNER_ID = 1000  # any id but 0: PostgreSQL only asks whether it is root


@dataclass(frozen=True, kw_only=True, slots=True)
class Privileges:
    """The identity a child runs under."""

    owner: tuple[int, int] | None = None  # uid and gid to become, and to own the data folder
    namespace: bool = False  # whether the child maps itself to an ordinary user

    def assume(self) -> None:
        """Become that identity; to be called in the child between fork and exec."""
        if self.namespace:
            _enter_user_namespace()
        elif self.owner is not None:
            os.setgroups([])
            os.setgid(self.owner[1])
            os.setuid(self.owner[0])


def choose_privileges() -> Privileges:
    """Return the least privileges under which PostgreSQL starts here."""
    if os.geteuid() != 0:
        return Privileges()
    if _namespaces_allowed():
        return Privileges(namespace=True)
    nobody = pwd.getpwnam("nobody")
    return Privileges(owner=(nobody.pw_uid, nobody.pw_gid))


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
