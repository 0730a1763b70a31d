"""Invariants by their names, as one counts: I2 comes before I11."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from reports.checks import CHECKS

TITLES: Mapping[str, str] = MappingProxyType({check.id: check.title for check in CHECKS})


def sorted_names(invariants: Iterable[str]) -> list[str]:
    """Return names in their order; those that nobody knows come by length."""
    return sorted(invariants, key=lambda name: (len(name), name))


def in_order[Value](by_name: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """Return what belongs to each, in their order."""
    return [(name, by_name[name]) for name in sorted_names(by_name)]
