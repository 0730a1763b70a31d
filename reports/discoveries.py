"""What the service has found wrong itself, and what it did about it."""

from collections.abc import Iterator

import pandas as pd

from reports.evidence import Evidence
from reports.truth import Truth

_MICROSECONDS = 1_000_000
_COLUMNS = ("id", "kind", "order", "payment", "object", "currency", "amount_minor", "state", "found_s", "closed_s")


def discoveries(evidence: Evidence, truth: Truth) -> pd.DataFrame:
    """Return a row a discrepancy of the service's own, in the order in which they were found.

    Times are seconds since the run began. Where the service keeps no such book the table is empty.
    """
    rows = sorted(_rows(evidence, truth), key=lambda row: (row[-2], row[0]))
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype({"amount_minor": "Int64", "found_s": "float64", "closed_s": "Float64"})


def by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row a kind: how many were found, and how many are in which state now."""
    counts = frame.groupby(["kind", "state"]).size().unstack(fill_value=0)  # noqa: PD010 - a table of counts
    return counts.assign(found=counts.sum(axis=1)).sort_values("found", ascending=False, kind="stable").reset_index()


def _rows(evidence: Evidence, truth: Truth) -> Iterator[tuple[object, ...]]:
    start_us = evidence.manifest.started_at_us
    orders = {row.id: row.order_id for row in evidence.service.payments or ()}
    for one in evidence.service.discrepancies or ():
        order = orders.get(one.payment_id or "") or truth.order_of.get(one.payment_id or "")
        yield (
            one.id,
            one.kind,
            order or "",
            one.payment_id or "",
            one.object or "",
            one.currency or "",
            one.amount_minor,
            one.state,
            (one.found_at_us - start_us) / _MICROSECONDS,
            None if one.closed_at_us is None else (one.closed_at_us - start_us) / _MICROSECONDS,
        )
