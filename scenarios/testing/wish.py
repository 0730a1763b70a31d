"""What `@pytest.mark.paystorm(...)` asks for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.fail_on import EVERYTHING, FailOn
from reports.thresholds import Threshold
from scenarios.campaign.plan import Plan
from scenarios.campaign.rehearsal import plan_one
from scenarios.campaign.seeds import Seeds
from scenarios.errors import BadInput
from scenarios.scenario_file import is_file_name

_SEEDS = 5  # enough to see a test fail that often fails, and over in seconds


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One scenario with some seeds, and what must be true of each run."""

    plan: Plan
    seeds: Sequence[int]
    thresholds: tuple[Threshold, ...]
    fail_on: FailOn

    @property
    def name(self) -> str:
        """The scenario's."""
        return self.plan.scenarios[0].name


def wish(
    scenario: str,
    *,
    seeds: int | str | Iterable[int] = _SEEDS,
    customers: int | None = None,
    defect: str | None = None,
    changes: Mapping[str, object] | None = None,
    swarm: bool = True,
    thresholds: Iterable[str] = (),
    fail_on: str | None = None,
    folder: Path,
) -> Wish:
    """Return what a mark asks for; all but `folder` are the mark's own words.

    Args:
        scenario: A name that `paystorm list` shows, or a file, sought beside the test first.
        seeds: How many, counted from 1; or which, as `"5..9"` or a list of numbers.
        customers: How many come.
        defect: A bug to be planted.
        changes: Settings of the scenario by dotted key, as `--set` takes them.
        swarm: Whether each seed draws which faults exist, how hard they hit and which delays are long.
        thresholds: Bars that each run must clear.
        fail_on: What fails the test, as `--fail-on` takes it.
        folder: Where the test is.

    Raises:
        BadInput: One of them cannot be understood.
        ReportError: A threshold, or what the test shall fail on, cannot be understood.
    """
    settings = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (changes or {}).items()}
    options = {"customers": customers, "defect": defect}
    settings |= {key: str(value) for key, value in options.items() if value is not None}
    return Wish(
        plan=plan_one(_found(scenario, folder), changes=settings, has_swarm=swarm),
        seeds=_numbers(seeds),
        thresholds=tuple(map(Threshold.parse, thresholds)),
        fail_on=EVERYTHING if fail_on is None else FailOn.parse(fail_on),
    )


def _found(scenario: str, folder: Path) -> str:
    beside = folder / scenario
    return str(beside) if is_file_name(scenario) and beside.exists() else scenario


def _numbers(seeds: int | str | Iterable[int]) -> Sequence[int]:
    match seeds:
        case str():
            return Seeds.parse(seeds, option="seeds").all()
        case int() if seeds >= 1:
            return range(1, seeds + 1)
        case int():
            raise BadInput(f"seeds={seeds}: expected how many, such as 20, or which, such as '5..9'")
        case _:
            return tuple(seeds)
