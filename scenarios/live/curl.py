"""Commands to paste into a shell, by which a person tries a system that has just come up."""

import json
import shlex

from scenarios.live.system import LiveSystem

_PAYMENT = {"amount": 1999, "currency": "EUR", "payment_method": "pm_card_visa"}


def create_payment(system: LiveSystem, *, order: str, key: str) -> str:
    """Return the command that creates a payment; run again, it is the same click."""
    return _curl(
        f"{system.addresses.service_url}/v1/payments",
        token=system.credentials.api_key,
        headers=(f'Idempotency-Key: "{key}"', "Content-Type: application/json"),
        body=json.dumps(_PAYMENT | {"order_id": order}),
    )


def read_payment(system: LiveSystem, *, order: str) -> str:
    """Return the command that shows how the payment of an order is doing."""
    return _curl(
        f"{system.addresses.service_url}/v1/payments?order_id={order}",
        token=system.credentials.api_key,
    )


def list_faults(system: LiveSystem) -> str:
    """Return the command that shows what the PSP does wrong."""
    return _curl(f"{system.addresses.psp_url}/_chaos/faults", token=system.credentials.control_token)


def _curl(url: str, *, token: str, headers: tuple[str, ...] = (), body: str | None = None) -> str:
    words = ["curl", "--silent", "--include", url]
    for header in (f"Authorization: Bearer {token}", *headers):
        words += ["--header", header]
    if body is not None:
        words += ["--data", body]
    return shlex.join(words)
