"""Expansion: objects in place of their identifiers (docs.stripe.com/expand).

Which field of which kind of object leads to which kind is data, lists included; so what cannot be expanded is refused
before anything happens, whatever the objects turn out to hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from psp_chaos.wire.answers import Json
from psp_chaos.wire.errors import WireError

DEPTH_MAX = 4
PATHS_MAX = 100

_CHARGE = {
    "balance_transaction": "balance_transaction",
    "customer": "customer",
    "failure_balance_transaction": "balance_transaction",
    "payment_intent": "payment_intent",
    "refunds": "refunds",
}
_REFUND = {
    "balance_transaction": "balance_transaction",
    "charge": "charge",
    "failure_balance_transaction": "balance_transaction",
    "payment_intent": "payment_intent",
}
_DISPUTE = {"charge": "charge", "payment_intent": "payment_intent"}
_PAYOUT = {
    "balance_transaction": "balance_transaction",
    "failure_balance_transaction": "balance_transaction",
}

LINKS: Mapping[str, Mapping[str, str]] = {
    "payment_intent": {"customer": "customer", "latest_charge": "charge", "payment_method": "payment_method"},
    "charge": _CHARGE,
    "refund": _REFUND,
    "dispute": _DISPUTE,
    "payout": _PAYOUT,
    "balance_transaction": {"source": "source"},
    "payment_method": {"customer": "customer"},
    "customer": {"invoice_settings": "invoice_settings"},
    "invoice_settings": {"default_payment_method": "payment_method"},
    "source": {**_CHARGE, **_REFUND, **_DISPUTE, **_PAYOUT},  # whatever has moved the money
    "payment_intents": {"data": "payment_intent"},
    "charges": {"data": "charge"},
    "refunds": {"data": "refund"},
    "disputes": {"data": "dispute"},
    "payouts": {"data": "payout"},
    "balance_transactions": {"data": "balance_transaction"},
    "payment_methods": {"data": "payment_method"},
    "customers": {"data": "customer"},
}
"""By the kind of an object, or of the list of such objects: its fields, and the kind that each leads to."""

type Find = Callable[[str, str], Json | None]
"""Shows the object of a kind and an identifier, if there is one."""

type Tree = Mapping[str, Branch]


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A field that is to be expanded, and what is to be expanded within it."""

    kind: str
    below: Tree


@lru_cache(maxsize=256)
def plan(paths: tuple[str, ...], kind: str | None) -> Tree:
    """Return what these paths mean for an object of this kind.

    Raises:
        WireError: One leads nowhere, or too deep.
    """
    if len(paths) > PATHS_MAX:
        raise WireError(f"Expand {PATHS_MAX} properties at most.", param="expand")
    wanted: dict[str, list[str]] = {}
    for path in paths:
        if path.count(".") >= DEPTH_MAX:
            raise WireError(
                f"You cannot expand more than {DEPTH_MAX} levels of a property: {path[:200]}", param="expand"
            )
        field, _, rest = path.partition(".")
        wanted.setdefault(field, []).extend([rest] if rest or path.endswith(".") else [])
    return {field: _branch(field, tuple(rests), kind) for field, rests in wanted.items()}


def expand(shown: Json, tree: Tree, find: Find) -> Json:
    """Return what is shown with what a plan wants to see in place of identifiers."""
    if not tree:
        return shown
    # What is only shown when it is asked for, such as a charge's refunds, is found by the identifier of its owner.
    followed = {field: _follow(shown.get(field, shown.get("id")), branch, find) for field, branch in tree.items()}
    return {**shown, **followed}


def _branch(field: str, rests: tuple[str, ...], kind: str | None) -> Branch:
    leads_to = LINKS.get(kind or "", {}).get(field)
    if leads_to is None:
        raise WireError(f"This property cannot be expanded ({field[:200]}).", param="expand")
    return Branch(kind=leads_to, below=plan(rests, leads_to))


def _follow(value: object, branch: Branch, find: Find) -> object:
    match value:
        case str():
            found = find(branch.kind, value)
            return value if found is None else expand(found, branch.below, find)
        case list():
            return [_follow(one, branch, find) for one in value]
        case Mapping():
            return expand(value, branch.below, find)
        case _:
            return value
