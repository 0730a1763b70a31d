"""Rows by what they have in common."""

from collections import defaultdict
from collections.abc import Callable, Iterable


def grouped[Row](rows: Iterable[Row], key: Callable[[Row], str | None]) -> dict[str, list[Row]]:
    """Return the rows by key, in their order, leaving out those that have none."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        name = key(row)
        if name is not None:
            groups[name].append(row)
    return dict(groups)
