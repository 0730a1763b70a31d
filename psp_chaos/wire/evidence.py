"""Evidence: what a merchant can say about a dispute (docs.stripe.com/api/disputes/evidence_object)."""

from typing import ClassVar

from psp_chaos.wire.fields import Part, Text


class Evidence(Part):
    """One text, or the identifier of a file, for each thing that a bank may want to know."""

    harmless: ClassVar[frozenset[str]] = frozenset({"appeal", "enhanced_evidence"})

    access_activity_log: Text | None = None
    billing_address: Text | None = None
    cancellation_policy: Text | None = None
    cancellation_policy_disclosure: Text | None = None
    cancellation_rebuttal: Text | None = None
    customer_communication: Text | None = None
    customer_email_address: Text | None = None
    customer_name: Text | None = None
    customer_purchase_ip: Text | None = None
    customer_signature: Text | None = None
    duplicate_charge_documentation: Text | None = None
    duplicate_charge_explanation: Text | None = None
    duplicate_charge_id: Text | None = None
    product_description: Text | None = None
    receipt: Text | None = None
    refund_policy: Text | None = None
    refund_policy_disclosure: Text | None = None
    refund_refusal_explanation: Text | None = None
    service_date: Text | None = None
    service_documentation: Text | None = None
    shipping_address: Text | None = None
    shipping_carrier: Text | None = None
    shipping_date: Text | None = None
    shipping_documentation: Text | None = None
    shipping_tracking_number: Text | None = None
    uncategorized_file: Text | None = None
    uncategorized_text: Text | None = None
