"""What one payment asks of each party, and the machine on which they all are."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Demands:
    """Processor time of one payment in seconds, by party, and where it waits without any."""

    answer_s: float  # of the service, until it has answered
    after_s: float  # of the service, after the answer: asks the PSP and records its word
    database_s: float  # of PostgreSQL, for the whole payment
    psp_s: float
    customer_s: float  # of who sends the requests; they share the machine here, and nowhere else
    commit_s: float  # that a commit waits for the disk
    trips_before: int  # round trips to the database until the answer; they are one transaction
    trips_after: int  # round trips after the answer; each is a transaction
    variation: float  # of the service's time from payment to payment: squared coefficient of variation
    background: float  # processors that are busy with other things: the worker's ticks, and neighbours

    @property
    def service_s(self) -> float:
        """Return the processor time of the service."""
        return self.answer_s + self.after_s

    @property
    def total_s(self) -> float:
        """Return the processor time of everybody on this machine."""
        return self.service_s + self.database_s + self.psp_s + self.customer_s

    @property
    def trip_s(self) -> float:
        """Return the processor time that PostgreSQL takes for one round trip."""
        return self.database_s / max(1, self.trips_before + self.trips_after)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plant:
    """How many of everything there are."""

    services: int  # processes of the service, each with one thread that computes
    processors: int
    pool: int = 10  # connections of one process to the database
