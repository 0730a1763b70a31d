"""The menu: every kind of fault by its name. A new kind is added here and nowhere else."""

from collections.abc import Mapping

from psp_chaos.faults.doubled import Doubled
from psp_chaos.faults.drop_after import DropAfter
from psp_chaos.faults.drop_before import DropBefore
from psp_chaos.faults.early import Early
from psp_chaos.faults.error_after import ErrorAfter
from psp_chaos.faults.error_before import ErrorBefore
from psp_chaos.faults.fault import Fault
from psp_chaos.faults.hang_after import HangAfter
from psp_chaos.faults.hang_before import HangBefore
from psp_chaos.faults.html_after import HtmlAfter
from psp_chaos.faults.late import Late
from psp_chaos.faults.late_effect import LateEffect
from psp_chaos.faults.lost import Lost
from psp_chaos.faults.reordered import Reordered
from psp_chaos.faults.slow import Slow
from psp_chaos.faults.truncated_after import TruncatedAfter
from psp_chaos.faults.verdicts import Verdict

type Kind = type[Fault[Verdict]]

_KINDS: tuple[Kind, ...] = (
    ErrorBefore,
    DropBefore,
    HangBefore,
    Slow,
    ErrorAfter,
    LateEffect,
    DropAfter,
    HangAfter,
    TruncatedAfter,
    HtmlAfter,
    Lost,
    Late,
    Doubled,
    Reordered,
    Early,
)

MENU: Mapping[str, Kind] = {fault.kind: fault for fault in _KINDS}
