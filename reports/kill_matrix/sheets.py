"""The tables of a kill matrix, whole."""

from reports.kill_matrix.shape import KillMatrix
from reports.sheets import Sheet


def sheets(matrix: KillMatrix) -> tuple[Sheet, ...]:
    """Return the matrix with a column for each invariant, and the verdicts on the sound system."""
    return (
        Sheet(
            name="matrix",
            columns=("defect", "scenario", "state", "seeds", "cpu_s", "first_breach_s", *matrix.invariants, "command"),
            rows=[
                (
                    trial.defect,
                    trial.scenario,
                    trial.state,
                    trial.seeds_tried,
                    trial.cpu_s,
                    trial.first_breach_s,
                    *(name in trial.broken for name in matrix.invariants),
                    trial.command,
                )
                for trial in matrix.trials
            ],
        ),
        Sheet(
            name="sound",
            columns=("scenario", "habitat_of", "seeds", "findings", "cpu_s"),
            rows=[
                (trial.scenario, trial.defect, trial.sound.seeds_tried, trial.sound.findings, trial.sound.cpu_s)
                for trial in matrix.trials
            ],
        ),
    )
