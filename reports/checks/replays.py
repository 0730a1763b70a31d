"""I6: repeating a request gives the first answer again, and a key serves one request only.

A customer's key names one request of one merchant at one place. The same request again must be answered as before, or,
while the first is in flight, be asked to come again later; another request under a used key must be refused with 422
and change nothing. A key may be used anew once the service has had the right to forget it, and not sooner. What the
service keeps of a key must bear that out: one answer, kept for as long as promised, and never an error of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from operator import attrgetter

from reports.checks.check import Breach, Check, Examination
from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.grouping import grouped, partitioned
from reports.records import Action, DiaryEntry, IdempotencyKey, Outcome
from reports.truth import Truth

_IN_FLIGHT = "in-flight"  # how the type of a problem ends that means: the first request is still under way
_ABOUT_KEYS = "idempotency-key"  # what the type of a problem names that is about the key and not about the request

# These refusals speak of the moment or of the caller; the request itself was not answered by them.
_PASSING = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)

_key = attrgetter("key")
_payload = attrgetter("order_id", "amount_minor", "currency")
_name = attrgetter("merchant_id", "route", "key")  # of a key that the service keeps


def _examine(evidence: Evidence, truth: Truth) -> Examination:
    terms, keyed = Terms.of(evidence.manifest), [entry for entry in evidence.diary if entry.key is not None]
    repeated = list(_repeated(keyed, retention_us=terms.idempotency_retention_us))
    breaches = [breach for clicks in repeated for breach in _breaches_of_key(clicks)]
    accepted, others = partitioned(keyed, _is_accepted)
    breaches += [
        _breach(click, "an error was remembered and replayed") for click in others if _is_replayed_error(click)
    ]
    breaches += _strangers_answers(accepted)
    breaches += _other_places(accepted)
    breaches += _unwarranted(keyed, refused=[click for click in others if _is_refused_for_its_key(click)])
    if not evidence.is_old:
        breaches += [_breach(click, "was not told when to come again") for click in others if _is_left_waiting(click)]
    breaches += _keeping(evidence.service.idempotency_keys or (), keyed, terms, truth)
    return Examination(examined=sum(len(clicks) for clicks in repeated), breaches=tuple(breaches))


def _repeated(keyed: Sequence[DiaryEntry], *, retention_us: int) -> Iterator[list[DiaryEntry]]:
    """Yield the requests that one key names, where it names several, in the order in which they were asked."""
    counts = Counter(map(_key, keyed))
    groups: defaultdict[tuple[str, str, str, str | None], list[DiaryEntry]] = defaultdict(list)
    for entry in keyed:
        if counts[entry.key] == 1:
            continue  # as most were: nobody used the key again, wherever
        # A key is good for one customer and one place; refunds or cancels of two payments go to two places.
        place = entry.order_id if entry.action in (Action.REFUND, Action.CANCEL) else ""
        groups[entry.merchant_id or entry.customer, entry.action, place, entry.key].append(entry)
    for entries in groups.values():
        if len(entries) > 1:
            entries.sort(key=attrgetter("asked_at_us"))
            yield from (clicks for clicks in _split_by_retention(entries, retention_us) if len(clicks) > 1)


def _split_by_retention(entries: Sequence[DiaryEntry], retention_us: int) -> Iterator[list[DiaryEntry]]:
    group: list[DiaryEntry] = []
    for entry in entries:
        # The time of the answer counts: a request may be asked before the key is forgotten and served after it.
        if group and (entry.answered_at_us or entry.asked_at_us) - group[0].asked_at_us >= retention_us:
            yield group
            group = []
        group.append(entry)
    yield group


def _breaches_of_key(clicks: Sequence[DiaryEntry]) -> Iterator[Breach]:
    by_payload = grouped(clicks, _payload)
    if len(by_payload) > 1:
        accepted = [same for same in by_payload.values() if any(map(_is_accepted, same))]
        for same in accepted[1:]:
            yield _breach(same[0], "a key was accepted again with another payload")
        yield from _not_recognised(clicks, accepted)
    for same in by_payload.values():
        yield from _differing_answers(sorted(same, key=_answered_at_us))


def _not_recognised(clicks: Sequence[DiaryEntry], accepted: Sequence[Sequence[DiaryEntry]]) -> Iterator[Breach]:
    """Find requests under a key that another one had used up, and that were refused for another reason than that.

    Whoever cannot read a request at all may say so before looking at its key.
    """
    if len(accepted) != 1:
        return
    served = accepted[0]
    served_at_us = min(_answered_at_us(click) for click in served if _is_accepted(click))
    for click in clicks:
        is_other = _payload(click) != _payload(served[0]) and click.asked_at_us > served_at_us
        if is_other and click.outcome == Outcome.FAILED and not _is_fit_for_a_used_key(click):
            yield _breach(click, f"a used key with another payload was answered with status {click.http_status}")


def _is_fit_for_a_used_key(click: DiaryEntry) -> bool:
    return _is_passing(click) or click.http_status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


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
        if first is not None and not click.is_answered_like(first):
            yield _breach(click, f"a replay (status {click.http_status}) differs from the first answer")
            return
    yield from _broken_word(same, accepted)


def _broken_word(same: Sequence[DiaryEntry], accepted: Sequence[DiaryEntry]) -> Iterator[Breach]:
    accepted_at_us = min(map(_answered_at_us, accepted), default=None)
    for click in same:
        is_later = accepted_at_us is not None and click.asked_at_us > accepted_at_us
        if is_later and click.outcome == Outcome.FAILED and not _is_passing(click):
            yield _breach(click, f"a request that had been accepted was refused with status {click.http_status}")
            return


def _strangers_answers(accepted: Iterable[DiaryEntry]) -> Iterator[Breach]:
    """Find answers that speak of a payment which belongs to somebody else's order."""
    owners: dict[str, str] = {}
    for click in accepted:
        if click.payment_id is None:
            continue
        owner = owners.setdefault(click.payment_id, click.order_id)
        if owner != click.order_id:
            yield _breach(click, f"the answer spoke of a payment that belongs to {owner}")


