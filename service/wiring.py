"""The one place that knows which class plays which part.

`compose` takes the outside world (clock, ids, randomness, database, HTTP) and returns the service. A variant replaces
one part of `Parts` with a subclass; nothing else has to know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any

import httpx
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from engine.inbox import Event
from engine.outgoing_ports import Courier, OutgoingStore
from engine.ports import Clock, EventReader, Gateway, Ids, Replays
from engine.retries import SECOND_US
from engine.statement_ports import PspBooks, StatementStore
from engine.usecases import (
    CancelPayment,
    CreatePayment,
    DeliverEvent,
    KeepEndpoints,
    MatchObject,
    Once,
    ReadStatement,
    ReceiveEvent,
    RepairDiscrepancy,
    RequestRefund,
    RetryParkedEvent,
    TryAttempt,
)
from service.app import PaymentsApp
from service.authentication import Authenticator, key_hash
from service.body_deadline import BodyDeadline
from service.cache import ReplayCache
from service.courier import HttpCourier, merchant_http
from service.dependencies import Desk
from service.dispatcher import Dispatcher
from service.exposition import Exposition
from service.gateway import StripeGateway
from service.metrics import Metrics
from service.observed import ObservedGateway, ObservedStore
from service.postman import Postman
from service.presenter import JsonPresenter
from service.psp_wire import read_event
from service.settings import Settings
from service.signature import SignatureCheck
from service.store import OutgoingReads, PostgresOutgoing, PostgresReads, PostgresStore, metadata
from service.store import create_database_engine as open_pool
from service.store.revision import MARK, revision_marks
from service.store.tables import api_keys, merchants
from service.stripe_books import StripeBooks
from service.targets import PublicTargets, Resolve
from service.watch import Watch
from service.worker import Worker


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """Which class plays which part; each is built by `compose` with the arguments of the class named here."""

    store: Callable[..., StatementStore] = PostgresStore
    reads: type[PostgresReads] = PostgresReads
    gateway: Callable[..., Gateway] = StripeGateway
    psp_books: Callable[..., PspBooks] = StripeBooks
    replays: Callable[..., Replays] = ReplayCache
    signature: type[SignatureCheck] = SignatureCheck
    read_event: Callable[..., Event] = read_event
    once: type[Once] = Once
    create_payment: type[CreatePayment] = CreatePayment
    cancel_payment: type[CancelPayment] = CancelPayment
    request_refund: type[RequestRefund] = RequestRefund
    try_attempt: type[TryAttempt] = TryAttempt
    receive_event: type[ReceiveEvent] = ReceiveEvent
    retry_parked_event: type[RetryParkedEvent] = RetryParkedEvent
    repair_discrepancy: type[RepairDiscrepancy] = RepairDiscrepancy
    match_object: type[MatchObject] = MatchObject
    read_statement: type[ReadStatement] = ReadStatement
    outgoing_store: Callable[..., OutgoingStore] = PostgresOutgoing
    courier: Callable[..., Courier] = HttpCourier
    keep_endpoints: type[KeepEndpoints] = KeepEndpoints
    deliver_event: type[DeliverEvent] = DeliverEvent
    worker: type[Worker] = Worker


@dataclass(frozen=True, kw_only=True, slots=True)
class UseCases:
    """What the service can do, composed."""

    create_payment: CreatePayment
    cancel_payment: CancelPayment
    request_refund: RequestRefund
    try_attempt: TryAttempt
    receive_event: ReceiveEvent
    retry_parked_event: RetryParkedEvent
    repair_discrepancy: RepairDiscrepancy
    read_statement: ReadStatement
    keep_endpoints: KeepEndpoints
    deliver_event: DeliverEvent


class _Nowhere(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody is reached from here", request=request)


async def _nobody(host: str, port: int) -> Sequence[str]:
    raise OSError(f"nobody knows {host}:{port}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Merchants:
    """How merchants are reached; by default not at all."""

    http: httpx.AsyncClient = field(default_factory=lambda: merchant_http(_Nowhere()))
    resolve: Resolve = _nobody


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A payment service, ready to be served."""

    app: ASGIApp
    worker: Worker
    usecases: UseCases


