"""The cyclic garbage collector, told to rest while there is none of its garbage.

Evidence is millions of rows that never point back. The collector cannot know that and goes through all of them again
and again, which takes as long as to judge them. What is no longer needed is freed all the same, by counting references.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector rest for as long as this lasts; it goes on afterwards if it was at work before."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()
