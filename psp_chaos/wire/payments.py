"""PaymentIntents: create, confirm, capture, cancel, update, retrieve, list and search."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from psp_chaos.answers import Answer
from psp_chaos.errors import WrongState
from psp_chaos.money.rules import capture_minor, require_open
from psp_chaos.records import CaptureMethod, Instrument, Payment, PaymentStatus
from psp_chaos.wire.answers import Json
from psp_chaos.wire.calls import Call
from psp_chaos.wire.counters import Counter
from psp_chaos.wire.currencies import require_chargeable
from psp_chaos.wire.declines import decline
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.objects import seconds
from psp_chaos.wire.pages import Pages
from psp_chaos.wire.parameters import Parameters
from psp_chaos.wire.payment_changes import as_asked, attached, confirmed, described, is_kept, touches_money
from psp_chaos.wire.payment_objects import payment_status
from psp_chaos.wire.payment_parameters import (
    CancelPayment,
    CapturePayment,
    ConfirmPayment,
    CreatePayment,
    ListPayments,
    UpdatePayment,
    particulars,
    require_return_url,
)
from psp_chaos.wire.queries import Language, Searchable
from psp_chaos.wire.realms import Realm
from psp_chaos.wire.search import Search, Searcher
from psp_chaos.wire.wallet import Wallet

URL = "/v1/payment_intents"

SEARCHED: Language[Payment] = Language(
    fields={
        "amount": Searchable(kind="number", get=lambda payment: payment.amount_minor),
        "created": Searchable(kind="number", get=lambda payment: seconds(payment.created_at_us)),
        "currency": Searchable(kind="token", get=lambda payment: payment.currency),
        "customer": Searchable(kind="token", get=lambda payment: payment.customer_id),
        "status": Searchable(kind="token", get=payment_status),
    },
    metadata=lambda payment: payment.metadata,
)


class PaymentIntents(Counter[Payment]):
    """What a merchant can do with payments."""

    kind = "payment_intent"
    noun = "payment_intent"
    param = "intent"

    def __init__(self, realm: Realm) -> None:
        super().__init__(realm)
        self._books = realm.books
        self._bank = realm.bank
        self._wallet = Wallet(realm.customers)
        self._show = self._presenter.payment_intent
        self._pages = Pages(realm.books.payments, url=URL, show=self._show, clock=realm.clock)
        self._searcher = Searcher(
            realm.books.payments, SEARCHED, url=f"{URL}/search", show=self._show, clock=realm.clock
        )

    def create(self, call: Call[CreatePayment]) -> Answer:
        """Open a payment and, if it is confirmed at once, charge it."""
        wanted = call.parameters
        self._wallet.customer(wanted.customer)
        instrument = self._wallet.instrument(
            wanted.payment_method,
            wanted.payment_method_data,
            customer_id=wanted.customer,
            is_kept=wanted.setup_future_usage is not None,
        )
        if wanted.confirm and instrument is None:
            raise _no_payment_method()
        payment = self._books.open_payment(
            amount_minor=wanted.amount,
            currency=wanted.currency,
            instrument=instrument,
            capture_method=CaptureMethod(wanted.capture_method),
            customer_id=wanted.customer,
            description=wanted.description,
            metadata=wanted.metadata,
            particulars=particulars(wanted),
            return_url=wanted.return_url,
            cause=call.cause,
        )
        if wanted.confirm and instrument is not None:
            return self._charge(call, payment, as_asked(instrument, wanted))
        return self._answer(call, payment, self._show)

    def confirm(self, call: Call[ConfirmPayment]) -> Answer:
        """Charge a payment that was opened before, or declined."""
        wanted = call.parameters
        payment = self._named(self._books.payments, call.object_id)
        with self._telling_of(payment):
            require_open(payment, verb="confirmed")
        payment = confirmed(payment, wanted)
        require_return_url(payment.particulars.get("automatic_payment_methods"), payment.return_url)
        instrument = self._given(wanted, payment) or attached(payment)
        if instrument is None:
            raise _no_payment_method(payment_intent=self._show(payment))
        self._books.update_payment(payment)
        return self._charge(call, payment, as_asked(instrument, wanted))

    def capture(self, call: Call[CapturePayment]) -> Answer:
        """Take money that was set aside."""
        wanted = call.parameters
        payment = self._named(self._books.payments, call.object_id)
        with self._telling_of(payment):
            taken_minor = capture_minor(payment, asked_minor=wanted.amount_to_capture)
        self._books.update_payment(described(payment, wanted))
        captured = self._bank.capture(payment.id, amount_minor=taken_minor, fate=call.fate, cause=call.cause)
        return self._answer(call, captured, self._show)

    def cancel(self, call: Call[CancelPayment]) -> Answer:
        """Give up a payment."""
        payment = self._named(self._books.payments, call.object_id)
        with self._telling_of(payment):
            canceled = self._books.cancel(payment.id, reason=call.parameters.cancellation_reason, cause=call.cause)
        return self._answer(call, canceled, self._show)

    def update(self, call: Call[UpdatePayment]) -> Answer:
        """Change what is still open about a payment, and what is said about it."""
        wanted = call.parameters
        payment = self._named(self._books.payments, call.object_id)
        if touches_money(wanted):
            with self._telling_of(payment):
                require_open(payment, verb="changed in this way")
            payment = self._changed(payment, wanted)
        return self._answer(call, self._books.update_payment(described(payment, wanted)), self._show)

    def retrieve(self, call: Call[Parameters]) -> Answer:
        """Show a payment."""
        return self._shown(call, self._named(self._books.payments, call.object_id), self._show)

    def listed(self, call: Call[ListPayments]) -> Answer:
        """Show a page of payments, of all customers or of one."""
        customer_id = call.parameters.customer
        of_customer = None if customer_id is None else lambda payment: payment.customer_id == customer_id
        return self._page(call, self._pages, where=of_customer)

    def search(self, call: Call[Search]) -> Answer:
        """Show a page of the payments that a query describes."""
        return self._found(call, self._searcher)

    def _charge[P: Parameters](self, call: Call[P], payment: Payment, instrument: Instrument) -> Answer:
        charged = self._bank.charge(payment.id, instrument=instrument, fate=call.fate, cause=call.cause)
        if charged.status is PaymentStatus.DECLINED:
            return self._declined(call, charged)
        has_paid = charged.status in (PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED)
        if has_paid and charged.customer_id is not None and is_kept(charged):
            self._wallet.leave(instrument.name, customer_id=charged.customer_id)
        return self._answer(call, charged, self._show)

    def _declined[P: Parameters](self, call: Call[P], payment: Payment) -> Answer:
        assert payment.decline_code is not None, payment
        declined = decline(payment.decline_code)
        shown = self._show(payment)
        told: Any = shown["last_payment_error"]
        error = WireError(
            declined.message,
            status=HTTPStatus.PAYMENT_REQUIRED,
            type=declined.type,
            code=declined.code,
            param=declined.param,
            decline_code=declined.decline_code,
            advice_code=declined.advice_code,
            charge=payment.charge_id,
            payment_intent=shown,
            payment_method=told.get("payment_method"),
        )
        return error.answer(object_id=payment.id, request_id=call.cause.request_id)

    def _given(self, wanted: ConfirmPayment | UpdatePayment, payment: Payment) -> Instrument | None:
        return self._wallet.instrument(
            wanted.payment_method,
            wanted.payment_method_data,
            customer_id=payment.customer_id,
            is_kept=is_kept(payment),
        )

    def _changed(self, payment: Payment, wanted: UpdatePayment) -> Payment:
        """Return a payment with what decides about its money."""
        self._wallet.customer(wanted.customer)
        changed = replace(
            payment,
            amount_minor=wanted.amount or payment.amount_minor,
            currency=wanted.currency or payment.currency,
            customer_id=wanted.customer or payment.customer_id,
            capture_method=CaptureMethod(wanted.capture_method or payment.capture_method),
        )
        require_chargeable(changed.amount_minor, changed.currency)
        if not wanted.model_fields_set & {"payment_method", "payment_method_data"}:
            return changed
        instrument = self._given(wanted, changed)
        return replace(changed, status=PaymentStatus.PENDING, instrument=instrument, decline_code=None)

    @contextmanager
    def _telling_of(self, payment: Payment) -> Iterator[None]:
        """Show the payment along with the refusal that its state does not allow something."""
        try:
            yield
        except WrongState as refusal:
            raise WireError(
                str(refusal), code="payment_intent_unexpected_state", payment_intent=self._show(payment)
            ) from None


def _no_payment_method(*, payment_intent: Json | None = None) -> WireError:
    return WireError(
        "This payment cannot be confirmed without a payment method.",
        code="payment_intent_unexpected_state",
        param="payment_method",
        payment_intent=payment_intent,
    )
