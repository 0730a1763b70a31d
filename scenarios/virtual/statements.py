"""What the simulation must know of a statement: may it be wrapped, does it take or free locks, is it lawful.

PostgreSQL still parses and runs every statement itself. This looks at the beginning of a text and for a few names in
it.
"""

import enum
import re
from functools import lru_cache


class Traits(enum.Flag):
    """What is special about a statement."""

    NONE = 0
    CONTROL = enum.auto()  # begins, ends or divides a transaction: no savepoint may enclose it
    RELEASES = enum.auto()  # may free locks although its transaction goes on
    LOCKS = enum.auto()  # writes rows, or reads them FOR UPDATE and the like
    COMMITS = enum.auto()


_LEAD = r"^(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_CONTROL = re.compile(
    _LEAD + r"(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare\s+transaction"
    r"|set\s+(?:local\s+|session\s+)?(?:transaction|characteristics))\b",
    re.IGNORECASE | re.DOTALL,
)
_COMMITS = re.compile(_LEAD + r"(?:commit|end)\b", re.IGNORECASE | re.DOTALL)
_LOCKS = re.compile(
    _LEAD + r"(?:insert|update|delete|merge)\b"
    r"|^.*\bfor\s+(?:no\s+key\s+update|update|key\s+share|share)\b"
    r"|" + _LEAD + r"with\b.*\b(?:insert\s+into|update|delete\s+from|merge\s+into)\b",
    re.IGNORECASE | re.DOTALL,
)
_RELEASES = re.compile(_LEAD + r"rollback\b|advisory_unlock", re.IGNORECASE | re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_OWN_CLOCK = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|gen_random_uuid|uuidv4|uuidv7"
    r"|pg_sleep|pg_backend_pid|txid_current|pg_current_xact_id)\s*\("
    r"|\b(?:current_timestamp|current_date|current_time|localtimestamp|localtime)\b",
    re.IGNORECASE,
)
_UNREPEATABLE = re.compile(
    # Would be counted in real time; lock_timeout belongs into the start-up packet.
    r"\bset\s+(?:local\s+|session\s+)?(?:lock|statement|deadlock|transaction|idle_session|idle_in_transaction_session)"
    r"_timeout\b"
    r"|\bcopy\b.*\bfrom\s+stdin\b"
    r"|\bdiscard\s+all\b|\bdeallocate\s+(?:prepare\s+)?all\b",  # would forget the simulation's own statements
    re.IGNORECASE | re.DOTALL,
)


@lru_cache(maxsize=1024)
def traits_of(sql: str) -> Traits:
    """Classify a statement by its text."""
    traits = Traits.NONE
    if _CONTROL.match(sql):
        traits |= Traits.CONTROL
    if _RELEASES.search(sql):
        traits |= Traits.RELEASES
    if _LOCKS.match(_LITERAL.sub("''", sql)):
        traits |= Traits.LOCKS
    if _COMMITS.match(sql):
        traits |= Traits.COMMITS
    return traits


@lru_cache(maxsize=1024)
def own_clock(sql: str) -> str | None:
    """Return the first call by which a statement asks the server's own clock, chance or process table; None if none."""
    return _first(_OWN_CLOCK, sql)


@lru_cache(maxsize=1024)
def unrepeatable(sql: str) -> str | None:
    """Return what virtual time cannot repeat in a statement; None if all is well."""
    return _first(_UNREPEATABLE, sql)


def _first(pattern: re.Pattern[str], sql: str) -> str | None:
    found = pattern.search(_LITERAL.sub("''", sql))
    return found.group().strip() if found else None
