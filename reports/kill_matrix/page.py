"""The page of a kill matrix: a view of matrix.json, and of nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.figures.drawing import Picture
from reports.invariants import TITLES
from reports.kill_matrix.figures import found_by_seeds
from reports.kill_matrix.shape import FOUND, SURVIVED, KillMatrix, Trial, read_matrix
from reports.rendering import page_environment, style
from reports.spans import duration
from reports.verdict import Validity
from reports.words import opening_count, plural

PAGE = "matrix.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class Habitats:
    """The trials that took place in one scenario."""

    scenario: str
    trials: tuple[Trial, ...]

    @property
    def sound_runs(self) -> int:
        """How often the sound system was tried there."""
        return sum(trial.sound.seeds_tried for trial in self.trials)

    @property
    def accusations(self) -> int:
        """How often it could not be shown to hold."""
        return sum(trial.sound.findings for trial in self.trials)


def write_matrix(folder: Path) -> Path:
    """Write the page of the kill matrix in this folder, and return its path.

    Raises:
        EvidenceError: The folder has no matrix.json that can be understood.
    """
    page = folder / PAGE
    page.write_text(render_matrix(read_matrix(folder)), encoding="utf-8")
    return page


def render_matrix(matrix: KillMatrix) -> str:
    """Return the page."""
    return (
        page_environment()
        .get_template("matrix.html.jinja")
        .render(
            style=style("report.css", "overview.css"),
            validity=validity(matrix),
            headline=_headline(matrix),
            lead=" ".join(_sentences(matrix)),
            numbers=tuple(_numbers(matrix)),
            missed=tuple(trial for trial in matrix.trials if not trial.is_found),
            accused=matrix.accused,
            found_by_others=tuple(trial for trial in matrix.trials if trial.is_found_by_others),
            habitats=_by_habitat(matrix.trials),
            invariants=matrix.invariants,
            titles=TITLES,
            pictures=pictures(matrix),
        )
    )


def pictures(matrix: KillMatrix) -> tuple[Picture, ...]:
    """Return the figure, if there is something to draw."""
    drawing = found_by_seeds(matrix)
    return () if drawing is None else (drawing,)


def validity(matrix: KillMatrix) -> Validity:
    """Return the worst that can be said; a matrix that is not finished cannot acquit the judge."""
    if matrix.with_state(SURVIVED) or matrix.accused:
        return Validity.INVALID
    is_whole = matrix.trials and all(trial.is_found for trial in matrix.trials)
    return Validity.VALID if is_whole else Validity.UNKNOWN


def _headline(matrix: KillMatrix) -> str:
    survived = len(matrix.with_state(SURVIVED))
    if survived:
        return f"{opening_count(survived)} {plural(survived, 'defect')} survived."
    if matrix.accused:
        return "The sound service was accused."
    if validity(matrix) is Validity.VALID:
        return "Every defect was found."
    return f"{opening_count(len(matrix.with_state(FOUND)))} of {len(matrix.trials):,} defects were found so far."


def _sentences(matrix: KillMatrix) -> Iterator[str]:
    found, most = len(matrix.with_state(FOUND)), matrix.seeds_max
    yield f"{found:,} of {len(matrix.trials):,} planted defects broke an invariant."
    if matrix.seeds_median is not None and most is not None:
        seeds = plural(round(matrix.seeds_median), "seed")
        yield f"The median defect needed {matrix.seeds_median:g} {seeds}, the hardest {most:,}."
    runs, accused = sum(trial.sound.seeds_tried for trial in matrix.trials), len(matrix.accused)
    if accused:
        yield f"The sound service was accused in {accused:,} of the same habitats, where nothing was planted."
    elif runs:
        yield f"The sound service held in all {runs:,} runs of the same habitats with the same seeds."
    else:
        yield "The sound service was not tried yet."


def _numbers(matrix: KillMatrix) -> Iterator[tuple[str, str]]:
    yield "defects found", f"{len(matrix.with_state(FOUND)):,} of {len(matrix.trials):,}"
    yield "seeds until found, median", "not known" if matrix.seeds_median is None else f"{matrix.seeds_median:g}"
    yield "seeds until found, at most", "not known" if matrix.seeds_max is None else f"{matrix.seeds_max:,}"
    yield "runs", f"{matrix.runs:,}"
    yield "processor time of all runs", duration(matrix.runs_cpu_s)
    yield "accusations of the sound", f"{sum(trial.sound.findings for trial in matrix.trials):,}"


def _by_habitat(trials: Sequence[Trial]) -> tuple[Habitats, ...]:
    scenarios = dict.fromkeys(trial.scenario for trial in trials)
    return tuple(
        Habitats(scenario=scenario, trials=tuple(trial for trial in trials if trial.scenario == scenario))
        for scenario in scenarios
    )
