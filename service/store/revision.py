"""Which revision of the schema this code is written for, and the mark that a database carries.

Revisions are numbered with leading zeros, so that later ones compare greater. A database may be ahead of the code while
a release is rolled out, which is why every revision must leave the running code a schema that it can work with.
"""

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table
from sqlalchemy.dialects.postgresql import insert as upsert

REVISION = "0006"

# Alembic's own table, apart from the service's: it is neither exported nor emptied between runs.
revision_marks = MetaData()
alembic_version = Table(
    "alembic_version",
    revision_marks,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

MARK = upsert(alembic_version).values(version_num=REVISION).on_conflict_do_nothing()
