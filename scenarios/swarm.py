"""A swarm: each seed draws which faults exist, how hard they hit and which delays are long.

If every run had every fault at a middling rate and every delay of one order of magnitude, all runs would be alike:
faults drown one another, and the same message always wins the race. So a seed leaves faults out, makes those that are
left rare or frequent, and takes each delay from a regime that is orders of magnitude away from the next.

A draw is nothing but changes of the scenario, as `--set` takes them: it can be printed, stored and set by hand. It is a
function of (scenario, seed), and it never makes the promise impossible: how long a fault lasts stays within what the
scenario allows, and delays that go on through the calm leave the service the time to converge.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from pydantic import JsonValue

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.world_fault import WorldFault
from scenarios.randomness import Streams
from scenarios.spec import Scenario
from service.settings import Settings

type Span = tuple[float, float]

# Regimes of delays, one way, from the next rack to a bad line; the scenario's own is one more.
_DATABASE_S = ((0.000_05, 0.001), (0.001, 0.02), (0.02, 0.1))
_LINK_S = ((0.000_5, 0.005), (0.005, 0.05), (0.1, 0.5), (0.2, 1.5))
_PSP_S = ((0.001, 0.01), (0.05, 0.4), (0.5, 3), (2, 5))
_CUSTOMER_S = ((0.000_5, 0.005), (0.005, 0.08), (0.1, 1), (0.5, 3))
_CAPTURE_S = ((0.01, 1), (5, 60))  # the first races its own answer

_KEPT = (0.25, 0.5, 0.75, 1)  # of the faults, on average; a seed in four keeps them all
_RARER, _OFTENER = 0.125, 6  # factors of a probability
_PROBABILITIES_MAX = {"reply": 0.9, "webhook": 0.95}  # by `where`
_PROBABILITY_MAX = 0.4  # of ours: a packet that is lost far more often than this arrives in the calm
_FASTER, _SLOWER = 0.3, 10  # factors of the time between two strikes
_SPREAD = 1_000  # between the ends of a span that begins at zero
_LESS, _MORE = 0.1, 10  # factors of a customer's weight
_ASYNCHRONOUS_SHARES = (0, 0.3, 1)
_DECLINED_SHARES = (0, 0.3)
_CROWDS = (0, 1, 3, 10)

_TIMEOUT_USED = 0.6  # of the service's patience with the PSP, by delays that last through the calm
_PROMISE_USED = 0.25  # of the time until everything must be final
_TRIES_AT_ONCE = 8
_MESSAGES_OF_A_TRY = 40  # to the database and back


@dataclass(frozen=True, kw_only=True, slots=True)
class Swarm:
    """What a seed drew: changes by dotted key."""

    values: Mapping[str, JsonValue]

    @property
    def changes(self) -> dict[str, str]:
        """The same as `--set` and `Scenario.with_changes` take it."""
        return {key: json.dumps(value, separators=(",", ":")) for key, value in self.values.items()}


NO_SWARM = Swarm(values={})


def draw_swarm(scenario: Scenario, seed: int, *, fixed: Collection[str] = ()) -> Swarm:
    """Return what this seed makes of this scenario.

    Args:
        scenario: What is drawn upon.
        seed: Decides. Each key has a stream of its own, so that a new one moves no other.
        fixed: Keys that somebody has set by hand; they keep the values that the scenario has.
    """
    draw = _Draw(scenario, seed, fixed=fixed)
    draw.faults()
    draw.delays()
    draw.people()
    return Swarm(values=draw.values)


class _Draw:
    """The draw of one seed upon one scenario."""

    def __init__(self, scenario: Scenario, seed: int, *, fixed: Collection[str]) -> None:
        self.values: dict[str, JsonValue] = {}
        self._scenario = scenario
        self._streams = Streams(seed)
        self._fixed = fixed

    def faults(self) -> None:
        """Draw which faults exist, and how hard they hit."""
        stream = self._stream("without")
        kept = stream.choice(_KEPT)
        lots = {fault.id: stream.random() < kept for fault in self._scenario.faults}
        # Whoever has set something of a fault wants to see it.
        without = [name for name, is_kept in lots.items() if not is_kept and not self._is_fixed(f"faults.{name}")]
        self._set("without", [*without], own=list(self._scenario.without))
        for fault in self._scenario.faults:
            if fault.id not in without and "." not in fault.id:  # a dotted key could not name it
                self._fault(fault, key=f"faults.{fault.id}")

    def delays(self) -> None:
        """Draw how long messages and captures take, through storm and calm."""
        scenario, budget_s = self._scenario, _budget_s(self._scenario)
        link_s = self._regime("psp_link_latency_s", scenario.psp_link_latency_s, _LINK_S, high_max_s=budget_s / 4)
        self._regime("psp_latency_s", scenario.psp_latency_s, _PSP_S, high_max_s=budget_s - 2 * link_s[1])
        high_max_s = budget_s / _MESSAGES_OF_A_TRY
        self._regime("database_latency_s", scenario.database_latency_s, _DATABASE_S, high_max_s=high_max_s)
        self._regime("customer_latency_s", scenario.customer_latency_s, _CUSTOMER_S)
        self._lengths({"customer_spike_latency_s": scenario.customer_spike_latency_s})
        high_max_s = _PROMISE_USED * scenario.final_within_s
        capture_s = self._regime("psp_asynchronous_s", scenario.psp_asynchronous_s, _CAPTURE_S, high_max_s=high_max_s)
        if capture_s[1] <= high_max_s:
            self._choose("psp_asynchronous_share", scenario.psp_asynchronous_share, _ASYNCHRONOUS_SHARES)

    def people(self) -> None:
        """Draw who comes, when, and with which cards."""
        for name, weight in self._scenario.scripts.items():
            key = f"scripts.{name}"
            self._set(key, _rounded(weight * _between(_LESS, _MORE, self._stream(key))), own=weight)
        self._choose("declined_share", self._scenario.declined_share, _DECLINED_SHARES)
        self._choose("crowds", self._scenario.crowds, _CROWDS)

    def _fault(self, fault: FaultSpec | WorldFault, *, key: str) -> None:
        values = {name: getattr(fault, name) for name in type(fault).model_fields}
        ends_with_storm = not fault.window or fault.window.get("to_s", math.inf) <= self._scenario.storm_s
        probability, every_s = values.pop("probability", None), values.pop("every_s", None)
        if probability is not None and not values.get("nth") and not values.get("schedule"):
            self._probability(f"{key}.probability", fault, own=probability, may_rise=ends_with_storm)
        if every_s is not None:
            factor = _between(_FASTER if ends_with_storm else 1, _SLOWER, self._stream(f"{key}.every_s"))
            self._set(f"{key}.every_s", [_rounded(seconds * factor) for seconds in every_s], own=[*every_s])
        self._lengths(values, prefix=f"{key}.")
        self._lengths(values.get("parameters", {}), prefix=f"{key}.parameters.")

    def _probability(self, key: str, fault: FaultSpec | WorldFault, *, own: float, may_rise: bool) -> None:
        highest = max(own, _PROBABILITIES_MAX.get(fault.where, _PROBABILITY_MAX))
        factor = _between(_RARER, _OFTENER if may_rise else 1, self._stream(key))
        self._set(key, _rounded(min(own * factor, highest)), own=own)

    def _lengths(self, values: Mapping[str, object], *, prefix: str = "") -> None:
        """Draw the short end, the long end or all of each span of seconds."""
        for name, value in values.items():
            if name.endswith("_s") and isinstance(value, Sequence) and value[0] < value[1]:
                part = _part(value[0], value[1], self._stream(prefix + name))
                self._set(prefix + name, [*part], own=[*value])

    def _regime(self, key: str, own: Span, others: Sequence[Span], *, high_max_s: float = math.inf) -> Span:
        """Draw a regime that the promise can bear, and return the one that holds."""
        regimes = dict.fromkeys([own, *(regime for regime in others if regime[1] <= high_max_s)])
        drawn = self._stream(key).choice([*regimes])
        self._set(key, [*drawn], own=[*own])
        return drawn if key in self.values else own

    def _choose(self, key: str, own: float, others: Sequence[float]) -> None:
        self._set(key, self._stream(key).choice((own, *others)), own=own)

    def _set(self, key: str, value: JsonValue, *, own: JsonValue) -> None:
        if value != own and not self._is_fixed(key):
            self.values[key] = value

    def _is_fixed(self, key: str) -> bool:
        return is_fixed(key, self._fixed)

    def _stream(self, key: str) -> Random:
        return self._streams.stream("swarm", key)


def is_fixed(key: str, fixed: Collection[str]) -> bool:
    """Tell whether somebody has set this key, a part of it, or what it is a part of."""
    return any(f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.") for other in fixed)


def _budget_s(scenario: Scenario) -> float:
    """Return how long the messages of one try may take, for all tries to fit into timeouts and promise."""
    timeout_s = float(str(scenario.service.get("psp_timeout_s", Settings.model_fields["psp_timeout_s"].default)))
    share_of_promise_s = _PROMISE_USED * scenario.final_within_s * _TRIES_AT_ONCE / scenario.customers
    return min(_TIMEOUT_USED * timeout_s, share_of_promise_s)


def _between(low: float, high: float, random: Random) -> float:
    """Draw a factor of which each order of magnitude is as likely as any other."""
    return float(low * (high / low) ** random.random())


def _part(low: float, high: float, random: Random) -> Span:
    """Draw the short end, the long end or all of a span; of one that goes through zero, all or a small part."""
    if low < 0:
        factor = random.choice((1, 0.1, 0.01))
        return _rounded(low * factor), _rounded(high * factor)
    middle = _rounded(math.sqrt(max(low, high / _SPREAD) * high))
    return random.choice(((low, high), (low, middle), (middle, high)))


def _rounded(value: float) -> float:
    """Round to what people like to read; the same on every machine, whatever its last bit is."""
    rounded = float(f"{value:.3g}")
    return int(rounded) if rounded.is_integer() else rounded
