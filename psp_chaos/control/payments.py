"""What only the customer or the bank can do with a payment, done by hand."""

from typing import Annotated

from pydantic import Field

from psp_chaos.control.actions import Action, Json
from psp_chaos.control.asked import Asked, InRealm, Model
from psp_chaos.control.books import BOOKS
from psp_chaos.records import Dispute, Payment
from psp_chaos.wire.realms import Realm


class Authenticate(Model):
    """How it went."""

    succeeded: bool = True


class Deny(Model):
    """What the customer says."""

    reason: Annotated[str, Field(min_length=1, max_length=100)] = "fraudulent"


def authenticate(realm: Realm, payment_id: str, *, succeeded: bool) -> Payment:
    """Let the customer of a payment prove who it is, or fail to."""
    return realm.bank.authenticate(payment_id, succeeds=succeeded, cause=None)


def dispute(realm: Realm, payment_id: str, *, reason: str) -> Dispute:
    """Let the customer deny a payment."""
    return realm.disputes.open(realm.books.payment(payment_id), reason=reason, cause=None)


async def authenticate_payment(asked: Asked[InRealm, Authenticate]) -> Json:
    """Let the customer of a payment prove who it is, or fail to."""
    payment = authenticate(asked.realm, asked.target, succeeded=asked.body.succeeded)
    return BOOKS["payments"].show(payment)


async def dispute_payment(asked: Asked[InRealm, Deny]) -> Json:
    """Let the customer deny a payment; the bank takes the money back at once."""
    return BOOKS["disputes"].show(dispute(asked.realm, asked.target, reason=asked.body.reason))


PAYMENT_ACTIONS = (
    Action(
        method="POST",
        path="/payments/{id}/authenticate",
        perform=authenticate_payment,
        query=InRealm,
        body=Authenticate,
    ),
    Action(method="POST", path="/payments/{id}/dispute", perform=dispute_payment, query=InRealm, body=Deny),
)
