"""Our books on PostgreSQL: tables, named statements, and the two classes that run them."""

from service.store.books import PostgresBooks
from service.store.database import create_database_engine
from service.store.reads import Page, PaymentFilter, PostgresReads
from service.store.store import PostgresStore
from service.store.tables import metadata

__all__ = [
    "Page",
    "PaymentFilter",
    "PostgresBooks",
    "PostgresReads",
    "PostgresStore",
    "create_database_engine",
    "metadata",
]
