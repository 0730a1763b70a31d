"""Work that goes on after the answer: deliveries, and effects that come late.

asyncio keeps only weak references to tasks, so a task nobody holds may vanish.
These are held until they end, and one that breaks is reported at once.
"""

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Background tasks of one PSP, in the order in which they were started."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[None], None] = {}

    def start(self, work: Coroutine[None, None, None], *, name: str) -> asyncio.Task[None]:
        """Start work in the running loop and hold it until it ends."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running[task] = None
        task.add_done_callback(self._ended)
        return task

    def idle(self) -> bool:
        """Tell whether nothing is going on."""
        return not self._running

    def __len__(self) -> int:
        """Tell how much is going on."""
        return len(self._running)

    async def cancel(self) -> None:
        """End everything that is going on."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if not task.cancelled() and (error := task.exception()):
            message = f"background work of the PSP failed: {task.get_name()}"
            task.get_loop().call_exception_handler({"message": message, "exception": error, "task": task})
