"""What to do with a system that has just come up: addresses, keys, and commands to paste into a shell."""

from scenarios.live.curl import create_payment, list_faults, read_payment
from scenarios.live.playground import Playground

_ORDER = "order-1"


def welcome(playground: Playground) -> str:
    """Return what a person needs to try the system, with the page and without it."""
    system, load = playground.system, playground.load_url
    addresses, credentials = system.addresses, system.credentials
    create = create_payment(system, order=_ORDER, key="click-1")
    locust = "" if load is None else f"Locust    {load}\n"
    return f"""\
open      {playground.link}

service   {addresses.service_url}
PSP       {addresses.psp_url}
{locust}API key   {credentials.api_key}
logs      {system.children.logs}

Create a payment (202):
{create}

Click again (the same answer, with Idempotent-Replayed: true):
{create}

See how it is doing (SUCCESS, soon):
{read_payment(system, order=_ORDER)}

See what the PSP does wrong:
{list_faults(system)}

Ctrl-C stops everything."""
