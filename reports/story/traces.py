"""What belongs to one purchase, found in all the diaries by the names that they share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from reports.evidence import Evidence
from reports.records import (
    Attempt,
    DiaryEntry,
    Discrepancy,
    FaultBite,
    InboxEvent,
    JournalEntry,
    Notice,
    Payment,
    PspMovement,
    Refund,
    Transition,
)
from reports.story.bites import BiteIndex
from reports.story.excerpt import excerpt
from reports.story.names import Names, Subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Traces:
    """What one purchase left in the diaries."""

    diary: tuple[DiaryEntry, ...]
    payments: tuple[Payment, ...]  # the service's rows
    attempts: tuple[Attempt, ...]
    transitions: tuple[Transition, ...]
    inbox: tuple[InboxEvent, ...]
    refunds: tuple[Refund, ...]
    discrepancies: tuple[Discrepancy, ...]
    journal: tuple[JournalEntry, ...]
    movements: tuple[PspMovement, ...]
    bites: tuple[FaultBite, ...]
    notices: tuple[Notice, ...] = ()  # what its merchant was told


def traces_of(subjects: Sequence[Subject], evidence: Evidence) -> Iterator[Traces]:
    """Yield everything that belongs to each of these purchases, each diary's rows in the order of time.

    The diaries are gone through once for all of them, however long the run was, and a few rows of them for each.
    """
    about_all = excerpt(evidence, Names.of(subjects, evidence))
    bites = BiteIndex(about_all.faults)
    for subject in subjects:
        names = Names.of([subject], about_all)
        yield _traces(excerpt(about_all, names), names, bites)


def _traces(about: Evidence, names: Names, bites: BiteIndex) -> Traces:
    service, psp, diary = about.service, about.psp, about.diary
    asked = [(entry.asked_at_us, entry.answered_at_us) for entry in diary]
    # Rows go by name where they have no moment in common: what one payment did stays together.
    return Traces(
        diary=_sorted(diary, "op"),
        payments=_sorted(service.payments, "id"),
        attempts=_sorted(service.attempts, "payment_id"),
        transitions=_sorted(service.transitions, "payment_id"),
        inbox=_sorted(service.inbox, "psp_object_id"),
        refunds=_sorted(service.refunds, "payment_id"),
        discrepancies=tuple(sorted(service.discrepancies or (), key=partial(_found, names))),
        journal=tuple(sorted(psp.journal, key=partial(_told, names))),
        movements=_sorted(psp.movements, "payment"),
        notices=_sorted(about.notices, "payment_id"),
        bites=bites.about(
            names.psp_objects | names.payments | names.orders,
            customers={entry.customer: asked for entry in diary},
            requests=[*asked, *((entry.at_us, entry.ended_at_us) for entry in psp.journal)],
        ),
    )


def _sorted[Row](rows: Sequence[Row] | None, column: str) -> tuple[Row, ...]:
    return tuple(sorted(rows or (), key=attrgetter(column)))


def _told(names: Names, entry: JournalEntry) -> tuple[int, bool, str]:
    """Return where an entry belongs: by its moment, and in one moment what names an object goes first."""
    is_anonymous = entry.object not in names.psp_objects
    return entry.at_us, is_anonymous, (entry.idempotency_key if is_anonymous else entry.object) or ""


def _found(names: Names, one: Discrepancy) -> tuple[int, bool, str]:
    """Return where a discrepancy belongs: by its moment, and in one moment what names a payment goes first."""
    is_anonymous = one.payment_id not in names.payments
    return one.found_at_us, is_anonymous, (one.object if is_anonymous else one.payment_id) or ""
