"""What a check is: a question to the evidence, with an answer that counts what it looked at.

A check never says "valid" itself. It reports how much it examined, what was breached, and what it could not settle;
the verdict is drawn from that in one place.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reports.evidence import Evidence
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """What a check has seen."""

    examined: int
    breaches: tuple[Breach, ...] = ()
    doubts: tuple[str, ...] = ()  # why the check cannot say; each makes a valid verdict unknown


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
