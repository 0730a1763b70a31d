"""Which defects can show under a load in real time.

Left out is what takes something that a load has not: several processes of the service, several merchants, deaths at a
certain await, a database that refuses, hours of patience. Planted is not found: customers and faults must be such that
somebody is hit, as they are in the defect's habitat.
"""

from scenarios.defects import DEFECTS, Defect, find_defect
from scenarios.errors import BadInput

LIVE_DEFECTS = (
    "key-check-then-insert",
    "key-without-fingerprint",
    "psp-key-per-try",
    "timeout-is-failure",
    "busy-is-failure",
    "webhook-not-deduplicated",
    "late-failure-wins",
    "answer-overwrites-webhook",
    "signature-by-presence",
    "amount-not-compared",
    "late-capture-ignored",
    "search-miss-is-absence",
    "hundredths-everywhere",
    "cancel-unasked",
)
"""Each was found by a load of eight seconds in its habitat."""


def live_defect(name: str) -> Defect:
    """Return the defect of that name.

    Raises:
        BadInput: There is none, or it cannot show in real time.
    """
    if name not in LIVE_DEFECTS:
        known = name in DEFECTS
        why = "cannot show under a load in real time (`paystorm run --defect` has it)" if known else "does not exist"
        raise BadInput(f"--defect {name}: it {why}; choose from {', '.join(LIVE_DEFECTS)}")
    return find_defect(name)
