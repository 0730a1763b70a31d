"""Requests that never come to rest: asked again and again, and in the calm still answered with an internal error.

A 500 is what RFC 9110 (15.6.1) calls an unexpected condition, in a storm as anywhere. Whoever is told of it once may
ask again; who is told of it for the last time in the calm will never get the payment, or the money back.
"""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from operator import attrgetter

from reports.checks.check import Breach
from reports.evidence import Evidence
from reports.grouping import grouped
from reports.records import Action, DiaryEntry
from reports.truth import Truth

_WISHES = frozenset({Action.CREATE, Action.REFUND, Action.CANCEL})
_same_request = attrgetter("action", "intent", "key")


def wishes(evidence: Evidence) -> tuple[DiaryEntry, ...]:
    """Return the requests that want something to happen."""
    return tuple(entry for entry in evidence.diary if entry.action in _WISHES)


def accidents(asked: Sequence[DiaryEntry], truth: Truth) -> Iterator[Breach]:
    """Yield each request that was repeated, and in the calm met with internal errors and nothing else."""
    calm_us = truth.manifest.storm_ended_at_us
    failed = {_same_request(entry) for entry in asked if entry.asked_at_us >= calm_us and _has_failed(entry)}
    suspects = (entry for entry in asked if _same_request(entry) in failed) if failed else ()
    for tries in grouped(suspects, _same_request).values():
        in_the_calm = [entry for entry in tries if entry.asked_at_us >= calm_us]
        if len(tries) > 1 and all(map(_has_failed, in_the_calm)):
            yield _breach(in_the_calm[-1], tries=len(tries), truth=truth)


def _has_failed(entry: DiaryEntry) -> bool:
    return entry.http_status == HTTPStatus.INTERNAL_SERVER_ERROR


def _breach(last: DiaryEntry, *, tries: int, truth: Truth) -> Breach:
    price_minor, currency = truth.price(last)
    return Breach(
        at_us=last.asked_at_us,
        what=f"a customer asked {tries} times to {last.action} and met with an internal error to the end",
        order_id=last.order_id,
        payment_id=last.payment_id,
        amount_minor=price_minor if last.amount_minor is None else last.amount_minor,
        currency=last.currency or currency,
    )
