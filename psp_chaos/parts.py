"""The composition root: every part of one PSP, wired together in one place."""

from dataclasses import dataclass

import httpx

from psp_chaos.bank import Bank
from psp_chaos.books import Books
from psp_chaos.endpoints import Endpoints
from psp_chaos.events import EventLog
from psp_chaos.faults.installed import Faults
from psp_chaos.idempotency import IdempotencyKeys
from psp_chaos.journal import Journal
from psp_chaos.ports import Clock, Ids, Names, Randomness
from psp_chaos.settings import PspSettings
from psp_chaos.tasks import Tasks
from psp_chaos.webhooks import Webhooks
from psp_chaos.wire.announcer import Announcer
from psp_chaos.wire.answers import Answer
from psp_chaos.wire.calls import AnyOffer
from psp_chaos.wire.desk import Desk
from psp_chaos.wire.endpoints import WebhookEndpoints, endpoint_offers
from psp_chaos.wire.events import Events, event_offers
from psp_chaos.wire.names import StripeNames
from psp_chaos.wire.payments import PaymentIntents, payment_offers
from psp_chaos.wire.refunds import Refunds, refund_offers


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """One PSP from its start to its reset."""

    books: Books
    journal: Journal
    faults: Faults
    webhooks: Webhooks
    tasks: Tasks
    desk: Desk
    offers: tuple[AnyOffer, ...]


def compose(*, settings: PspSettings, clock: Clock, ids: Ids, random: Randomness, http: httpx.AsyncClient) -> Parts:
    """Wire a PSP with empty books; its fault windows count from now."""
    names = StripeNames(ids)
    tasks = Tasks()
    journal = Journal()
    faults = Faults(clock=clock, random=random)
    endpoints = _preset_endpoints(settings, clock=clock, names=names)
    log = EventLog()
    events = Events(log=log, endpoints=endpoints)
    webhooks = Webhooks(
        clock=clock,
        endpoints=endpoints,
        faults=faults,
        journal=journal,
        seal=events.seal,
        http=http,
        tasks=tasks,
        settings=settings,
    )
    books = Books(clock=clock, names=names, announce=Announcer(log=log, names=names, webhooks=webhooks))
    bank = Bank(books=books, tasks=tasks, settings=settings, random=random("bank"))
    desk = Desk(
        clock=clock,
        names=names,
        settings=settings,
        random=random("latency"),
        books=books,
        keys=IdempotencyKeys[Answer](clock=clock, retention_s=settings.idempotency_retention_s),
        faults=faults,
        journal=journal,
        webhooks=webhooks,
    )
    offers = (
        *payment_offers(PaymentIntents(books=books, bank=bank)),
        *refund_offers(Refunds(books=books, bank=bank)),
        *event_offers(events),
        *endpoint_offers(WebhookEndpoints(endpoints=endpoints)),
    )
    return Parts(books=books, journal=journal, faults=faults, webhooks=webhooks, tasks=tasks, desk=desk, offers=offers)


def _preset_endpoints(settings: PspSettings, *, clock: Clock, names: Names) -> Endpoints:
    endpoints = Endpoints(clock=clock, names=names)
    for preset in settings.webhook_endpoints:
        endpoints.create(url=preset.url, secret=preset.secret, enabled_events=preset.enabled_events)
    return endpoints
