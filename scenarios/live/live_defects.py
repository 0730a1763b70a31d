"""Which defects can show in real time, and which programs have them.

Left out is what takes something that a load has not: several processes of the service, several merchants, deaths at a
certain await, a database that refuses, hours of patience. Planted is not found: customers and faults must be such that
somebody is hit, as they are in the defect's habitat.
"""

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.defects import DEFECTS, Defect, find_defect
from scenarios.errors import BadInput

DEFECT, PART = "SCENARIO_DEFECT", "SCENARIO_PART"
"""The variables by which `defective_main` learn what they are."""

_DEFECTIVE = "scenarios.live.defective_main"

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

_SOUND: Mapping[str, str] = MappingProxyType({"service": "service.main", "worker": "service.worker_main"})


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


def program_of(part: str, *, defect: str | None) -> tuple[str, Mapping[str, str]]:
    """Return the module that is started as the `service` or as a `worker`, and what it must be told."""
    return (_SOUND[part], {}) if defect is None else (_DEFECTIVE, {DEFECT: defect, PART: part})


def alterations_of(defect: str | None) -> tuple[str, ...]:
    """Return what of the schema a service with this defect lacks, as SQL."""
    return () if defect is None else find_defect(defect).schema_changes
