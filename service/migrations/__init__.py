"""The schema's history as Alembic revisions; run by command (`paystorm migrate`), never at import.

A revision is frozen: it imports nothing of the service, so that it does tomorrow what it did when it was written. What
all of them make together is what `service.store.tables` says, and a test compares the two.
"""

from service.migrations.upgrade import Migrated, migrate

__all__ = ["Migrated", "migrate"]
