"""How suspended tasks are got rid of when their world is over.

Python cannot drop a suspended coroutine: collecting it throws `GeneratorExit` into it, and its `finally` blocks run. In
a world that is over this can do no harm (no loop to call back, no connection, no network), but it can make noise:
complaints about awaits that nobody answers and about connections that nobody returned to a pool. So it is done here,
deliberately and quietly, rather than by the garbage collector in the middle of whatever comes next.
"""

import asyncio
import gc
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_UNWINDINGS_MAX = 100  # an `await` in a `finally` takes one more; a coroutine that resists for ever is left alone


def bury(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Unwind these tasks to their end; whatever that does or says goes nowhere."""
    with _silence():
        buried = 0
        for task in tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - as asyncio's own gather does
            _unwind(task.get_coro())
            buried += 1
        if buried:
            gc.collect()  # what is left lies in cycles; let it be heard in here


def _unwind(coroutine: Any) -> None:
    for _ in range(_UNWINDINGS_MAX):
        try:
            coroutine.close()
        except KeyboardInterrupt:  # no program's last word, but somebody at the keyboard
            raise
        except BaseException:  # noqa: BLE001, S112 - the last words of a dead program concern nobody
            continue
        return


@contextmanager
def _silence() -> Iterator[None]:
    hook, level = sys.unraisablehook, logging.root.manager.disable
    sys.unraisablehook = lambda _unraisable: None
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        sys.unraisablehook = hook
