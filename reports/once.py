"""What is worked out once for each evidence, however many ask for it, and forgotten with the evidence."""

from collections.abc import Callable
from functools import wraps
from weakref import WeakKeyDictionary


def once[Key, Value](work: Callable[[Key], Value]) -> Callable[[Key], Value]:
    """Return a function that remembers what it was told about each key, for as long as somebody else has the key.

    What is remembered must not hold on to the key.
    """
    known: WeakKeyDictionary[Key, Value] = WeakKeyDictionary()

    @wraps(work)
    def remembered(key: Key) -> Value:
        if key not in known:
            known[key] = work(key)
        return known[key]

    return remembered