def compose(
    *,
    settings: Settings,
    clock: Clock,
    ids: Ids,
    random: Random,
    database: AsyncEngine,
    psp_http: httpx.AsyncClient,
    merchants: Merchants | None = None,
    parts: Parts | None = None,
) -> Service:
    """Return the service on this outside world; the caller opens and closes what it hands in."""
    composer = _Composer(
        settings=settings,
        clock=clock,
        ids=ids,
        random=random,
        database=database,
        psp_http=psp_http,
        merchants=merchants or Merchants(),
        parts=parts or Parts(),
    )
    return composer.service()


def compose_watched(
    *,
    settings: Settings,
    clock: Clock,
    ids: Ids,
    random: Random,
    database: AsyncEngine,
    psp_http: httpx.AsyncClient,
    merchants: Merchants | None = None,
) -> Service:
    """Return the same service with metrics, request ids and a line in the log for each request."""
    metrics = Metrics()

    def gateway(*arguments: Any, **options: Any) -> Gateway:
        return ObservedGateway(StripeGateway(*arguments, **options), metrics=metrics, clock=clock)

    service = compose(
        settings=settings,
        clock=clock,
        ids=ids,
        random=random,
        database=database,
        psp_http=psp_http,
        merchants=merchants,
        parts=Parts(store=partial(ObservedStore, metrics=metrics), gateway=gateway),
    )
    exposition = Exposition(
        metrics=metrics,
        database=database,
        clock=clock,
        circuit=service.usecases.try_attempt.circuit,
        cache_us=round(settings.metrics_cache_s * SECOND_US),
    )
    hurried = BodyDeadline(service.app, patience_s=settings.body_timeout_s)
    app = Watch(hurried, metrics=metrics, exposition=exposition, clock=clock, ids=ids, token=settings.metrics_token)
    return replace(service, app=app)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Composer:
    """The outside world and the choice of parts, while they are being put together."""

    settings: Settings
    clock: Clock
    ids: Ids
    random: Random
    database: AsyncEngine
    psp_http: httpx.AsyncClient
    merchants: Merchants
    parts: Parts

    def service(self) -> Service:
        books = self.parts.store(self.database, ids=self.ids)
        usecases = self.usecases(books)
        app = PaymentsApp(
            self.desk(usecases),
            body_bytes_max=self.settings.body_bytes_max,
            in_flight_max=self.settings.requests_in_flight_max,
        )
        return Service(app=app, worker=self.worker(books, usecases), usecases=usecases)

    def usecases(self, books: StatementStore) -> UseCases:
        patience = self.settings.patience
        once = self.parts.once(
            store=books,
            clock=self.clock,
            replays=self.parts.replays(size_max=self.settings.replay_cache_size),
            retention_us=patience.idempotency_retention_us,
        )
        presenter = JsonPresenter()
        return UseCases(
            create_payment=self.parts.create_payment(
                once=once,
                clock=self.clock,
                ids=self.ids,
                presenter=presenter,
                dispatch_grace_us=patience.dispatch_grace_us,
            ),
            cancel_payment=self.parts.cancel_payment(
                once=once, clock=self.clock, presenter=presenter, patience=patience
            ),
            request_refund=self.parts.request_refund(
                once=once,
                clock=self.clock,
                ids=self.ids,
                presenter=presenter,
                dispatch_grace_us=patience.dispatch_grace_us,
            ),
            try_attempt=self.parts.try_attempt(
                store=books,
                gateway=self.gateway(),
                clock=self.clock,
                random=self.random,
                patience=patience,
                circuit=self.settings.circuit(),
            ),
            receive_event=self.parts.receive_event(store=books, clock=self.clock, patience=patience),
            retry_parked_event=self.parts.retry_parked_event(
                store=books,
                clock=self.clock,
                random=self.random,
                patience=patience,
                read_event=self.event_reader(),
            ),
            repair_discrepancy=self.parts.repair_discrepancy(
                store=books, psp=self.psp_books(), clock=self.clock, random=self.random, patience=patience
            ),
            read_statement=self.read_statement(books),
            keep_endpoints=self.keep_endpoints(books, once),
            deliver_event=self.deliver_event(),
        )

    def targets(self) -> PublicTargets:
        return PublicTargets(self.merchants.resolve, allowed=self.settings.event_targets_allowed)

    def keep_endpoints(self, books: StatementStore, once: Once) -> KeepEndpoints:
        return self.parts.keep_endpoints(
            once=once,
            store=books,
            clock=self.clock,
            ids=self.ids,
            random=self.random,
            targets=self.targets(),
            presenter=JsonPresenter(),
            overlap_us=round(self.settings.event_secret_overlap_s * SECOND_US),
        )

    def deliver_event(self) -> DeliverEvent:
        courier = self.parts.courier(
            self.merchants.http, targets=self.targets(), clock=self.clock, timeout_s=self.settings.event_timeout_s
        )
        return self.parts.deliver_event(
            store=self.parts.outgoing_store(self.database),
            courier=courier,
            clock=self.clock,
            random=self.random,
            schedule_us=self.settings.event_schedule_us,
            lease_us=self.settings.event_lease_us,
        )

    def read_statement(self, books: StatementStore) -> ReadStatement:
        psp, patience, rules = self.psp_books(), self.settings.patience, self.settings.rules
        match = self.parts.match_object(store=books, psp=psp, clock=self.clock, patience=patience, rules=rules)
        return self.parts.read_statement(
            store=books,
            psp=psp,
            clock=self.clock,
            random=self.random,
            patience=patience,
            rules=rules,
            match=match,
        )

    def gateway(self) -> Gateway:
        return self._psp(self.parts.gateway)

    def psp_books(self) -> PspBooks:
        return self._psp(self.parts.psp_books)

    def _psp[Face](self, face: Callable[..., Face]) -> Face:
        return face(
            self.psp_http,
            base_url=self.settings.psp_base_url,
            api_key=self.settings.psp_api_key,
            timeout_s=self.settings.psp_timeout_s,
        )

    def event_reader(self) -> EventReader:
        return partial(self.parts.read_event, is_live=self.settings.psp_is_live, account=self.settings.psp_account)

    def desk(self, usecases: UseCases) -> Desk:
        reads = self.parts.reads(self.database)
        return Desk(
            authenticator=Authenticator(reads=reads, clock=self.clock, cache_s=self.settings.authentication_cache_s),
            reads=reads,
            clock=self.clock,
            signature=self.parts.signature(
                secret=self.settings.psp_webhook_secret, tolerance_s=self.settings.webhook_tolerance_s
            ),
            read_event=self.event_reader(),
            create_payment=usecases.create_payment,
            cancel_payment=usecases.cancel_payment,
            request_refund=usecases.request_refund,
            dispatcher=Dispatcher(usecases.try_attempt, under_way_max=self.settings.dispatches_max),
            receive_event=usecases.receive_event,
            keep_endpoints=usecases.keep_endpoints,
            outgoing=OutgoingReads(self.database),
            deliveries=usecases.deliver_event.store,
        )

    def worker(self, books: StatementStore, usecases: UseCases) -> Worker:
        return self.parts.worker(
            store=books,
            try_attempt=usecases.try_attempt,
            retry_parked_event=usecases.retry_parked_event,
            repair_discrepancy=usecases.repair_discrepancy,
            read_statement=None if self.settings.settlement_period_s is None else usecases.read_statement,
            postman=Postman(
                deliver_event=usecases.deliver_event,
                clock=self.clock,
                lanes_max=self.settings.event_lanes,
                rest_us=round(self.settings.event_rest_s * SECOND_US),
            ),
            clock=self.clock,
            random=self.random,
            period_s=self.settings.worker_period_s,
            idle_s=self.settings.worker_idle_s,
            batch=self.settings.worker_batch,
            lanes=self.settings.worker_lanes,
            inbox_retention_us=self.settings.inbox_retention_us,
            event_retention_us=self.settings.event_retention_us,
            purge_batch=self.settings.purge_batch,
        )


def create_database_engine(settings: Settings) -> AsyncEngine:
    """Return the connection pool that the settings describe."""
    return open_pool(
        url=settings.database_url,
        pool_size=settings.pool_size,
        pool_timeout_s=settings.pool_timeout_s,
        lock_timeout_s=settings.lock_timeout_s,
    )


async def create_schema(database: AsyncEngine) -> None:
    """Create every table that is not there yet, as for a run or a test; what lives longer is migrated."""
    async with database.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(revision_marks.create_all)
        await connection.execute(MARK)


async def add_merchant(database: AsyncEngine, *, merchant_id: str, name: str, api_key: str) -> None:
    """Let a merchant in with a key that is known beforehand, as for a run or a test; only its hash is stored."""
    key_sha256 = key_hash(api_key)
    key = {"id": f"key_{key_sha256[:24]}", "merchant_id": merchant_id, "name": "first key", "key_sha256": key_sha256}
    async with database.begin() as connection:
        await connection.execute(insert(merchants), {"id": merchant_id, "name": name})
        await connection.execute(insert(api_keys), key | {"created_at_us": 0})
