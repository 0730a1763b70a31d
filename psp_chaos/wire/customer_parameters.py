"""What can be asked of Customers (docs.stripe.com/api/customers)."""

from typing import ClassVar, Literal

from pydantic import JsonValue

from psp_chaos.wire.customer_objects import NO_INVOICE_SETTINGS
from psp_chaos.wire.fields import (
    NO_METADATA,
    Address,
    Email,
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

_HARMLESS = frozenset(
    {
        "balance",
        "business_name",
        "cash_balance",
        "default_source",
        "individual_name",
        "invoice_prefix",
        "next_invoice_sequence",
        "source",
        "tax",
        "tax_id_data",
        "test_clock",
        "validate",
    }
)


class InvoiceSettings(Part):
    """How a customer is invoiced, as far as it says with what it pays."""

    harmless: ClassVar[frozenset[str]] = frozenset({"custom_fields", "footer", "rendering_options"})

    default_payment_method: Name | None = None


class CreateCustomer(Parameters):
    """`POST /v1/customers`."""

    harmless: ClassVar[frozenset[str]] = _HARMLESS

    address: Address | None = None
    description: Text | None = None
    email: Email | None = None
    invoice_settings: InvoiceSettings | None = None
    metadata: Metadata = NO_METADATA
    name: Text | None = None
    payment_method: Name | None = None
    phone: Text | None = None
    preferred_locales: Sequence = ()
    shipping: Shipping | None = None
    tax_exempt: Literal["none", "exempt", "reverse"] = "none"


class UpdateCustomer(Parameters):
    """`POST /v1/customers/{id}`."""

    harmless: ClassVar[frozenset[str]] = _HARMLESS
    unsets: ClassVar[bool] = True

    address: Unsettable[Address] = None
    description: Unsettable[Text] = None
    email: Unsettable[Email] = None
    invoice_settings: InvoiceSettings | None = None
    metadata: MetadataChange = NO_METADATA
    name: Unsettable[Text] = None
    phone: Unsettable[Text] = None
    preferred_locales: Sequence = ()
    shipping: Unsettable[Shipping] = None
    tax_exempt: Literal["none", "exempt", "reverse"] = "none"


class ListCustomers(Page):
    """`GET /v1/customers`."""

    harmless: ClassVar[frozenset[str]] = frozenset({"test_clock"})

    email: Text | None = None


def customer_particulars(wanted: CreateCustomer | UpdateCustomer) -> dict[str, JsonValue]:
    """Return what was given that is only shown."""
    shown: dict[str, JsonValue] = {
        "address": plain(wanted.address),
        "invoice_settings": {**NO_INVOICE_SETTINGS, **(plain(wanted.invoice_settings) or {})},
        "preferred_locales": list(wanted.preferred_locales),
        "shipping": plain(wanted.shipping),
        "tax_exempt": wanted.tax_exempt,
    }
    return {name: value for name, value in shown.items() if is_given(wanted, name)}


def is_given(wanted: Parameters, name: str) -> bool:
    """Tell whether a parameter was given at all."""
    return name in wanted.model_fields_set
