"""What a merchant can ask of the PSP, by names that no wire decides."""

from enum import StrEnum


class Operation(StrEnum):
    """One thing that can be asked; journal, faults and wire agree on these names."""

    CREATE_PAYMENT = "create_payment"
    RETRIEVE_PAYMENT = "retrieve_payment"
    LIST_PAYMENTS = "list_payments"
    CONFIRM_PAYMENT = "confirm_payment"
    CANCEL_PAYMENT = "cancel_payment"
    CREATE_REFUND = "create_refund"
    RETRIEVE_REFUND = "retrieve_refund"
    LIST_REFUNDS = "list_refunds"
    RETRIEVE_EVENT = "retrieve_event"
    LIST_EVENTS = "list_events"
    CREATE_ENDPOINT = "create_endpoint"
    RETRIEVE_ENDPOINT = "retrieve_endpoint"
    LIST_ENDPOINTS = "list_endpoints"
    DELETE_ENDPOINT = "delete_endpoint"
