"""What a check is: a question to the evidence, with an answer that counts what it looked at.

A check never says "valid" itself. It reports how much it examined, what was breached, and what it could not settle;
the verdict is drawn from that in one place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from reports.evidence import Evidence
from reports.records import Payment
from reports.story import Subject
from reports.truth import Truth


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    """One violation of an invariant."""

    at_us: int  # when it came to be
    what: str  # in plain words, with the amounts
    order_id: str | None = None
    payment_id: str | None = None
    amount_minor: int = 0  # what is at stake
    currency: str | None = None

    @property
    def subject(self) -> Subject:
        """What a story of it is about."""
        return Subject(order_id=self.order_id, payment_id=self.payment_id)

    @classmethod
    def of_payment(cls, payment: Payment, what: str, amount_minor: int, truth: Truth) -> "Breach":
        """Return what is wrong with a payment as the service's books have it."""
        return cls(
            at_us=payment.updated_at_us or truth.manifest.ended_at_us,
            what=what,
            order_id=payment.order_id or truth.order_of.get(payment.id),
            payment_id=payment.id,
            amount_minor=amount_minor,
            currency=payment.currency,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How well one kind of thing was found by whoever has to find it; shares and spans are None where nothing was."""

    kind: str
    planted: int  # what was there, and due to be found
    found: int  # of that
    missed: int  # of that
    invented: int  # said to be there, and was not
    not_due: int  # there too late in the run for anybody to say
    precision: float | None  # the share of what was said that is so
    recall: float | None  # the share of what was there that was found
    find_median_s: float | None  # from when it came to be until it was found
    find_worst_s: float | None
    heal_median_s: float | None  # until it was made good, where that can be done
    heal_worst_s: float | None

    @classmethod
    def of(
        cls,
        kind: str,
        *,
        found: int,
        missed: int,
        invented: int,
        not_due: int,
        find_s: Sequence[float],
        heal_s: Sequence[float],
    ) -> "Score":
        """Return the score of these counts and spans."""
        return cls(
            kind=kind,
            planted=found + missed,
            found=found,
            missed=missed,
            invented=invented,
            not_due=not_due,
            precision=found / (found + invented) if found + invented else None,
            recall=found / (found + missed) if found + missed else None,
            find_median_s=median(find_s) if find_s else None,
            find_worst_s=max(find_s, default=None),
            heal_median_s=median(heal_s) if heal_s else None,
            heal_worst_s=max(heal_s, default=None),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """What a check has seen."""

    examined: int
    breaches: tuple[Breach, ...] = ()
    doubts: tuple[str, ...] = ()  # why the check cannot say; each makes a valid verdict unknown
    scores: tuple[Score, ...] = ()  # of a check that holds a finder to account


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One invariant."""

    id: str
    title: str
    statement: str  # the invariant in plain words
    unit: str  # what is counted as examined, in the plural
    one: str  # a finding of one breach as a sentence
    many: str  # the same for several; `{count}` says how many
    examine: Callable[[Evidence, Truth], Examination]
    stake: str = ""  # what follows after a colon; `{money}` is the sum of what is at stake
    needs: frozenset[str] = frozenset()  # books of the service without which the check is skipped
    uses: frozenset[str] = frozenset()  # books without which it sees less
    bears_on_money: bool = True  # somebody may have lost some where it could not look
