"""Runs on this machine, in as many processes as it has processors."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import BrokenProcessPool

from scenarios.campaign.backends import AHEAD, Backend, WorkersDied, first_line
from scenarios.campaign.orders import Chunk, Report
from scenarios.campaign.stagehand import close_playhouses, perform_chunk, serve

_IDLE_TIMEOUT_S = 86_400  # whoever has nothing to do waits for the last run of the others, however long that takes


class _Loky:
    """Workers that are spawned, never forked; a single one is ourselves."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._options: dict[str, Any] = {}
        if jobs > 1:
            self._options = {
                "backend": "loky",
                "initializer": serve,
                "initargs": (os.getpid(),),
                "idle_worker_timeout": _IDLE_TIMEOUT_S,
                "max_nbytes": None,  # nothing here is a large array
            }

    def perform(self, chunks: Iterable[Chunk]) -> Iterator[Report]:
        parallel = Parallel(
            n_jobs=self.jobs, return_as="generator_unordered", batch_size=1, pre_dispatch=AHEAD, **self._options
        )
        try:
            yield from parallel(delayed(perform_chunk)(chunk) for chunk in chunks)
        except BrokenProcessPool as error:
            raise WorkersDied(first_line(error)) from None

    def close(self) -> None:
        if self.jobs > 1:
            get_reusable_executor().shutdown(wait=True)
        close_playhouses()


@contextmanager
def local_backend(jobs: int | None) -> Iterator[Backend]:
    """Yield this machine's processes; by default one for each processor that we may use."""
    backend = _Loky(jobs or cpu_count())
    try:
        yield backend
    finally:
        backend.close()
