"""Every defect tried in its habitat until it is found, and then the sound system there with the same seeds."""

from collections.abc import Sequence
from typing import Protocol

from scenarios.campaign.backends import Backend
from scenarios.campaign.folder import SweepFolder
from scenarios.campaign.ledger import Ledger
from scenarios.campaign.matrix import Row, awaits, rows
from scenarios.campaign.matrix_plan import MatrixPlan
from scenarios.campaign.results import Result
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.sweep import Sweep
from scenarios.defects import Defect

SOUND = "sound"
"""The folder within the folder: what became of the sound system."""


class Watcher(Protocol):
    """Is told how far the trials are."""

    def begin(self, plan: MatrixPlan) -> None:
        """Hear what is tried now."""
        ...

    def moved(self, ledger: Ledger) -> None:
        """Hear that something was done."""
        ...


def plan_of(defects: Sequence[Defect], *, seeds: Seeds) -> MatrixPlan:
    """Return the plan that looks for these defects, but for those that no check could find."""
    return MatrixPlan.of_defects([one for one in defects if not awaits(one)], seeds=seeds)


class Trials:
    """Two sweeps: the second needs what the first one found."""

    def __init__(
        self,
        defects: Sequence[Defect],
        *,
        plan: MatrixPlan,
        folder: SweepFolder,
        backend: Backend,
        watcher: Watcher,
        database_url: str | None = None,
    ) -> None:
        """Read what was done before; nothing happens before `run`.

        Args:
            defects: What stands in the matrix.
            plan: `plan_of` these.
            folder: Where it is written down.
            backend: Who performs the runs.
            watcher: Is told how far it is.
            database_url: The server to use; by default each process has its own.
        """
        self._defects = defects
        self._plan = plan
        self._folder = folder
        self._backend = backend
        self._watcher = watcher
        self._database_url = database_url
        self._sound: list[Result] = []
        self._sweeps: list[Sweep] = []
        self._is_stopping = False

    def interrupt(self) -> None:
        """Hand out nothing more; what is under way is waited for."""
        self._is_stopping = True
        for sweep in self._sweeps:
            sweep.interrupt()

    def run(self) -> None:
        """Try what is missing.

        Raises:
            BadInput: The folder holds something else.
            InfrastructureFailed: The machine let us down; what was found until then is written down.
        """
        self._sweep(self._plan, self._folder, until_found=True)
        if self._sweeps[0].is_complete and not self._is_stopping:
            self._try_the_sound()

    @property
    def rows(self) -> tuple[Row, ...]:
        """What became of each defect."""
        planted = self._folder.results.read()
        return rows(self._defects, seeds=self._plan.seeds, planted=planted, sound=self._sound)

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody has seen enough."""
        return self._is_stopping

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return len(self._sweeps) == 2 and all(sweep.is_complete for sweep in self._sweeps)  # noqa: PLR2004 - see above

    @property
    def unfinished(self) -> list[Result]:
        """What could not be judged."""
        return [result for sweep in self._sweeps for result in sweep.ledger.unfinished.values()]

    def _try_the_sound(self) -> None:
        last_seeds = {row.defect.id: row.planted[-1].seed for row in self.rows if row.planted}
        plan = MatrixPlan.of_the_sound(last_seeds, self._defects, seeds=self._plan.seeds)
        with SweepFolder.claim(self._folder.path / SOUND, plan=plan) as folder:
            try:
                self._sweep(plan, folder, until_found=False)
            finally:
                self._sound = [*folder.results.read()]

    def _sweep(self, plan: MatrixPlan, folder: SweepFolder, *, until_found: bool) -> None:
        self._watcher.begin(plan)
        sweep = Sweep(
            plan,
            folder=folder,
            backend=self._backend,
            watcher=self._watcher,
            database_url=self._database_url,
            kept_max=len(self._defects),
            until_found=until_found,
        )
        self._sweeps.append(sweep)
        sweep.run()
