"""The menu: every kind of fault by its name. A new kind is added here and nowhere else."""

from collections.abc import Mapping

from psp_chaos.faults.altered_amount import AlteredAmount
from psp_chaos.faults.concurrent import Concurrent
from psp_chaos.faults.doubled import Doubled
from psp_chaos.faults.doubled_anew import DoubledAnew
from psp_chaos.faults.drop_after import DropAfter
from psp_chaos.faults.drop_before import DropBefore
from psp_chaos.faults.early import Early
from psp_chaos.faults.endpoint_disabled import EndpointDisabled
from psp_chaos.faults.error_after import ErrorAfter
from psp_chaos.faults.error_before import ErrorBefore
from psp_chaos.faults.fault import Fault
from psp_chaos.faults.forged import Forged
from psp_chaos.faults.hang_after import HangAfter
from psp_chaos.faults.hang_before import HangBefore
from psp_chaos.faults.html_after import HtmlAfter
from psp_chaos.faults.keys_forgotten import KeysForgotten
from psp_chaos.faults.keys_ignored import KeysIgnored
from psp_chaos.faults.late import Late
from psp_chaos.faults.late_effect import LateEffect
from psp_chaos.faults.lost import Lost
from psp_chaos.faults.newest_missing import NewestMissing
from psp_chaos.faults.other_account import OtherAccount
from psp_chaos.faults.other_mode import OtherMode
from psp_chaos.faults.pending_for_days import PendingForDays
from psp_chaos.faults.rate_limit import RateLimit
from psp_chaos.faults.refund_fails import RefundFails
from psp_chaos.faults.refund_pending import RefundPending
from psp_chaos.faults.refund_refused import RefundRefused
from psp_chaos.faults.refuse import Refuse
from psp_chaos.faults.reordered import Reordered
from psp_chaos.faults.retry_storm import RetryStorm
from psp_chaos.faults.rolled_back import RolledBack
from psp_chaos.faults.search_lag import SearchLag
from psp_chaos.faults.settlement_row_doubled import SettlementRowDoubled
from psp_chaos.faults.settlement_row_late import SettlementRowLate
from psp_chaos.faults.settlement_row_missing import SettlementRowMissing
from psp_chaos.faults.settlement_row_wrong import SettlementRowWrong
from psp_chaos.faults.short_page import ShortPage
from psp_chaos.faults.slow import Slow
from psp_chaos.faults.slow_answer import SlowAnswer
from psp_chaos.faults.stale_read import StaleRead
from psp_chaos.faults.stale_timestamp import StaleTimestamp
from psp_chaos.faults.truncated_after import TruncatedAfter
from psp_chaos.faults.unannounced import Unannounced
from psp_chaos.faults.verdicts import Verdict
from psp_chaos.faults.wrong_secret import WrongSecret

type Kind = type[Fault[Verdict]]

_KINDS: tuple[Kind, ...] = (
    # Before anything has happened.
    Refuse,
    ErrorBefore,
    RateLimit,
    DropBefore,
    HangBefore,
    # Idempotency keys.
    KeysIgnored,
    KeysForgotten,
    # The effect.
    Slow,
    ErrorAfter,
    LateEffect,
    RolledBack,
    PendingForDays,
    RefundFails,
    RefundPending,
    RefundRefused,
    # The answer.
    SlowAnswer,
    DropAfter,
    HangAfter,
    TruncatedAfter,
    HtmlAfter,
    # Webhooks.
    Lost,
    Late,
    Doubled,
    DoubledAnew,
    Concurrent,
    Reordered,
    Early,
    RetryStorm,
    Forged,
    WrongSecret,
    StaleTimestamp,
    OtherAccount,
    OtherMode,
    AlteredAmount,
    Unannounced,
    EndpointDisabled,
    # What the books show.
    ShortPage,
    NewestMissing,
    StaleRead,
    SearchLag,
    SettlementRowMissing,
    SettlementRowDoubled,
    SettlementRowWrong,
    SettlementRowLate,
)

MENU: Mapping[str, Kind] = {fault.kind: fault for fault in _KINDS}
