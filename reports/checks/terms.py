"""What the service was told to promise: its settings as the plan has them, else what it promises by itself."""

from dataclasses import dataclass

from reports.records import Json, Manifest

_MICROSECONDS = 1_000_000
_EVENT_SCHEDULE_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
_PERIODS = 2  # within which the statement must have told what nothing else did


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """Spans of time in microseconds."""

    idempotency_retention_us: int  # how long the same key gets the same answer
    psp_key_retention_us: int  # how long the PSP is believed to remember a key
    webhook_tolerance_us: int  # how old a signature may be
    settlement_period_us: int | None  # between two readings of the PSP's statement; None: it is not read
    settlement_delay_max_us: int  # how late a line may come; then it is missing
    event_schedule_us: tuple[int, ...]  # the waits between two tries to tell a merchant something
    event_retention_us: int  # how long what merchants were told is kept

    @property
    def statement_patience_us(self) -> int:
        """How long it may take until what only the PSP's statement tells is known; 0 where it is not read."""
        return _PERIODS * (self.settlement_period_us or 0)

    @classmethod
    def of(cls, manifest: Manifest) -> "Terms":
        """Return the terms of a run."""
        settings = manifest.plan.get("service")
        told = settings if isinstance(settings, dict) else {}
        is_read = told.get("settlement_period_s", 0) is not None
        return cls(
            idempotency_retention_us=_us(told.get("idempotency_retention_s"), 86_400),
            psp_key_retention_us=_us(told.get("psp_key_retention_s"), 82_800),
            webhook_tolerance_us=_us(told.get("webhook_tolerance_s"), 300),
            settlement_period_us=_us(told.get("settlement_period_s"), 3_600) if is_read else None,
            settlement_delay_max_us=_us(told.get("settlement_delay_max_s"), 259_200),
            event_schedule_us=_schedule_us(told.get("event_schedule_s")),
            event_retention_us=_us(told.get("event_retention_s"), 2_592_000),
        )


def _us(told_s: Json, promised_s: int) -> int:
    seconds = told_s if isinstance(told_s, int | float) else promised_s
    return round(seconds * _MICROSECONDS)


def _schedule_us(told_s: Json) -> tuple[int, ...]:
    waits_s = told_s if isinstance(told_s, list) else _EVENT_SCHEDULE_S
    return tuple(_us(wait_s, 0) for wait_s in waits_s)
