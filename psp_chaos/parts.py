"""The composition root: every part of one PSP, wired together in one place."""

from dataclasses import dataclass
from typing import TypedDict

import httpx

from psp_chaos.agenda import Agenda, Sleep
from psp_chaos.delivery.courier import Courier
from psp_chaos.delivery.deliveries import Deliveries
from psp_chaos.delivery.endpoints import Endpoints
from psp_chaos.delivery.events import EventLog
from psp_chaos.delivery.holding import Holding
from psp_chaos.delivery.misdeeds import Misdeeds
from psp_chaos.delivery.postman import Postman
from psp_chaos.delivery.queue import DeliveryQueue
from psp_chaos.delivery.targets import Targets
from psp_chaos.delivery.webhooks import Webhooks
from psp_chaos.faults.installed import Faults
from psp_chaos.idempotency import IdempotencyKeys
from psp_chaos.journal import Journal
from psp_chaos.keeping.archive import Archive
from psp_chaos.money.bank import Bank
from psp_chaos.money.books import Books
from psp_chaos.money.customers import Customers
from psp_chaos.money.disputes import Disputes
from psp_chaos.money.ledger import Ledger
from psp_chaos.money.payouts import Payouts
from psp_chaos.money.settlement import Settlement
from psp_chaos.ports import Clock, Ids, Names, Randomness
from psp_chaos.profiles import PROFILES
from psp_chaos.settings import ApiKey, PspSettings
from psp_chaos.tasks import Tasks
from psp_chaos.wire.announcer import Announcer
from psp_chaos.wire.desk import Desk
from psp_chaos.wire.events import event_sealer
from psp_chaos.wire.names import StripeNames
from psp_chaos.wire.offers import OFFERS
from psp_chaos.wire.presenter import Presenter
from psp_chaos.wire.realms import Realm, Realms


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What a PSP takes from outside."""

    clock: Clock
    sleep: Sleep  # waits so many seconds of the clock
    ids: Ids
    random: Randomness
    http: httpx.AsyncClient
    archive: Archive
    targets: Targets  # where webhooks may go


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """One PSP from its start to its reset."""

    archive: Archive
    journal: Journal
    faults: Faults
    tasks: Tasks
    realms: Realms
    desk: Desk


def compose(settings: PspSettings, world: World) -> Parts:
    """Wire a PSP with what its archive holds; fault windows count from now."""
    names = StripeNames(world.ids)
    tasks = Tasks()
    journal = Journal(world.archive)
    faults = Faults(clock=world.clock, random=world.random, archive=world.archive)
    shared = _Shared(settings=settings, world=world, names=names, tasks=tasks, journal=journal, faults=faults)
    realms = _realms(shared)
    desk = Desk(
        clock=world.clock,
        names=names,
        settings=settings,
        profile=PROFILES[settings.idempotency_profile],
        random=world.random("latency"),
        realms=realms,
        offers=OFFERS,
        faults=faults,
        journal=journal,
        archive=world.archive,
    )
    return Parts(archive=world.archive, journal=journal, faults=faults, tasks=tasks, realms=realms, desk=desk)


def resume(parts: Parts) -> None:
    """Go on with what an earlier process left; needs a running loop."""
    for realm in parts.realms.all:
        realm.payouts.begin()
        realm.agenda.resume()
        realm.webhooks.resume()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shared:
    """What every realm of one PSP uses."""

    settings: PspSettings
    world: World
    names: Names
    tasks: Tasks
    journal: Journal
    faults: Faults


def _realms(shared: _Shared) -> Realms:
    """Open the realm of each key; only the first has the endpoints of the settings."""
    settings = shared.settings
    first = ApiKey(secret=settings.secret_key)
    realms: dict[tuple[str, bool], Realm] = {}
    for key in (first, *settings.api_keys):
        place = key.account, key.is_live
        if place not in realms:
            realms[place] = _realm(shared, account=key.account, is_live=key.is_live)
    _open_preset_endpoints(settings, realms[first.account, first.is_live])
    return Realms([(key, realms[key.account, key.is_live]) for key in (first, *settings.api_keys)])


def _realm(shared: _Shared, *, account: str, is_live: bool) -> Realm:
    settings, world, names = shared.settings, shared.world, shared.names
    archive = world.archive.within(f"{account}/{'live' if is_live else 'test'}")
    clock = world.clock
    agenda = Agenda(clock=clock, sleep=world.sleep, ids=world.ids, archive=archive, tasks=shared.tasks)
    log = EventLog(archive=archive, clock=clock, retention_s=settings.event_retention_s)
    endpoints = Endpoints(clock=clock, names=names, archive=archive, targets=world.targets)
    mail = _mail(shared, agenda=agenda, archive=archive, log=log, endpoints=endpoints, account=account, is_live=is_live)
    announce = Announcer(log=log, names=names, webhooks=mail.webhooks)
    settlement = Settlement(clock=clock, names=names, archive=archive, faults=shared.faults, account=account)
    ledger = Ledger(clock=clock, names=names, archive=archive, settings=settings, report=settlement.report)
    books = Books(clock=clock, names=names, archive=archive, ledger=ledger, announce=announce)
    disputes = Disputes(clock=clock, names=names, archive=archive, ledger=ledger, agenda=agenda, announce=announce)
    realm = Realm(
        account=account,
        is_live=is_live,
        clock=clock,
        agenda=agenda,
        ledger=ledger,
        settlement=settlement,
        books=books,
        bank=Bank(books=books, disputes=disputes, agenda=agenda, settings=settings, random=world.random("bank")),
        disputes=disputes,
        payouts=Payouts(
            clock=clock,
            names=names,
            archive=archive,
            ledger=ledger,
            agenda=agenda,
            settings=settings,
            announce=announce,
        ),
        customers=Customers(clock=clock, names=names, archive=archive, announce=announce),
        log=log,
        endpoints=endpoints,
        deliveries=mail.deliveries,
        webhooks=mail.webhooks,
        queue=mail.queue,
        keys=IdempotencyKeys(
            clock=clock,
            archive=archive,
            profile=PROFILES[settings.idempotency_profile],
            retention_s=settings.idempotency_retention_s,
        ),
    )
    announce.show_with(realm.counter(Presenter))
    return realm


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mail:
    """What brings the events of one realm to its endpoints."""

    deliveries: Deliveries
    webhooks: Webhooks
    queue: DeliveryQueue


def _mail(
    shared: _Shared,
    *,
    agenda: Agenda,
    archive: Archive,
    log: EventLog,
    endpoints: Endpoints,
    account: str,
    is_live: bool,
) -> _Mail:
    clock, names, faults = shared.world.clock, shared.names, shared.faults
    deliveries, holding = Deliveries(archive), Holding(archive=archive, clock=clock)
    courier = Courier(
        clock=clock,
        names=names,
        agenda=agenda,
        log=log,
        endpoints=endpoints,
        deliveries=deliveries,
        holding=holding,
        postman=_postman(shared, endpoints=endpoints, deliveries=deliveries, account=account, is_live=is_live),
        tasks=shared.tasks,
        archive=archive,
        settings=shared.settings,
        random=shared.world.random("webhooks"),
    )
    way: _Way = {"log": log, "endpoints": endpoints, "deliveries": deliveries, "courier": courier}
    misdeeds = Misdeeds(**way, clock=clock, names=names, agenda=agenda, faults=faults)
    return _Mail(
        deliveries=deliveries,
        webhooks=Webhooks(**way, account=account, misdeeds=misdeeds, faults=faults),
        queue=DeliveryQueue(**way, holding=holding, clock=clock, names=names),
    )


class _Way(TypedDict):
    """What everybody needs who sends events by one courier."""

    log: EventLog
    endpoints: Endpoints
    deliveries: Deliveries
    courier: Courier


def _postman(shared: _Shared, *, endpoints: Endpoints, deliveries: Deliveries, account: str, is_live: bool) -> Postman:
    return Postman(
        account=account,
        clock=shared.world.clock,
        endpoints=endpoints,
        deliveries=deliveries,
        journal=shared.journal,
        seal=event_sealer(is_live=is_live),
        http=shared.world.http,
        timeout_s=shared.settings.webhook_timeout_s,
    )


def _open_preset_endpoints(settings: PspSettings, realm: Realm) -> None:
    known = {endpoint.url for endpoint in realm.endpoints.endpoints.values()}
    for preset in settings.webhook_endpoints:
        if preset.url not in known:  # an earlier process may have opened it
            realm.endpoints.create(url=preset.url, secret=preset.secret, enabled_events=preset.enabled_events)
