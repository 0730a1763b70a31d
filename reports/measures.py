"""What can be measured of a run, for thresholds, by the names that `quantities` lists.

It is counted as the figures of the report count it: heal times and money at risk are `frames.risks`, latencies are
`frames.requests`. But where a figure leaves out what never came, a measure takes it for endless, because a service that
never answers must not look quick.
"""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from reports.evidence import Evidence
from reports.frames import requests, risks
from reports.money import decimals
from reports.quantities import QUANTILES, Measured
from reports.records import FINAL_STATES, Outcome
from reports.truth import Truth


def measures(evidence: Evidence, truth: Truth) -> Mapping[str, Measured]:
    """Return everything that can be measured by its name; that of money by name and currency, in minor units."""
    stretches = None if evidence.service.transitions is None else risks(evidence, truth)
    asked = requests(evidence)
    return {
        **_quantiles("heal", pd.Series(dtype=float) if stretches is None else _heal_s(stretches)),
        **_quantiles("latency", asked["latency_s"].astype(float).fillna(math.inf)),
        "unknown_share": _share(int((asked["outcome"] == Outcome.UNKNOWN).sum()), of=len(asked)),
        "paid_share": _share(_paid(truth), of=len(truth.purchases)),
        "psp_calls_per_purchase": _share(_psp_calls(evidence), of=len(truth.purchases)),
        "unfinished": _unfinished(evidence),
        "discrepancies_open": _discrepancies_open(evidence),
        **({} if stretches is None else dict(_money(stretches, truth))),
    }


def _quantiles(name: str, spans_s: "pd.Series[float]") -> dict[str, Measured]:
    if spans_s.empty:
        return {f"{name}_{quantile}": None for quantile in QUANTILES}
    in_order = spans_s.sort_values(ignore_index=True)
    last = len(in_order) - 1
    return {f"{name}_{quantile}": float(in_order[math.ceil(last * share)]) for quantile, share in QUANTILES.items()}


def _heal_s(stretches: pd.DataFrame) -> "pd.Series[float]":
    """Return how long each stretch took; one that nothing ended took for ever."""
    return (stretches["until_s"] - stretches["from_s"]).where(stretches["healed_by"] != "", math.inf)


def _share(count: int, *, of: int) -> float | None:
    return count / of if of else None


def _paid(truth: Truth) -> int:
    moneys = truth.money_by_intent
    return sum(any(money.captures for money in moneys.get(order, ())) for order in truth.purchases)


def _psp_calls(evidence: Evidence) -> int:
    return sum(entry.kind == "request" for entry in evidence.psp.journal)


def _unfinished(evidence: Evidence) -> int | None:
    payments = evidence.service.payments
    return None if payments is None else sum(payment.state not in FINAL_STATES for payment in payments)


def _discrepancies_open(evidence: Evidence) -> int | None:
    discrepancies = evidence.service.discrepancies
    return None if discrepancies is None else sum(one.closed_at_us is None for one in discrepancies)


def _money(stretches: pd.DataFrame, truth: Truth) -> Iterator[tuple[str, int]]:
    """Yield the money at risk in each currency of a payment at the PSP, or of one that we believe in."""
    end_s = (truth.manifest.ended_at_us - truth.manifest.started_at_us) / 1_000_000
    by_currency = {str(currency): some for currency, some in stretches.groupby("currency")}
    for currency in sorted({money.currency for money in truth.money.values()} | by_currency.keys()):
        some = by_currency.get(currency, stretches.head(0))
        at_end = some[(some["healed_by"] == "") & (some["until_s"] >= end_s)]
        for name, amount in ("max", _highest(some)), ("end", float(at_end["amount"].sum())):
            yield f"money_at_risk_{name} {currency}", round(amount * 10 ** decimals(currency))


def _highest(stretches: pd.DataFrame) -> float:
    """Return the highest sum of amounts at risk at one time; what ends as something begins was not there with it."""
    begun = pd.DataFrame({"at_s": stretches["from_s"], "amount": stretches["amount"]})
    ended = pd.DataFrame({"at_s": stretches["until_s"], "amount": -stretches["amount"]})
    steps = pd.concat([ended, begun]).sort_values("at_s", kind="stable")
    return max(float(steps["amount"].cumsum().max()), 0.0) if len(steps) else 0.0
