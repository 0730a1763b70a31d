"""Settings of the service; every span of time is in seconds.

`Settings` itself reads nothing, so a service that is composed in a simulation is what its composer said and cannot be
changed by a variable of somebody's shell. The programs read `Environment`.
"""

from typing import Annotated, Literal, Self

from annotated_types import Gt, Len
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.circuit import Circuit
from engine.matching import Fees, Rules
from engine.retries import SECOND_US, Patience
from engine.statement import Rhythm

SETTLEMENT_PERIOD_S = 3_600
EVENT_LEASES = 3  # timeouts of a try that its lease outlasts

type Seconds = Annotated[float, Gt(0)]


class Settings(BaseModel):
    """Everything that differs between two installations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(repr=False)  # may hold a password
    psp_base_url: str  # where the PSP's API is, such as https://api.stripe.com
    psp_api_key: str = Field(repr=False)  # our key at the PSP; one that begins with sk_live_ moves real money
    psp_webhook_secret: str = Field(repr=False)  # proves that an event comes from the PSP
    psp_account: str | None = None  # events must name this account; None: they must name none
    psp_timeout_s: Seconds = 10  # for one question to the PSP, from the first byte out to the last byte in

    listen_host: str = "127.0.0.1"  # the address that the service listens on
    listen_port: int = Field(default=8000, ge=0, le=65_535)  # the port that it listens on; 0: any
    body_bytes_max: int = Field(default=65_536, gt=0)  # larger bodies are refused with 413
    body_timeout_s: Seconds = 10  # for a body, from the first byte to the last; slower ones are refused with 408
    requests_in_flight_max: int = Field(default=200, gt=0)  # more are answered 503 at once, with `Retry-After`
    dispatches_max: int = Field(default=100, gt=0)  # sent to the PSP right after their answers; the worker has the rest
    shutdown_s: Seconds = 25  # for what is under way when the program is told to end; orchestrators kill after 30
    metrics_token: str | None = Field(default=None, repr=False)  # bearer of `/metrics`; None: only for this machine
    metrics_cache_s: Seconds = 5  # the books are counted at most so often, however many scrape
    traces_endpoint: str | None = None  # spans go to this URL of OTLP over HTTP; needs `paystorm[telemetry]`
    log_format: Literal["json", "text"] = "json"  # text is for people who look on
    pool_size: int = Field(default=10, gt=0)  # connections of one process; whoever finds none free waits for one
    pool_timeout_s: Seconds = 5  # for a connection; who finds none free by then is answered 503 with `Retry-After`
    lock_timeout_s: Seconds = 2  # how long a second click waits for the first one
    authentication_cache_s: Seconds = 60  # how long a revoked API key may go on working
    replay_cache_size: int = Field(
        default=10_000, gt=0
    )  # answers that a process can replay without asking the database
    idempotency_retention_s: Seconds = 86_400  # how long the same key gets the same answer
    inbox_retention_s: Seconds = 7_776_000  # 90 days; a repeat is recognised so long, and the PSP repeats for days
    purge_batch: int = Field(default=1_000, gt=0)  # rows of expired keys or old events deleted by one statement
    webhook_tolerance_s: Seconds = 300  # Stripe's own default

    dispatch_grace_s: Seconds = 15  # longer than the PSP's timeout, so the worker rarely races the fast path
    lease_s: Seconds = 30  # must outlast one try, which asks the PSP at most twice
    zombie_after_s: Seconds = 60  # when to ask about a payment that the PSP called pending
    retry_base_s: Seconds = 5  # the wait after the first try; it doubles
    retry_cap_s: Seconds = 900  # the longest wait between two tries
    retry_tries_max: int = Field(default=50, gt=0)  # after so many a person is told; the tries go on
    psp_key_retention_s: Seconds = 82_800  # the PSP remembers a key for 24 hours; an hour is left for slow clocks
    circuit_failures: int = Field(default=10, gt=0)  # so many unknown outcomes in a row, and the PSP is left alone
    circuit_open_s: Seconds = 30  # for so long, then one attempt is sent to see
    worker_port: int | None = Field(
        default=None, ge=0, le=65_535
    )  # where a worker tells health and metrics, if anywhere
    worker_period_s: Seconds = 10  # between two looks while there is work
    worker_idle_s: Seconds = 60  # the pause doubles up to this while there is none
    worker_batch: int = Field(default=50, gt=0)  # items of each kind that a worker looks up at once
    worker_lanes: int = Field(default=8, gt=0)  # how many items of a batch are worked on at once

    event_timeout_s: Seconds = 10  # for one try to send a merchant an event, with looking up the name
    event_schedule_s: Annotated[tuple[Seconds, ...], Len(max_length=50)] = (
        5,
        300,
        1_800,
        7_200,
        18_000,
        36_000,
        50_400,
        72_000,
        86_400,
    )  # the waits between two tries, each up to a fifth shorter or longer; after the last one the delivery is dead
    event_lanes: int = Field(default=16, gt=0)  # how many events a worker sends at once
    event_rest_s: Seconds = 30  # how long a worker leaves an endpoint alone that did not answer
    event_retention_s: Seconds = 2_592_000  # 30 days; how long an event can be listed and sent again
    event_secret_overlap_s: Seconds = 86_400  # how long a secret signs that has been replaced
    event_targets_allowed: tuple[str, ...] = ()  # names, addresses and networks besides the public internet

    settlement_period_s: Seconds | None = (
        SETTLEMENT_PERIOD_S  # between two readings of the PSP's statement; none: it is not read
    )
    settlement_delay_max_s: Seconds = 259_200  # how late the PSP may report a movement; after three days it is missing
    settlement_lookback_s: Seconds = 345_600  # how much of the past is read again, for what was reported late
    settlement_orphan_s: Seconds = 60  # how long money may be nobody's before a person is told
    psp_fee_basis_points: int | None = Field(default=None, ge=0)  # of a capture; none: any fee is right
    psp_fee_fixed_minor: int = Field(default=0, ge=0)  # and so many minor units on top of it

    @model_validator(mode="after")
    def _lookback_covers_the_delay(self) -> Self:
        if self.settlement_lookback_s < self.settlement_delay_max_s:
            raise ValueError(
                "settlement_lookback_s must not be less than settlement_delay_max_s: late lines would be lost"
            )
        return self

    @model_validator(mode="after")
    def _lease_outlasts_a_try(self) -> Self:
        if self.lease_s <= 2 * self.psp_timeout_s:
            raise ValueError("lease_s must be more than twice psp_timeout_s: one try may ask the PSP twice")
        if self.retry_cap_s < self.retry_base_s:
            raise ValueError("retry_cap_s must not be less than retry_base_s")
        return self

    @model_validator(mode="after")
    def _events_are_kept_until_they_are_delivered(self) -> Self:
        if self.event_retention_s < 2 * sum(self.event_schedule_s):
            raise ValueError("event_retention_s must be at least twice what event_schedule_s adds up to")
        return self

    @property
    def psp_is_live(self) -> bool:
        """Tell whether real money moves; events must agree with it."""
        return self.psp_api_key.startswith("sk_live_")

    @property
    def patience(self) -> Patience:
        """Return the spans of time that the engine knows."""
        return Patience(
            dispatch_grace_us=_us(self.dispatch_grace_s),
            lease_us=_us(self.lease_s),
            zombie_after_us=_us(self.zombie_after_s),
            retry_base_us=_us(self.retry_base_s),
            retry_cap_us=_us(self.retry_cap_s),
            retry_tries_max=self.retry_tries_max,
            psp_key_retention_us=_us(self.psp_key_retention_s),
            idempotency_retention_us=_us(self.idempotency_retention_s),
        )

    @property
    def rules(self) -> Rules:
        """Return by what the PSP's statement is judged."""
        rhythm = Rhythm(
            period_us=_us(self.settlement_period_s or SETTLEMENT_PERIOD_S),
            lookback_us=_us(self.settlement_lookback_s),
            delay_max_us=_us(self.settlement_delay_max_s),
            orphan_after_us=_us(self.settlement_orphan_s),
        )
        if self.psp_fee_basis_points is None:
            return Rules(rhythm=rhythm, fees=None)
        fees = Fees(basis_points=self.psp_fee_basis_points, fixed_minor=self.psp_fee_fixed_minor)
        return Rules(rhythm=rhythm, fees=fees)

    def circuit(self) -> Circuit:
        """Return a new circuit breaker, closed."""
        return Circuit(failures_max=self.circuit_failures, open_us=_us(self.circuit_open_s))

    @property
    def event_schedule_us(self) -> tuple[int, ...]:
        """Return the waits between two tries to send an event."""
        return tuple(map(_us, self.event_schedule_s))

    @property
    def event_lease_us(self) -> int:
        """Return how long one try may hold a delivery; a process that is paused for longer sends it twice."""
        return _us(EVENT_LEASES * self.event_timeout_s)

    @property
    def event_retention_us(self) -> int:
        """Return how long outgoing events are kept."""
        return _us(self.event_retention_s)

    @property
    def inbox_retention_us(self) -> int:
        """Return how long events are kept."""
        return _us(self.inbox_retention_s)


class Environment(Settings, BaseSettings):
    """The settings from variables that begin with `PAYSTORM_`."""

    model_config = SettingsConfigDict(env_prefix="PAYSTORM_", env_parse_none_str="none", frozen=True, extra="forbid")


def _us(seconds: float) -> int:
    return round(seconds * SECOND_US)
