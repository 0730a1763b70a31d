"""The standard run: a scenario made so small that tens of thousands of seeds can be tried in an hour.

Many small runs find more than one large run of the same cost: each has faults, delays and an order of its own, and what
breaks is short enough to be read.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from psp_chaos.faults import MENU, FaultSpec
from psp_chaos.faults.fault import SettlementFault
from scenarios.faults.world_fault import WorldFault
from scenarios.spec import Scenario
from service.settings import Settings

CUSTOMERS = 9
STORM_S = 60
CALM_S = 900
FINAL_WITHIN_S = 600

_PAUSE_S_MAX = STORM_S / 2
"""A fault that comes again and again comes within the storm."""

_LENGTH_S_MAX = 60
"""Nothing is kept back or down for longer, so that all of it comes to light long before the promise falls due."""

_LEISURE = ("worker_period_s", "worker_idle_s", "retry_cap_s")
"""Settings of the service that a scenario of days makes longer, which a promise of minutes does not bear."""

_SETTLEMENT = {"settlement_period_s": 120, "settlement_delay_max_s": 180, "settlement_lookback_s": 900}
"""A rhythm in which the PSP's statement is read, and what is missing from it missed, before a standard run is over."""

_AMOUNTS = frozenset({"by_s"})
"""What is measured in seconds, and is not how long something takes."""


def standard(scenario: Scenario) -> Scenario:
    """Return the scenario at standard size: the same customers and faults, fewer and shorter.

    It ends when all is quiet. That is before any statement would be read, so where the statement is what is wrong, the
    run has its whole calm and the statement is read within it.
    """
    plan = scenario.model_dump(mode="json")
    faults: list[JsonValue] = [_shortened(fault, scale=STORM_S / scenario.storm_s) for fault in plan["faults"]]
    size = {"customers": CUSTOMERS, "storm_s": STORM_S, "calm_s": CALM_S, "final_within_s": FINAL_WITHIN_S}
    service = {name: value for name, value in scenario.service.items() if not _is_leisurely(name, value)}
    is_settled = any(map(_is_in_the_statement, scenario.faults))
    service |= _SETTLEMENT if is_settled else {}
    return Scenario.parse({**plan, **size, "faults": faults, "service": service, "ends_when_quiet": not is_settled})


def _is_in_the_statement(fault: FaultSpec | WorldFault) -> bool:
    return isinstance(fault, FaultSpec) and issubclass(MENU[fault.kind], SettlementFault)


def _is_leisurely(name: str, value: JsonValue) -> bool:
    """Tell whether the service would take longer about its work than it does by itself."""
    return name in _LEISURE and float(str(value)) > Settings.model_fields[name].default


def _shortened(fault: Mapping[str, JsonValue], *, scale: float) -> dict[str, JsonValue]:
    shorter = _with_short_lengths(fault)
    match fault.get("parameters"):
        case dict(parameters):
            shorter["parameters"] = _with_short_lengths(parameters)
    match fault.get("window"):
        case dict(window):
            shorter["window"] = {name: float(str(moment_s)) * scale for name, moment_s in window.items()}
    match fault.get("schedule"):
        case list(schedule):
            shorter["schedule"] = [float(str(moment_s)) * scale for moment_s in schedule]
    return shorter


def _with_short_lengths(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: _short_length(name, value) for name, value in values.items()}


def _short_length(name: str, value: JsonValue) -> JsonValue:
    """Return a duration, or a span of them, no longer than a standard run can bear; a span keeps its shape."""
    if not name.endswith("_s") or name in _AMOUNTS:
        return value
    longest_s = _PAUSE_S_MAX if name == "every_s" else _LENGTH_S_MAX
    match value:
        case int() | float():
            return min(value, longest_s)
        case [int() | float() as low, int() | float() as high] if high > longest_s:
            return [round(low * longest_s / high, 3), longest_s]
    return value
