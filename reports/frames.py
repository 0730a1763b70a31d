"""The evidence as tables for the figures: when money was at risk, how long customers waited, what broke.

Times are seconds since the run began, because that is what people read.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import nan
from operator import attrgetter

import numpy as np
import pandas as pd

from reports.evidence import Evidence
from reports.facts import Money
from reports.grouping import grouped
from reports.money import to_major
from reports.records import DiaryEntry, PaymentState
from reports.truth import Truth

_MICROSECONDS = 1_000_000
RISK_COLUMNS = ("order", "currency", "amount", "from_s", "until_s", "healed_by")


type _News = tuple[int, str]
"""When the service came to know that a payment was captured, or that something was wrong with it, and from whom."""


def risks(evidence: Evidence, truth: Truth) -> pd.DataFrame:
    """Return a row a stretch of time in which money had moved and the service did not know, or the reverse.

    Amounts are in major units. `healed_by` is the source of the transition that ended the stretch, and empty where
    nothing did. Without the service's transitions nobody knows when it learned what, and the table is empty.
    """
    stretches = () if evidence.service.transitions is None else _stretches(evidence, truth)
    frame = pd.DataFrame(stretches, columns=list(RISK_COLUMNS))
    start_us = evidence.manifest.started_at_us
    frame[["from_s", "until_s"]] = (frame[["from_s", "until_s"]].astype("int64") - start_us) / _MICROSECONDS
    return frame


def _stretches(evidence: Evidence, truth: Truth) -> Iterator[tuple[str, str, float, int, int, str]]:
    news, noticed, moneys = _news(evidence), _noticed(evidence, "object"), _captured_by_payment(truth)
    ended_us = evidence.manifest.ended_at_us
    ended: _News = (ended_us, "")
    for payment_id, captured in moneys.items():
        for position, money in enumerate(captured):
            # The news was of one capture; of a second one the service knows if it has put that very one on record.
            moved_us, secret = money.captured_at_us, noticed.get(money.payment.id, ended)
            heard = secret if position else news.get(payment_id, ended)
            yield _stretch(truth.intent_of(money), money.currency, money.captured_minor, moved_us, heard)
    for payment in evidence.service.payments or ():
        believed = news.get(payment.id)
        if believed and payment.id not in moneys and payment.state != PaymentState.FAILED and payment.currency:
            order, (since_us, _) = payment.order_id or payment.id, believed
            yield _stretch(order, payment.currency, payment.amount_minor or 0, ended_us, (since_us, ""))


def _stretch(
    order: str, currency: str, amount_minor: int, moved_us: int, heard: _News
) -> tuple[str, str, float, int, int, str]:
    heard_us, source = heard
    from_us, until_us = min(moved_us, heard_us), max(moved_us, heard_us)
    return order, currency, to_major(amount_minor, currency), from_us, until_us, source


def _news(evidence: Evidence) -> dict[str, _News]:
    """Return the earliest news by payment: its transition to SUCCESS, or a discrepancy put on record."""
    earliest = _noticed(evidence, "payment_id")
    for step in evidence.service.transitions or ():
        if step.to_state == PaymentState.SUCCESS:
            known = earliest.get(step.payment_id)
            if known is None or step.at_us < known[0]:
                earliest[step.payment_id] = (step.at_us, step.source or "service")
    return earliest


def _noticed(evidence: Evidence, about: str) -> dict[str, _News]:
    """Return when a discrepancy was first put on record, by the payment or the object that it is about."""
    on_record = grouped(evidence.service.discrepancies or (), attrgetter(about))
    return {name: (min(one.found_at_us for one in group), "discrepancy") for name, group in on_record.items()}


def _captured_by_payment(truth: Truth) -> Mapping[str, Sequence[Money]]:
    """Return captured money by the service's payment where that is known, else by the PSP's."""
    groups: defaultdict[str, list[Money]] = defaultdict(list)
    for money in sorted((one for one in truth.money.values() if one.captures), key=attrgetter("captured_at_us")):
        purchase = truth.purchases.get(truth.intent_of(money))
        only = next(iter(purchase.payment_ids), None) if purchase and len(purchase.payment_ids) == 1 else None
        groups[money.payment.payment_named or only or money.payment.id].append(money)
    return groups


def requests(evidence: Evidence) -> pd.DataFrame:
    """Return a row a request of a customer, with its latency where an answer came; of an open load, from when due."""
    diary = evidence.diary
    # Here as elsewhere column by column: a tuple a row would take as much memory again as the diary itself.
    columns = {
        "action": _categories(diary, "action"),
        "outcome": _categories(diary, "outcome"),
        "asked_s": _since_start(diary, "asked_at_us", evidence),
        "latency_s": _numbers(map(_latency_us, diary), len(diary)) / _MICROSECONDS,
    }
    return pd.DataFrame(columns)


def _latency_us(entry: DiaryEntry) -> float:
    latency_us = entry.latency_us
    return nan if latency_us is None else latency_us


def _since_start(rows: Sequence[object], name: str, evidence: Evidence) -> "pd.Series[float]":
    """Return times of rows as seconds since the run began."""
    return (_numbers(map(attrgetter(name), rows), len(rows)) - evidence.manifest.started_at_us) / _MICROSECONDS


def _numbers(values: Iterable[float], count: int) -> "pd.Series[float]":
    return pd.Series(np.fromiter(values, dtype="float64", count=count))


def _categories(rows: Sequence[object], name: str) -> "pd.Categorical[str]":
    """Return a column of few different texts, ordered by the alphabet; nothing said is an empty text."""
    texts = np.fromiter(map(attrgetter(name), rows), dtype=object, count=len(rows))
    texts[pd.isna(texts)] = ""
    codes, said = pd.factorize(texts)
    column: pd.Categorical[str] = pd.Categorical.from_codes(codes, categories=pd.Index(said))
    return column.reorder_categories(sorted(said))


def bites(evidence: Evidence) -> pd.DataFrame:
    """Return a row a fault: how often it bit, and when for the first and the last time."""
    columns = {name: _categories(evidence.faults, name) for name in ("fault", "kind")}
    frame = bite_times(evidence).assign(**columns)
    by_fault = frame.groupby(["where", "fault", "kind"])["at_s"]
    return by_fault.agg(count="size", first_s="min", last_s="max").reset_index()


def bite_times(evidence: Evidence) -> pd.DataFrame:
    """Return a row a bite of a fault: where it bit, and when."""
    columns = {
        "where": _categories(evidence.faults, "where"),
        "at_s": _since_start(evidence.faults, "at_us", evidence),
    }
    return pd.DataFrame(columns)


def steps(evidence: Evidence) -> pd.DataFrame:
    """Return a row a step of a payment's way: from which state to which, on whose word, and when.

    Without the service's transitions nobody knows, and the table is empty.
    """
    taken = evidence.service.transitions or ()
    columns = {
        "from_state": _categories(taken, "from_state"),
        "to_state": _categories(taken, "to_state"),
        "source": _categories(taken, "source"),
        "at_s": _since_start(taken, "at_us", evidence),
    }
    return pd.DataFrame(columns)


def moves(steps: pd.DataFrame) -> pd.DataFrame:
    """Return a row a kind of step: from which state to which, on whose word, and how often; frequent ones first."""
    counts = steps.groupby(["from_state", "to_state", "source"]).size().rename("count").reset_index()
    return counts.sort_values(["count", "from_state", "to_state", "source"], ascending=[False, True, True, True])
