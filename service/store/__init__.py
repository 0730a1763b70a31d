"""Our books on PostgreSQL: tables, named statements, and the two classes that run them."""

from service.store.books import PostgresBooks
from service.store.database import create_database_engine
from service.store.outgoing import PostgresOutgoing
from service.store.outgoing_reads import EventFilter, OutgoingReads, ToldEvent
from service.store.reads import (
    DiscrepancyFilter,
    DiscrepancySum,
    Page,
    PaymentFilter,
    PostgresReads,
    RecordedDiscrepancy,
)
from service.store.store import PostgresStore
from service.store.tables import metadata

__all__ = [
    "DiscrepancyFilter",
    "DiscrepancySum",
    "EventFilter",
    "OutgoingReads",
    "Page",
    "PaymentFilter",
    "PostgresBooks",
    "PostgresOutgoing",
    "PostgresReads",
    "PostgresStore",
    "RecordedDiscrepancy",
    "ToldEvent",
    "create_database_engine",
    "metadata",
]
