"""The fast path: an attempt is sent right after the answer that accepted it.

It is a favour, not a duty. What fails here, or what there is no room for, is the worker's, who finds the attempt due.
"""

import logging

from engine.errors import StoreError
from engine.settlement import Case
from engine.usecases import TryAttempt

logger = logging.getLogger(__name__)


class Dispatcher:
    """Sends attempts, a bounded number at a time: a slow PSP must not fill this process."""

    def __init__(self, try_attempt: TryAttempt, *, under_way_max: int) -> None:
        """Let at most so many be under way."""
        self._try_attempt = try_attempt
        self._under_way_max = under_way_max
        self._under_way = 0

    async def __call__(self, case: Case) -> None:
        """Send an attempt, or leave it to the worker."""
        if self._under_way >= self._under_way_max:
            return
        self._under_way += 1
        try:
            await self._try_attempt.dispatch(case)
        except StoreError as error:
            logger.warning("the fast path left %s to the worker: %s", case.attempt.id, error)
        finally:
            self._under_way -= 1
