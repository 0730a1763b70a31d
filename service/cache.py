"""A bounded memory of this process that forgets: what has expired, and what was used least when it is full."""

from collections import OrderedDict
from collections.abc import Hashable

from engine.idempotency import KeyScope, Remembered


class ExpiringCache[Key: Hashable, Value]:
    """The least recently used entry goes first; an expired one is never returned."""

    def __init__(self, *, size_max: int) -> None:
        """Hold at most so many entries."""
        self._size_max = size_max
        self._entries: OrderedDict[Key, tuple[int, Value]] = OrderedDict()

    def get(self, key: Key, *, now_us: int) -> Value | None:
        """Return the value unless it is gone or has expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        expires_at_us, value = entry
        if expires_at_us <= now_us:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def put(self, key: Key, value: Value, *, expires_at_us: int) -> None:
        """Keep a value until it expires or others push it out."""
        self._entries[key] = (expires_at_us, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size_max:
            self._entries.popitem(last=False)


class ReplayCache:
    """The engine's `Replays` in memory. Only committed answers are put here, so losing it loses nothing."""

    def __init__(self, *, size_max: int) -> None:
        """Hold at most so many answers."""
        self._answers: ExpiringCache[KeyScope, Remembered] = ExpiringCache(size_max=size_max)

    def get(self, scope: KeyScope, *, now_us: int) -> Remembered | None:
        """Return the answer unless it is gone or has expired."""
        return self._answers.get(scope, now_us=now_us)

    def put(self, scope: KeyScope, remembered: Remembered) -> None:
        """Keep an answer that has been committed."""
        self._answers.put(scope, remembered, expires_at_us=remembered.expires_at_us)
