"""What `paystorm live` prints besides the verdict, on standard error."""

from collections.abc import Iterable, Mapping

from rich.console import Console

from scenarios.live.feasible import LeftOut
from scenarios.live.resources import Trend

_UNITS = {"memory_kib": "MiB of memory", "descriptors": "descriptors"}
_KIB_PER_MIB = 1_024
_DEEDS = ("kills", "stops", "restarts")


def print_left_out(lacking: Iterable[LeftOut]) -> None:
    """Print what of the scenario will not happen, a line each."""
    for one in lacking:
        _console().print(f"left out  {one}", style="yellow", markup=False)


def print_tally(counts: Mapping[str, int]) -> None:
    """Print who was killed, stopped and told to end how often."""
    for deed in _DEEDS:
        victims = {name.partition("_")[2]: n for name, n in counts.items() if name.startswith(f"{deed}_")}
        if victims:
            told = ", ".join(f"{victim} {n}" for victim, n in victims.items())
            _console().print(f"{deed}  {sum(victims.values())}: {told}", markup=False)


def print_resources(trends: Iterable[Trend]) -> bool:
    """Print what became of everybody's memory and descriptors; tell whether all of it was constant."""
    is_constant = True
    for trend in trends:
        scale = _KIB_PER_MIB if trend.what == "memory_kib" else 1
        word = "constant" if trend.is_constant else "GROWS"
        line = f"{trend.process}: {trend.early / scale:.0f} to {trend.late / scale:.0f} {_UNITS[trend.what]}, {word}"
        _console().print(line, style=None if trend.is_constant else "bold red", markup=False)
        is_constant &= trend.is_constant
    return is_constant


def _console() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)
