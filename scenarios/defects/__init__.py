"""Bugs planted on purpose, each seen in somebody's production code, to prove that the judge finds them."""

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.defects.always_200 import ALWAYS_200
from scenarios.defects.amount_not_compared import AMOUNT_NOT_COMPARED
from scenarios.defects.answer_overwrites_webhook import ANSWER_OVERWRITES_WEBHOOK
from scenarios.defects.attempt_after_call import ATTEMPT_AFTER_CALL
from scenarios.defects.background_only import BACKGROUND_ONLY
from scenarios.defects.busy_is_failure import BUSY_IS_FAILURE
from scenarios.defects.call_inside_retried_transaction import CALL_INSIDE_RETRIED_TRANSACTION
from scenarios.defects.cancel_unasked import CANCEL_UNASKED
from scenarios.defects.claim_after_dispatch import CLAIM_AFTER_DISPATCH
from scenarios.defects.defect import Defect
from scenarios.defects.delivery_abandoned import DELIVERY_ABANDONED
from scenarios.defects.early_webhook_dropped import EARLY_WEBHOOK_DROPPED
from scenarios.defects.error_remembered import ERROR_REMEMBERED
from scenarios.defects.event_renamed import EVENT_RENAMED
from scenarios.defects.habitat import Habitat
from scenarios.defects.hundredths_everywhere import HUNDREDTHS_EVERYWHERE
from scenarios.defects.inbox_before_effect import INBOX_BEFORE_EFFECT
from scenarios.defects.key_check_then_insert import KEY_CHECK_THEN_INSERT
from scenarios.defects.key_in_process_memory import KEY_IN_PROCESS_MEMORY
from scenarios.defects.key_not_scoped import KEY_NOT_SCOPED
from scenarios.defects.key_without_fingerprint import KEY_WITHOUT_FINGERPRINT
from scenarios.defects.late_capture_ignored import LATE_CAPTURE_IGNORED
from scenarios.defects.late_failure_wins import LATE_FAILURE_WINS
from scenarios.defects.order_by_created_second import ORDER_BY_CREATED_SECOND
from scenarios.defects.psp_key_outlived import PSP_KEY_OUTLIVED
from scenarios.defects.psp_key_per_try import PSP_KEY_PER_TRY
from scenarios.defects.reconciler_one_page import RECONCILER_ONE_PAGE
from scenarios.defects.reconciler_regresses import RECONCILER_REGRESSES
from scenarios.defects.refund_failure_ignored import REFUND_FAILURE_IGNORED
from scenarios.defects.refund_pending_is_done import REFUND_PENDING_IS_DONE
from scenarios.defects.refund_read_then_write import REFUND_READ_THEN_WRITE
from scenarios.defects.search_miss_is_absence import SEARCH_MISS_IS_ABSENCE
from scenarios.defects.signature_by_presence import SIGNATURE_BY_PRESENCE
from scenarios.defects.signature_checked_late import SIGNATURE_CHECKED_LATE
from scenarios.defects.sweeper_guesses import SWEEPER_GUESSES
from scenarios.defects.timeout_is_failure import TIMEOUT_IS_FAILURE
from scenarios.defects.told_afterwards import TOLD_AFTERWARDS
from scenarios.defects.webhook_not_deduplicated import WEBHOOK_NOT_DEDUPLICATED
from scenarios.errors import BadInput

DEFECTS: Mapping[str, Defect] = MappingProxyType(
    {
        defect.id: defect
        for defect in (
            KEY_CHECK_THEN_INSERT,
            KEY_IN_PROCESS_MEMORY,
            KEY_WITHOUT_FINGERPRINT,
            KEY_NOT_SCOPED,
            PSP_KEY_PER_TRY,
            PSP_KEY_OUTLIVED,
            ERROR_REMEMBERED,
            TIMEOUT_IS_FAILURE,
            BUSY_IS_FAILURE,
            ATTEMPT_AFTER_CALL,
            CALL_INSIDE_RETRIED_TRANSACTION,
            WEBHOOK_NOT_DEDUPLICATED,
            INBOX_BEFORE_EFFECT,
            ALWAYS_200,
            EARLY_WEBHOOK_DROPPED,
            LATE_FAILURE_WINS,
            ANSWER_OVERWRITES_WEBHOOK,
            ORDER_BY_CREATED_SECOND,
            SIGNATURE_BY_PRESENCE,
            SIGNATURE_CHECKED_LATE,
            AMOUNT_NOT_COMPARED,
            REFUND_READ_THEN_WRITE,
            REFUND_PENDING_IS_DONE,
            REFUND_FAILURE_IGNORED,
            SWEEPER_GUESSES,
            LATE_CAPTURE_IGNORED,
            RECONCILER_ONE_PAGE,
            RECONCILER_REGRESSES,
            SEARCH_MISS_IS_ABSENCE,
            CLAIM_AFTER_DISPATCH,
            HUNDREDTHS_EVERYWHERE,
            BACKGROUND_ONLY,
            CANCEL_UNASKED,
            TOLD_AFTERWARDS,
            EVENT_RENAMED,
            DELIVERY_ABANDONED,
        )
    }
)

__all__ = ["DEFECTS", "Defect", "Habitat", "find_defect"]


def find_defect(name: str) -> Defect:
    """Return the defect of that name.

    Raises:
        BadInput: There is none.
    """
    if name not in DEFECTS:
        raise BadInput(f"no defect {name!r}; choose from {', '.join(DEFECTS)}")
    return DEFECTS[name]
