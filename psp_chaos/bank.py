"""The bank behind the provider: it decides whether a payment is taken, and when.

What is decided at once is decided before the method returns. What comes later
runs as a task and changes the books when its time has come.
"""

import asyncio
from collections.abc import Mapping
from random import Random

from psp_chaos.books import Books
from psp_chaos.records import Cause, Instrument, Payment, Refund, RefundCourse
from psp_chaos.settings import PspSettings
from psp_chaos.spans import draw_s
from psp_chaos.tasks import Tasks

# The one reason that Stripe documents for a card number whose refunds fail.
REFUND_FAILURE_REASON = "expired_or_canceled_card"


class Bank:
    """Charges instruments and returns money to them."""

    def __init__(self, *, books: Books, tasks: Tasks, settings: PspSettings, random: Random) -> None:
        self._books = books
        self._tasks = tasks
        self._settings = settings
        self._random = random

    def charge(
        self, payment_id: str, *, instrument: Instrument, postponed_s: float | None, cause: Cause | None
    ) -> Payment:
        """Charge the instrument, now or later, and return the payment as it is now.

        With `postponed_s` somebody else has decided when; None leaves the time to the bank.
        """
        self._books.confirm(payment_id, instrument=instrument)
        delay_s = self._asynchronous_s() if postponed_s is None else postponed_s
        if delay_s is None:
            return self._decide(payment_id, instrument, cause)
        self._tasks.start(self._decide_later(payment_id, instrument, delay_s), name=f"charge/{payment_id}")
        return self._books.payment(payment_id)

    def refund(
        self,
        payment_id: str,
        *,
        amount_minor: int | None,
        reason: str | None,
        metadata: Mapping[str, str],
        postponed_s: float | None,
        cause: Cause | None,
    ) -> Refund:
        """Send captured money back the way it came and return the refund as it is now."""
        instrument = self._books.payment(payment_id).instrument
        course = instrument.refund_course if instrument else RefundCourse.AT_ONCE
        settled = postponed_s is None and course is not RefundCourse.LATER
        refund = self._books.open_refund(
            payment_id=payment_id,
            amount_minor=amount_minor,
            settled=settled,
            reason=reason,
            metadata=metadata,
            cause=cause,
        )
        if not settled:
            delay_s = self._settlement_s() if postponed_s is None else postponed_s
            self._tasks.start(self._settle_later(refund.id, course, delay_s), name=f"refund/{refund.id}")
        elif course is RefundCourse.FAILS_LATER:
            self._tasks.start(self._fail_later(refund.id), name=f"refund/{refund.id}")
        return refund

    def _decide(self, payment_id: str, instrument: Instrument, cause: Cause | None) -> Payment:
        if instrument.decline_code is not None:
            return self._books.decline(payment_id, decline_code=instrument.decline_code, cause=cause)
        return self._books.capture(payment_id, cause=cause)

    async def _decide_later(self, payment_id: str, instrument: Instrument, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        self._decide(payment_id, instrument, None)

    async def _settle_later(self, refund_id: str, course: RefundCourse, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        self._books.settle_refund(refund_id)
        if course is RefundCourse.FAILS_LATER:
            await self._fail_later(refund_id)

    async def _fail_later(self, refund_id: str) -> None:
        await asyncio.sleep(self._settlement_s())
        self._books.fail_refund(refund_id, failure_reason=REFUND_FAILURE_REASON)

    def _asynchronous_s(self) -> float | None:
        if self._random.random() >= self._settings.asynchronous_share:
            return None
        return draw_s(self._settings.asynchronous_s, self._random)

    def _settlement_s(self) -> float:
        return draw_s(self._settings.refund_settlement_s, self._random)
