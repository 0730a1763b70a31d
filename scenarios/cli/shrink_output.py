"""How far `paystorm shrink` is."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scenarios.shrinking import Trial, what_it_takes


class Countdown:
    """The runs that are used up, and what it takes by now; silent where nobody watches."""

    def __init__(self, *, runs_max: int) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("shrinking"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("setting up", total=runs_max)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tried(self, *, runs: int, smallest: Trial) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=runs, description=what_it_takes(smallest))
