"""What `paystorm psp` prints: how to use it on standard output, how busy it is on a terminal."""

import sys
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from psp_chaos.control import Plant
from psp_chaos.standing.process import Standing
from reports.words import counted

_CLEAR_LINE = "\r\x1b[2K"


class Doorkeeper:
    """Says where everything is, and counts who comes."""

    def __init__(self, standing: Standing, *, is_new_token: bool) -> None:
        self._standing = standing
        self._is_new_token = is_new_token
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._said:
            print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)

    def ready(self, plant: Plant, url: str) -> None:
        """Say how to use it."""
        print(welcome(self._standing, plant, url=url, is_new_token=self._is_new_token), flush=True)

    def look(self, plant: Plant) -> None:
        """Say how busy it is, where somebody watches."""
        if not sys.stderr.isatty():
            return
        lines, bites = len(plant.psp.journal), plant.psp.faults.bites_in_all
        said = f"{counted(lines, 'request')} and webhooks · {counted(bites, 'bite')}"
        if said != self._said:
            self._said = said
            print(_CLEAR_LINE + said, end="", file=sys.stderr, flush=True)


def welcome(standing: Standing, plant: Plant, *, url: str, is_new_token: bool) -> str:
    """Return what a person needs to point the SDK at it and to make it misbehave."""
    key = standing.settings.secret_key
    token = standing.settings.control_token if is_new_token else "the one that you gave"
    lines = [
        f"PSP      {url}",
        f"key      {key}",
        f"page     {url}/_chaos/ui",
        f"token    {token}",
        *_faults(standing),
        *_webhooks(plant),
        *_state(standing, plant),
        "",
        f'Python   client = stripe.StripeClient("{key}", base_addresses={{"api": "{url}"}})',
        f'Node     const stripe = new Stripe("{key}", {{ {_node_options(url)} }});',
        "",
        "Log in to the page with the token. Programs send it as bearer to /_chaos; /_chaos/openapi.json says what to.",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines)


def _node_options(url: str) -> str:
    address = urlsplit(url)
    return f'protocol: "http", host: "{address.hostname}", port: {address.port}'


def _faults(standing: Standing) -> list[str]:
    names = ", ".join(spec.id for spec in standing.faults)
    return [f"faults   {names}"] if names else []


def _webhooks(plant: Plant) -> list[str]:
    """Name the endpoints that were asked for; an earlier process may have given one its secret."""
    presets = {preset.url for preset in plant.settings.webhook_endpoints}
    endpoints = plant.psp.realms.first.endpoints.endpoints.values()
    return [f"webhook  {found.url} signed with {found.secret}" for found in endpoints if found.url in presets]


def _state(standing: Standing, plant: Plant) -> list[str]:
    if standing.state is None:
        return []
    payments = sum(len(realm.books.payments) for realm in plant.psp.realms.all)
    stands = ", and its clock stands still" if plant.standing_clock.is_frozen else ""
    return [f"state    {standing.state} with {counted(payments, 'payment')}{stands}"]
