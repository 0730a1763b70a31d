"""What can be asked of PaymentIntents (docs.stripe.com/api/payment_intents)."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, JsonValue

from psp_chaos.wire.currencies import require_chargeable
from psp_chaos.wire.errors import WireError
from psp_chaos.wire.fields import (
    NO_METADATA,
    Amount,
    BillingDetails,
    Currency,
    Descriptor,
    DescriptorSuffix,
    Email,
    Flag,
    Link,
    Metadata,
    MetadataChange,
    Name,
    Part,
    Sequence,
    Shipping,
    Text,
    Unsettable,
    plain,
)
from psp_chaos.wire.parameters import Page, Parameters


def _absence(value: object) -> object:
    return "true" if value in ("one_off", "recurring") else value


type FutureUsage = Literal["off_session", "on_session"]
type OffSession = Annotated[Flag, BeforeValidator(_absence)]  # the customer is not there

_HARMLESS = frozenset(
    {
        "allowed_payment_method_types",
        "amount_details",
        "application_fee_amount",
        "confirmation_token",
        "customer_account",
        "excluded_payment_method_types",
        "hooks",
        "mandate",
        "mandate_data",
        "on_behalf_of",
        "payment_details",
        "payment_method_configuration",
        "payment_method_options",
        "radar_options",
        "transfer_data",
        "transfer_group",
        "use_stripe_sdk",
    }
)

_ONLY_WITH_CONFIRM = ("return_url", "off_session", "error_on_requires_action")


class CardData(Part):
    """A card by its token; a number is understood well enough to be refused."""

    harmless: ClassVar[frozenset[str]] = frozenset({"cvc", "exp_month", "exp_year", "networks"})

    token: Name | None = None
    number: Text | None = None


class PaymentMethodData(Part):
    """A payment method that does not exist yet."""

    harmless: ClassVar[frozenset[str]] = frozenset({"allow_redisplay", "radar_options"})

    type: Literal["card"]
    card: CardData = CardData()
    billing_details: BillingDetails | None = None
    metadata: Metadata = NO_METADATA


class AutomaticPaymentMethods(Part):
    """Whether the provider chooses the ways to pay."""

    enabled: Flag
    allow_redirects: Literal["always", "never"] = "always"


class CreatePayment(Parameters):
    """`POST /v1/payment_intents`."""

    harmless: ClassVar[frozenset[str]] = _HARMLESS

    amount: Amount
    currency: Currency
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    capture_method: Literal["automatic", "automatic_async", "manual"] = "automatic"
    confirm: Flag = False
    confirmation_method: Literal["automatic", "manual"] = "automatic"
    customer: Name | None = None
    description: Text | None = None
    error_on_requires_action: Flag = False
    metadata: Metadata = NO_METADATA
    off_session: OffSession = False
    payment_method: Name | None = None
    payment_method_data: PaymentMethodData | None = None
    payment_method_types: Sequence = ()
    receipt_email: Email | None = None
    return_url: Link | None = None
    setup_future_usage: FutureUsage | None = None
    shipping: Shipping | None = None
    statement_descriptor: Descriptor | None = None
    statement_descriptor_suffix: DescriptorSuffix | None = None

    def check(self) -> None:
        """Refuse what does not fit together."""
        require_chargeable(self.amount, self.currency)
        _require_cards(self.payment_method_types)
        if self.payment_method_types and self.automatic_payment_methods and self.automatic_payment_methods.enabled:
            raise WireError(
                "Give payment_method_types, or enable automatic_payment_methods, not both.",
                param="payment_method_types",
            )
        if self.confirm:
            require_return_url(plain(self.automatic_payment_methods), self.return_url)
        else:
            self._require_no_confirmation()

    def _require_no_confirmation(self) -> None:
        given = [name for name in _ONLY_WITH_CONFIRM if name in self.model_fields_set]
        if given:
            raise WireError(
                f"The parameter {given[0]} cannot be given unless confirm is true.",
                code="payment_intent_invalid_parameter",
                param=given[0],
            )


class ConfirmPayment(Parameters):
    """`POST /v1/payment_intents/{id}/confirm`."""

    harmless: ClassVar[frozenset[str]] = _HARMLESS | {"amount_to_confirm"}

    capture_method: Literal["automatic", "automatic_async", "manual"] | None = None
    error_on_requires_action: Flag = False
    off_session: OffSession = False
    payment_method: Name | None = None
    payment_method_data: PaymentMethodData | None = None
    receipt_email: Email | None = None
    return_url: Link | None = None
    setup_future_usage: FutureUsage | None = None
    shipping: Shipping | None = None


class CapturePayment(Parameters):
    """`POST /v1/payment_intents/{id}/capture`."""

    harmless: ClassVar[frozenset[str]] = _HARMLESS
    unsets: ClassVar[bool] = True

    amount_to_capture: Amount | None = None
    final_capture: Flag = True
    metadata: MetadataChange = NO_METADATA
    statement_descriptor: Unsettable[Descriptor] = None
    statement_descriptor_suffix: Unsettable[DescriptorSuffix] = None


class CancelPayment(Parameters):
    """`POST /v1/payment_intents/{id}/cancel`."""

    cancellation_reason: Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None = None


class UpdatePayment(Parameters):
    """`POST /v1/payment_intents/{id}`."""

    harmless: ClassVar[frozenset[str]] = _HARMLESS
    unsets: ClassVar[bool] = True

    amount: Amount | None = None
    currency: Currency | None = None
    capture_method: Literal["automatic", "automatic_async", "manual"] | None = None
    customer: Name | None = None
    description: Unsettable[Text] = None
    metadata: MetadataChange = NO_METADATA
    payment_method: Unsettable[Name] = None
    payment_method_data: PaymentMethodData | None = None
    payment_method_types: Sequence = ()
    receipt_email: Unsettable[Email] = None
    setup_future_usage: Unsettable[FutureUsage] = None
    shipping: Unsettable[Shipping] = None
    statement_descriptor: Unsettable[Descriptor] = None
    statement_descriptor_suffix: Unsettable[DescriptorSuffix] = None

    def check(self) -> None:
        """Refuse what does not fit together."""
        _require_cards(self.payment_method_types)


class ListPayments(Page):
    """`GET /v1/payment_intents`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"customer_account"})

    customer: Name | None = None


SHOWN = frozenset(
    {
        "automatic_payment_methods",
        "confirmation_method",
        "payment_method_types",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
    }
)
"""The parameters that are shown as they were given."""


def particulars(wanted: Parameters) -> dict[str, JsonValue]:
    """Return what was given that is shown with the payment and decides nothing."""
    return {name: _shown(getattr(wanted, name)) for name in sorted(wanted.model_fields_set & SHOWN)}


def require_return_url(automatic: Any, return_url: str | None) -> None:
    """Refuse to confirm where the customer may be sent away and could not come back."""
    if automatic and automatic["enabled"] and automatic["allow_redirects"] == "always" and return_url is None:
        raise WireError(
            "A payment method may send the customer away; give return_url, or set "
            "automatic_payment_methods[allow_redirects] to never.",
            param="return_url",
        )


def _require_cards(types: tuple[str, ...]) -> None:
    if types and "card" not in types:
        raise WireError("This provider takes cards; payment_method_types must hold card.", param="payment_method_types")


def _shown(value: Any) -> JsonValue:
    if isinstance(value, Part):
        return plain(value)
    return list(value) if isinstance(value, tuple) else value
