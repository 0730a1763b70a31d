"""Rows by what they have in common."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable


def grouped[Row, Key: Hashable](rows: Iterable[Row], key: Callable[[Row], Key | None]) -> dict[Key, list[Row]]:
    """Return the rows by key, in their order, leaving out those that have none."""
    groups: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        name = key(row)
        if name is not None:
            groups[name].append(row)
    return dict(groups)


def partitioned[Row](rows: Iterable[Row], is_one: Callable[[Row], bool]) -> tuple[list[Row], list[Row]]:
    """Return the rows that are one, and those that are not, in their order."""
    ones: list[Row] = []
    others: list[Row] = []
    for row in rows:
        (ones if is_one(row) else others).append(row)
    return ones, others
