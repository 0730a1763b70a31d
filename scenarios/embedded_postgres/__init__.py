"""A real PostgreSQL as a child process: found, started, ready, and gone when we are gone."""

from scenarios.embedded_postgres.profiles import DURABLE, KILLABLE, SIMULATED, Profile
from scenarios.embedded_postgres.server import EmbeddedPostgres, cluster_template

__all__ = ["DURABLE", "KILLABLE", "SIMULATED", "EmbeddedPostgres", "Profile", "cluster_template"]
