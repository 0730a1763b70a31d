"""What to do with a system that has just come up: addresses, keys, and commands to paste into a shell."""

import json
import shlex

from scenarios.live.system import LiveSystem

_ORDER = "order-1"
_PAYMENT = {"amount": 1999, "currency": "EUR", "payment_method": "pm_card_visa", "order_id": _ORDER}


def welcome(system: LiveSystem) -> str:
    """Return what a person needs to try the system by hand."""
    addresses, credentials = system.addresses, system.credentials
    create = _curl(
        f"{addresses.service_url}/v1/payments",
        token=credentials.api_key,
        headers=('Idempotency-Key: "click-1"', "Content-Type: application/json"),
        body=json.dumps(_PAYMENT),
    )
    read = _curl(f"{addresses.service_url}/v1/payments?order_id={_ORDER}", token=credentials.api_key)
    faults = _curl(f"{addresses.psp_url}/_chaos/faults", token=credentials.control_token)
    return f"""\
service   {addresses.service_url}
PSP       {addresses.psp_url}
API key   {credentials.api_key}
logs      {system.children.logs}

Create a payment (202):
{create}

Click again (the same answer, with Idempotent-Replayed: true):
{create}

See how it is doing (SUCCESS, soon):
{read}

See what the PSP does wrong:
{faults}

Ctrl-C stops everything."""


def _curl(url: str, *, token: str, headers: tuple[str, ...] = (), body: str | None = None) -> str:
    words = ["curl", "--silent", "--include", url]
    for header in (f"Authorization: Bearer {token}", *headers):
        words += ["--header", header]
    if body is not None:
        words += ["--data", body]
    return shlex.join(words)
