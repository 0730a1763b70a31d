"""Bugs planted on purpose, each seen in somebody's production code, to prove that the judge finds them."""

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.defects.background_only import BACKGROUND_ONLY
from scenarios.defects.cancel_unasked import CANCEL_UNASKED
from scenarios.defects.defect import Defect
from scenarios.defects.key_check_then_insert import KEY_CHECK_THEN_INSERT
from scenarios.defects.refund_read_then_write import REFUND_READ_THEN_WRITE
from scenarios.defects.timeout_is_failure import TIMEOUT_IS_FAILURE
from scenarios.defects.webhook_ignores_state import WEBHOOK_IGNORES_STATE
from scenarios.errors import BadInput

DEFECTS: Mapping[str, Defect] = MappingProxyType(
    {
        defect.id: defect
        for defect in (
            KEY_CHECK_THEN_INSERT,
            TIMEOUT_IS_FAILURE,
            WEBHOOK_IGNORES_STATE,
            BACKGROUND_ONLY,
            REFUND_READ_THEN_WRITE,
            CANCEL_UNASKED,
        )
    }
)

__all__ = ["DEFECTS", "Defect", "find_defect"]


def find_defect(name: str) -> Defect:
    """Return the defect of that name.

    Raises:
        BadInput: There is none.
    """
    if name not in DEFECTS:
        raise BadInput(f"no defect {name!r}; choose from {', '.join(DEFECTS)}")
    return DEFECTS[name]
