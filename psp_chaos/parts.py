"""The composition root: every part of one PSP, wired together in one place."""

from dataclasses import dataclass

import httpx

from psp_chaos.agenda import Agenda, Sleep
from psp_chaos.archive import Archive
from psp_chaos.bank import Bank
from psp_chaos.books import Books
from psp_chaos.customers import Customers
from psp_chaos.disputes import Disputes
from psp_chaos.endpoints import Endpoints
from psp_chaos.events import EventLog
from psp_chaos.faults.installed import Faults
from psp_chaos.idempotency import IdempotencyKeys
from psp_chaos.journal import Journal
from psp_chaos.ledger import Ledger
from psp_chaos.payouts import Payouts
from psp_chaos.ports import Clock, Ids, Names, Randomness
from psp_chaos.profiles import PROFILES
from psp_chaos.settings import ApiKey, PspSettings
from psp_chaos.settlement import Settlement
from psp_chaos.tasks import Tasks
from psp_chaos.webhooks import Webhooks
from psp_chaos.wire.announcer import Announcer
from psp_chaos.wire.desk import Desk
from psp_chaos.wire.events import event_sealer
from psp_chaos.wire.names import StripeNames
from psp_chaos.wire.offers import OFFERS
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
    faults = Faults(clock=world.clock, random=world.random)
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
    log = EventLog(archive)
    endpoints = Endpoints(clock=clock, names=names, archive=archive)
    webhooks = Webhooks(
        clock=clock,
        endpoints=endpoints,
        faults=shared.faults,
        journal=shared.journal,
        seal=event_sealer(endpoints),
        http=world.http,
        tasks=shared.tasks,
        settings=settings,
    )
    announce = Announcer(log=log, names=names, webhooks=webhooks)
    settlement = Settlement(clock=clock, names=names, archive=archive, faults=shared.faults, account=account)
    ledger = Ledger(clock=clock, names=names, archive=archive, settings=settings, report=settlement.report)
    books = Books(clock=clock, names=names, archive=archive, ledger=ledger, announce=announce)
    disputes = Disputes(clock=clock, names=names, archive=archive, ledger=ledger, agenda=agenda, announce=announce)
    return Realm(
        account=account,
        is_live=is_live,
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
        webhooks=webhooks,
        keys=IdempotencyKeys(
            clock=clock,
            archive=archive,
            profile=PROFILES[settings.idempotency_profile],
            retention_s=settings.idempotency_retention_s,
        ),
    )


def _open_preset_endpoints(settings: PspSettings, realm: Realm) -> None:
    known = {endpoint.url for endpoint in realm.endpoints.endpoints.values()}
    for preset in settings.webhook_endpoints:
        if preset.url not in known:  # an earlier process may have opened it
            realm.endpoints.create(url=preset.url, secret=preset.secret, enabled_events=preset.enabled_events)
