"""Realms: one account in one mode each, and the keys that open them.

Nothing of one realm is visible in another: each has books, events, endpoints and idempotency keys of its own.
"""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from psp_chaos.agenda import Agenda
from psp_chaos.delivery.deliveries import Deliveries
from psp_chaos.delivery.endpoints import Endpoints
from psp_chaos.delivery.events import EventLog
from psp_chaos.delivery.queue import DeliveryQueue
from psp_chaos.delivery.webhooks import Webhooks
from psp_chaos.idempotency import IdempotencyKeys
from psp_chaos.money.bank import Bank
from psp_chaos.money.books import Books
from psp_chaos.money.customers import Customers
from psp_chaos.money.disputes import Disputes
from psp_chaos.money.ledger import Ledger
from psp_chaos.money.payouts import Payouts
from psp_chaos.money.settlement import Settlement
from psp_chaos.ports import Clock
from psp_chaos.settings import ApiKey
from psp_chaos.wire.errors import WireError

SHOWN_OF_A_KEY = 4  # characters at its end


@dataclass(frozen=True, kw_only=True, slots=True)
class Realm:
    """One account in one mode."""

    account: str
    is_live: bool
    clock: Clock
    agenda: Agenda
    ledger: Ledger
    settlement: Settlement
    books: Books
    bank: Bank
    disputes: Disputes
    payouts: Payouts
    customers: Customers
    log: EventLog
    endpoints: Endpoints
    deliveries: Deliveries
    webhooks: Webhooks
    queue: DeliveryQueue
    keys: IdempotencyKeys
    counters: dict[type, object] = field(default_factory=dict)

    def counter[C](self, kind: type[C]) -> C:
        """Return where operations of this kind are served, made when first asked for; its one argument is the realm."""
        if kind not in self.counters:
            self.counters[kind] = kind(self)  # type: ignore[call-arg]
        counter = self.counters[kind]
        assert isinstance(counter, kind)
        return counter


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Who asks: a realm, and what its key may do there."""

    realm: Realm
    permissions: Mapping[str, Literal["read", "write"]] | None

    def require(self, resource: str, *, writes: bool) -> None:
        """Refuse what the key is not for."""
        if self.permissions is None:
            return
        permission = self.permissions.get(resource)
        if permission is None or (writes and permission != "write"):
            raise WireError(
                f"The key may not {'write' if writes else 'read'} {resource}; give it the permission.",
                status=HTTPStatus.FORBIDDEN,
                code="more_permissions_required",
            )


@dataclass(frozen=True, slots=True)
class Realms:
    """Every realm with its keys; the first is that of the settings' `secret_key`."""

    keys: Sequence[tuple[ApiKey, Realm]]

    @property
    def first(self) -> Realm:
        """The realm of the first key."""
        return self.keys[0][1]

    @property
    def all(self) -> tuple[Realm, ...]:
        """Every realm, in the order of their first keys."""
        return tuple({id(realm): realm for _, realm in self.keys}.values())

    def visitor(self, authorization: str) -> Visitor:
        """Return who sends this header, or refuse; every key is compared, and each in constant time."""
        given = _given_key(authorization)
        found = None
        for key, realm in self.keys:
            if hmac.compare_digest(given.encode(), key.secret.encode()):
                found = Visitor(realm=realm, permissions=key.permissions)
        if found is None:
            raise WireError(_refusal(given), status=HTTPStatus.UNAUTHORIZED)
        return found


def _given_key(authorization: str) -> str:
    """Return the secret key of a header; with Basic it is the name of the user."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[0]
    except (NotBase64, UnicodeDecodeError):
        return ""


def _refusal(given: str) -> str:
    if not given:
        return "You did not provide an API key; send it as 'Authorization: Bearer YOUR_SECRET_KEY'."
    return f"Invalid API Key provided: {'*' * 8}{given[-SHOWN_OF_A_KEY:] if len(given) > 2 * SHOWN_OF_A_KEY else ''}"
