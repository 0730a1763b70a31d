"""How far `paystorm shrink` is."""

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from scenarios.cli.bar import ProgressDisplay
from scenarios.shrinking import Trial, what_it_takes


class Countdown(ProgressDisplay):
    """The runs that are used up, and what it takes by now; silent where nobody watches."""

    def __init__(self, *, runs_max: int) -> None:
        super().__init__(
            TextColumn("shrinking"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
        )
        self._task = self._bar.add_task("setting up", total=runs_max)

    def tried(self, *, runs: int, smallest: Trial) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=runs, description=what_it_takes(smallest))
