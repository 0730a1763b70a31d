"""The command line that has a run again."""

import shlex
from collections.abc import Mapping

_OPTIONS = ("customers", "defect")  # which have an option of their own, and need no --set


def run_command(
    name: str, *, seed: int, changes: Mapping[str, str], is_standard: bool = False, has_swarm: bool = False
) -> str:
    """Return the `paystorm run` of this scenario with this seed.

    Args:
        name: The scenario's.
        seed: With which seed.
        changes: What was set by hand, by dotted key.
        is_standard: At the size of a sweep's run.
        has_swarm: Whether the seed draws what becomes of the scenario.
    """
    words = ["paystorm", "run", name, "--seed", str(seed), *(["--standard"] if is_standard else [])]
    for key in _OPTIONS:
        words += [f"--{key}", changes[key]] if key in changes else []
    words += ["--swarm"] if has_swarm else []
    for key, value in changes.items():
        words += [] if key in _OPTIONS else ["--set", f"{key}={value}"]
    return shlex.join(words)
