"""The invariants, each in a file of its own; the order is the order of the report."""

from reports.checks.authenticity import AUTHENTICITY
from reports.checks.check import Breach, Check, Examination, Score
from reports.checks.convergence import CONVERGENCE
from reports.checks.durability import DURABILITY
from reports.checks.effects import EFFECTS
from reports.checks.honesty import HONESTY
from reports.checks.notices import NOTICES
from reports.checks.orphans import ORPHANS
from reports.checks.phantoms import PHANTOMS
from reports.checks.reconciling import RECONCILING
from reports.checks.refunds import REFUNDS
from reports.checks.replays import REPLAYS
from reports.checks.single_capture import SINGLE_CAPTURE
from reports.checks.transitions import TRANSITIONS

__all__ = ["CHECKS", "Breach", "Check", "Examination", "Score"]

CHECKS: tuple[Check, ...] = (
    SINGLE_CAPTURE,
    ORPHANS,
    PHANTOMS,
    HONESTY,
    TRANSITIONS,
    REPLAYS,
    REFUNDS,
    CONVERGENCE,
    EFFECTS,
    AUTHENTICITY,
    DURABILITY,
    RECONCILING,
    NOTICES,
)
