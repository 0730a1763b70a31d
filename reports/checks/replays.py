"""I6: repeating a request gives the first answer again, and a key serves one request only.

A customer's key names one request. The same request again must be answered as before; another request under a used key
must change nothing. A key may be used anew once the service has had the right to forget it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from operator import attrgetter

from reports.checks.check import Breach, Check, Examination
from reports.evidence import Evidence
from reports.records import Action, DiaryEntry, Manifest, Outcome
from reports.truth import Truth

_MICROSECONDS = 1_000_000
_RETENTION_S = 86_400  # what the service promises where the plan sets nothing else

# These refusals speak of the moment or of the caller; the request itself was not answered by them.
_PASSING = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


def _examine(evidence: Evidence, truth: Truth) -> Examination:  # noqa: ARG001 - requests and answers say it all
    keyed = [entry for entry in evidence.diary if entry.key is not None]
    repeated = [clicks for clicks in _by_key(keyed, retention_us=_retention_us(evidence.manifest)) if len(clicks) > 1]
    breaches = [breach for clicks in repeated for breach in _breaches_of_key(clicks)]
    breaches += [_breach(click, "an error was remembered and replayed") for click in keyed if _is_replayed_error(click)]
    breaches += _strangers_answers(keyed)
    return Examination(examined=sum(len(clicks) for clicks in repeated), breaches=tuple(breaches))


def _by_key(keyed: Iterable[DiaryEntry], *, retention_us: int) -> Iterator[list[DiaryEntry]]:
    """Yield the requests that one key names, in the order in which they were asked."""
    groups: defaultdict[tuple[str, str, str, str | None], list[DiaryEntry]] = defaultdict(list)
    for entry in keyed:
        # A key is good for one customer and one place; refunds or cancels of two payments go to two places.
        place = entry.order_id if entry.action in (Action.REFUND, Action.CANCEL) else ""
        groups[entry.customer, entry.action, place, entry.key].append(entry)
    for entries in groups.values():
        entries.sort(key=attrgetter("asked_at_us"))
        yield from _split_by_retention(entries, retention_us)


def _split_by_retention(entries: Sequence[DiaryEntry], retention_us: int) -> Iterator[list[DiaryEntry]]:
    group: list[DiaryEntry] = []
    for entry in entries:
        # The time of the answer counts: a request may be asked before the key is forgotten and served after it.
        if group and (entry.answered_at_us or entry.asked_at_us) - group[0].asked_at_us >= retention_us:
            yield group
            group = []
        group.append(entry)
    yield group


def _retention_us(manifest: Manifest) -> int:
    settings = manifest.plan.get("service")
    retention_s = settings.get("idempotency_retention_s") if isinstance(settings, dict) else None
    return round((retention_s if isinstance(retention_s, int | float) else _RETENTION_S) * _MICROSECONDS)


def _breaches_of_key(clicks: Sequence[DiaryEntry]) -> Iterator[Breach]:
    by_payload: defaultdict[object, list[DiaryEntry]] = defaultdict(list)
    for click in clicks:
        by_payload[click.order_id, click.amount_minor, click.currency].append(click)
    accepted = [same for same in by_payload.values() if any(_is_accepted(click) for click in same)]
    for same in accepted[1:]:
        yield _breach(same[0], "a key was accepted again with another payload")
    for same in by_payload.values():
        yield from _differing_answers(sorted(same, key=lambda click: click.answered_at_us or click.asked_at_us))


def _differing_answers(same: Sequence[DiaryEntry]) -> Iterator[Breach]:
    """Compare the answers to one and the same request, in the order in which they came."""
    accepted = [click for click in same if _is_accepted(click)]
    made = {(click.payment_id, click.refund_id) for click in accepted}
    if len(made) > 1:
        yield _breach(accepted[-1], f"one request under one key was carried out {len(made)} times")
        return
    remembered = [click for click in same if click.replayed]
    first = next(iter(accepted or remembered), None)
    for click in remembered:
        if first is not None and (click.http_status, click.answer) != (first.http_status, first.answer):
            yield _breach(click, f"a replay (status {click.http_status}) differs from the first answer")
            return
    yield from _broken_word(same, accepted)


def _broken_word(same: Sequence[DiaryEntry], accepted: Sequence[DiaryEntry]) -> Iterator[Breach]:
    accepted_at_us = min((click.answered_at_us or click.asked_at_us for click in accepted), default=None)
    for click in same:
        is_later = accepted_at_us is not None and click.asked_at_us > accepted_at_us
        if is_later and click.outcome == Outcome.FAILED and click.http_status not in _PASSING:
            yield _breach(click, f"a request that had been accepted was refused with status {click.http_status}")
            return


def _strangers_answers(keyed: Iterable[DiaryEntry]) -> Iterator[Breach]:
    """Find answers that speak of a payment which belongs to somebody else's order."""
    owners: dict[str, str] = {}
    for click in keyed:
        if click.payment_id is None or not _is_accepted(click):
            continue
        owner = owners.setdefault(click.payment_id, click.order_id)
        if owner != click.order_id:
            yield _breach(click, f"the answer spoke of a payment that belongs to {owner}")


def _is_accepted(click: DiaryEntry) -> bool:
    return click.outcome == Outcome.SUCCEEDED


def _is_replayed_error(click: DiaryEntry) -> bool:
    return click.replayed and (click.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR


def _breach(click: DiaryEntry, what: str) -> Breach:
    return Breach(
        at_us=click.answered_at_us or click.asked_at_us,
        what=f"{what} ({click.action}, key {click.key})",
        order_id=click.order_id,
        payment_id=click.payment_id,
        amount_minor=click.amount_minor or 0,
        currency=click.currency,
    )


REPLAYS = Check(
    id="I6",
    title="Repeating changes nothing",
    statement="A replay equals the first answer, and a key that is used again with another payload changes nothing.",
    unit="repeated requests",
    one="One repeated request was not answered as it was before",
    many="{count} repeated requests were not answered as they were before",
    examine=_examine,
)