def _other_places(accepted: Iterable[DiaryEntry]) -> Iterator[Breach]:
    """Find refunds that were answered as if they had been asked for somewhere else."""
    for click in accepted:
        if click.refund_id is None and click.action == Action.REFUND:
            yield _breach(click, "the answer to a refund speaks of no refund")


def _unwarranted(keyed: Iterable[DiaryEntry], *, refused: Sequence[DiaryEntry]) -> Iterator[Breach]:
    """Find requests that were refused because of their key, which nobody in its scope had used for another one."""
    payloads: dict[object, set[object]] = {_scoped_key(click): set() for click in refused}
    for click in keyed if refused else ():
        if _scoped_key(click) in payloads:
            payloads[_scoped_key(click)].add(_payload(click))
    for click in refused:
        if len(payloads[_scoped_key(click)]) == 1:
            yield _breach(click, "a key was refused that nobody here had used for another request")


def _is_refused_for_its_key(click: DiaryEntry) -> bool:
    return click.http_status == HTTPStatus.UNPROCESSABLE_ENTITY and _ABOUT_KEYS in _problem(click)


def _scoped_key(click: DiaryEntry) -> object:
    return click.merchant_id, click.action, click.key


def _is_left_waiting(click: DiaryEntry) -> bool:
    """Tell whether a request was told that the first one is in flight, and not when to come again."""
    return (
        click.http_status == HTTPStatus.CONFLICT
        and _problem(click).endswith(_IN_FLIGHT)
        and click.retry_after_s is None
    )


def _keeping(
    keys: Sequence[IdempotencyKey], keyed: Iterable[DiaryEntry], terms: Terms, truth: Truth
) -> Iterator[Breach]:
    """Find what is wrong with the keys that the service keeps, of those that customers used."""
    counts = Counter(map(_name, keys))
    wrong = [(row, what) for row in keys for what in _wrongs(row, terms, truth, count=counts[_name(row)])]
    owners = {click.key: click.order_id for click in keyed} if wrong else {}
    for row, what in wrong:
        whose = f"the key {row.key} of {row.merchant_id} ({row.route})"
        yield Breach(at_us=row.created_at_us, what=f"{whose} {what}", order_id=owners.get(row.key))


def _wrongs(row: IdempotencyKey, terms: Terms, truth: Truth, *, count: int) -> Iterator[str]:
    if count > 1:
        yield f"is kept {count} times"
    if row.status is not None and row.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        yield f"has an error for its answer: status {row.status}"
    if row.status is None and truth.is_due(row.created_at_us):
        yield "has no answer"
    if row.expires_at_us - row.created_at_us < terms.idempotency_retention_us:
        yield "is forgotten earlier than promised"


def _problem(click: DiaryEntry) -> str:
    """Return the type of the problem that the answer tells of (RFC 9457), or nothing."""
    return click.told("type") or ""


def _is_passing(click: DiaryEntry) -> bool:
    """Tell whether a refusal says nothing about the request; a conflict that names another reason does."""
    if click.http_status == HTTPStatus.CONFLICT:
        return not _problem(click) or _problem(click).endswith(_IN_FLIGHT)
    return click.http_status in _PASSING


def _answered_at_us(click: DiaryEntry) -> int:
    return click.answered_at_us or click.asked_at_us


def _is_accepted(click: DiaryEntry) -> bool:
    return click.outcome == Outcome.SUCCEEDED


def _is_replayed_error(click: DiaryEntry) -> bool:
    return click.replayed and (click.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR


def _breach(click: DiaryEntry, what: str) -> Breach:
    return Breach(
        at_us=_answered_at_us(click),
        what=f"{what} ({click.action}, key {click.key})",
        order_id=click.order_id,
        payment_id=click.payment_id,
        amount_minor=click.amount_minor or 0,
        currency=click.currency,
    )


REPLAYS = Check(
    id="I6",
    title="Repeating changes nothing",
    statement=(
        "A replay equals the first answer, a key that is used again with another payload is refused and changes "
        "nothing, and whoever comes too early is told when to come again."
    ),
    unit="repeated requests",
    one="One repeated request was not answered as it was before",
    many="{count} repeated requests were not answered as they were before",
    examine=_examine,
    uses=frozenset({"service.idempotency_keys"}),
)
