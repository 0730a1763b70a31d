"""What the judge's own rules say of a few purchases, in the middle of the load.

Nothing is due yet: the promise runs from the calm on. So what is merely late is open and no finding. Of what is wrong,
some can still come right, and some cannot be undone by anything that follows.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.checks import CHECKS, Breach, Check
from reports.evidence import Evidence
from reports.frames import risks
from reports.money import decimals
from reports.reconciliation import three_ways
from reports.truth import Truth

FOR_GOOD = frozenset({"I1", "I5", "I6", "I9", "I11"})
"""What is broken for good: a second charge was made, an unlawful step was taken, a receipt is void."""

_REVERSIBLE = frozenset({"I3", "I4", "I7"})  # money that is missing, or too much, may still move
# I2 and I8 judge what is left after the calm; I10 and I12 need the journal and the whole of the run.
LIVE_CHECKS: tuple[Check, ...] = tuple(check for check in CHECKS if check.id in FOR_GOOD | _REVERSIBLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How one purchase stands: three views of its money, in minor units; None: that side does not know."""

    order: str
    currency: str
    told: str  # the last final word to the customer
    state: str  # in the service's books
    told_minor: int | None
    booked_minor: int | None
    captured_minor: int
    booked_back_minor: int | None
    refunded_minor: int
    agrees: bool
    risk_minor: int  # captured and unknown to the service, or believed in and not there
    breaches: Mapping[str, tuple[Breach, ...]]  # by the check that found them


def reckon(evidence: Evidence) -> list[Standing]:
    """Return how each purchase of this evidence stands.

    Raises:
        EvidenceError: The PSP's books contradict themselves.
    """
    truth = Truth.rebuild(evidence)
    breaches, at_risk = _breaches(evidence, truth), _at_risk(evidence, truth)
    rows = three_ways(evidence, truth).astype(object).to_dict("records")
    return [_standing(row, at_risk.get(row["order"], 0), breaches.get(row["order"], {})) for row in rows]


def _standing(row: Mapping[Any, Any], risk_minor: int, breaches: Mapping[str, tuple[Breach, ...]]) -> Standing:
    return Standing(
        order=row["order"],
        currency=row["currency"],
        told=row["told"],
        state=row["state"],
        told_minor=_number(row["told_minor"]),
        booked_minor=_number(row["booked_minor"]),
        captured_minor=_number(row["captured_minor"]) or 0,
        booked_back_minor=_number(row["booked_back_minor"]),
        refunded_minor=_number(row["refunded_minor"]) or 0,
        agrees=bool(row["agrees"]),
        risk_minor=risk_minor,
        breaches=breaches,
    )


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int) else None  # pandas has a word of its own for what is missing


def _breaches(evidence: Evidence, truth: Truth) -> dict[str, dict[str, tuple[Breach, ...]]]:
    """Return what is wrong by purchase and check."""
    found: defaultdict[str, defaultdict[str, tuple[Breach, ...]]] = defaultdict(lambda: defaultdict(tuple))
    for check in LIVE_CHECKS:
        for breach in check.examine(evidence, truth).breaches:
            order = breach.order_id or truth.order_of.get(breach.payment_id or "") or breach.payment_id or ""
            found[order][check.id] += (breach,)
    return {order: dict(by_check) for order, by_check in found.items()}


def _at_risk(evidence: Evidence, truth: Truth) -> dict[str, int]:
    """Return the money at risk now, in minor units, by purchase."""
    stretches = risks(evidence, truth)
    now = stretches[stretches["healed_by"] == ""]
    sums: defaultdict[str, int] = defaultdict(int)
    for order, currency, amount in zip(now["order"], now["currency"], now["amount"], strict=True):
        sums[order] += round(amount * 10 ** decimals(currency))
    return dict(sums)
