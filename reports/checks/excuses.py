"""What nobody could have survived, bite by bite: whoever made the fault declares it, and it excuses just that.

A PSP that forgets a key too early carries a repeated request out again; the second effect is excused, for as long as
keys were to be remembered, and whoever repeats a request later than that has no excuse. That the service must find out
about such money is excused by nothing. Where nothing was left to be done the second time, a refund that went out is
called refused; until a statement says otherwise, the service may believe either. An authentic event about something
that never was may be kept for ever. And nobody can know what the PSP tells by no way at all: by no answer, by no
webhook that arrived, and not on its statement.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from operator import attrgetter

from reports.checks.terms import Terms
from reports.evidence import Evidence
from reports.once import once
from reports.records import FaultBite, JournalEntry, Manifest

_REPEATED_EFFECT = "repeated-effect"
_UNEXPLAINED_EVENT = "unexplained-event"
_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.PAYMENT_REQUIRED})  # for good, of the request itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Excuses:
    """What is nobody's fault."""

    effects: frozenset[str]  # payments and refunds of the PSP that came of a repetition whose key it should have known
    denied: frozenset[str]  # those that such a repetition was told to be impossible
    events: frozenset[str]
    unheard: frozenset[str]  # refunds of which nobody was told how they ended

    @classmethod
    def of(cls, evidence: Evidence) -> "Excuses":
        """Return what the bites of a run excuse; half of the checks ask, and it is worked out once for all."""
        return _excused(evidence)


@once
def _excused(evidence: Evidence) -> Excuses:
    repetitions = _repetitions(evidence)
    events = [bite.told("inserted") for bite in evidence.faults if bite.unsurvivable == _UNEXPLAINED_EVENT]
    return Excuses(
        effects=frozenset(entry.object for entry in repetitions if entry.object is not None),
        denied=frozenset(_denied(evidence, repetitions)),
        events=frozenset(event for event in events if isinstance(event, str)),
        unheard=frozenset(_unheard(evidence)),
    )


def _repetitions(evidence: Evidence) -> list[JournalEntry]:
    """Return the requests that were carried out again although their keys should have been known."""
    bites = [bite for bite in evidence.faults if bite.unsurvivable == _REPEATED_EFFECT]
    if not bites:
        return []  # without a look at the journal, which is long
    requests = {entry.request_id: entry for entry in evidence.psp.journal if entry.request_id is not None}
    first_used_us: dict[str, int] = {}
    for entry in requests.values():
        if entry.idempotency_key is not None:
            first_used_us.setdefault(entry.idempotency_key, entry.at_us)
    promised_us = Terms.of(evidence.manifest).psp_key_retention_us
    repetitions = [
        requests.get(request_id)
        for bite in bites
        for request_id in [bite.told("request_id")]
        if isinstance(request_id, str)
    ]
    return [entry for entry in repetitions if entry is not None and _age_us(entry, first_used_us) < promised_us]


def _age_us(entry: JournalEntry, first_used_us: dict[str, int]) -> int:
    return entry.at_us - first_used_us.get(entry.idempotency_key or "", entry.at_us)


def _denied(evidence: Evidence, repetitions: Iterable[JournalEntry]) -> Iterator[str]:
    """Yield what a key had made before it was repeated to no effect and refused, in that answer or a remembered one."""
    keys = {entry.idempotency_key for entry in repetitions if entry.object is None} - {None}
    said = [entry for entry in evidence.psp.journal if entry.idempotency_key in keys] if keys else []
    refused = {entry.idempotency_key for entry in said if entry.object is None and entry.status in _REFUSALS}
    for entry in said:
        if entry.idempotency_key in refused and entry.object is not None:
            yield entry.object


def _unheard(evidence: Evidence) -> Iterator[str]:
    """Yield the refunds of whose last movement neither the statement nor any exchange ever told."""
    hidden = {bite.told("movement_id") for bite in evidence.faults if _hides(bite, evidence.manifest)}
    if not hidden:
        return  # without a look at the journal, which is long
    last = {movement.refund: movement for movement in sorted(evidence.psp.movements, key=attrgetter("at_us"))}
    told_us: dict[str | None, int] = {}
    for entry in evidence.psp.journal:
        if entry.status is not None and HTTPStatus(entry.status).is_success:
            told_us[entry.object] = max(told_us.get(entry.object, 0), entry.ended_at_us or entry.at_us)
    for refund, movement in last.items():
        if refund is not None and movement.id in hidden and told_us.get(refund, 0) < movement.at_us:
            yield refund


def _hides(bite: FaultBite, manifest: Manifest) -> bool:
    """Tell whether a fault kept a line from the statement for as long as the run lasted."""
    if bite.kind != "settlement-row-late":
        return bite.kind == "settlement-row-missing"
    visible_us = bite.told("visible_at_us")
    return isinstance(visible_us, int) and visible_us > manifest.ended_at_us
