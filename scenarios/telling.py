"""A scenario in words, for a terminal and for the guide."""

from collections.abc import Iterator

from psp_chaos.faults.menu import MENU
from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.world_fault import WorldFault
from scenarios.spec import Scenario

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def fault_in_words(fault: FaultSpec | WorldFault) -> str:
    """Return what a fault does, and how often: `webhook-lost (webhook lost): Send nothing …; 65 % of the time`."""
    kind = MENU[fault.kind] if isinstance(fault, FaultSpec) else type(fault)
    what = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
    return f"{fault.id} ({fault.where} {fault.kind}): {what}; {_how_often(fault)}"


def size_in_words(scenario: Scenario) -> Iterator[str]:
    """Yield who comes, for how long, and when everything must be over."""
    shares = ", ".join(f"{name} {weight:g}" for name, weight in scenario.scripts.items())
    shops = "" if scenario.merchants == 1 else f" of {scenario.merchants} merchants"
    yield f"{scenario.customers} customers{shops}: {shares}"
    storm, calm = duration(scenario.storm_s), duration(scenario.calm_s)
    yield f"a storm of {storm} and a calm of {calm}; everything final {duration(scenario.final_within_s)} into the calm"
    settings = {**scenario.service, **{f"psp.{name}": value for name, value in scenario.psp.items()}}
    if settings:
        yield ", ".join(f"{name} = {value}" for name, value in settings.items())


def duration(seconds: float) -> str:
    """Return a duration in the largest unit that leaves no long fraction."""
    for unit_s, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds >= 2 * unit_s or (seconds >= unit_s and seconds % unit_s == 0):
            return f"{seconds / unit_s:.3g} {unit}"
    return f"{seconds:.3g} s"


def _how_often(fault: FaultSpec | WorldFault) -> str:
    window = "" if not fault.window else f", {_window(fault)}"
    every_s = getattr(fault, "every_s", None)
    if every_s is not None:
        return f"every {duration(every_s[0])} to {duration(every_s[1])}{window}"
    if isinstance(fault, FaultSpec) and (fault.nth or fault.schedule):
        return f"at given moments{window}"
    probability = getattr(fault, "probability", 1)
    return ("always" if probability == 1 else f"{probability * 100:.3g} % of the time") + window


def _window(fault: FaultSpec | WorldFault) -> str:
    begin, end = fault.window.get("from_s", 0), fault.window.get("to_s")
    return f"from {duration(begin)} on" if end is None else f"from {duration(begin)} to {duration(end)}"
