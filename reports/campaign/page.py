"""The page of a sweep: a view of its summary, and of nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import quote

from reports.campaign.chances import chances, together
from reports.campaign.figures import over_seeds, over_time
from reports.campaign.headline import headline, lead, percent, validity
from reports.campaign.shape import Campaign, FailingRun, Trouble, read_campaign
from reports.dotted import dotted
from reports.figures.drawing import Picture
from reports.invariants import TITLES, sorted_names
from reports.rendering import page_environment, style
from reports.spans import duration

PAGE = "campaign.html"
_FAILING_MAX = 50  # on the page; the summary has all
_TROUBLES_MAX = 20
_REPORT_PARTS = 3  # failing/NAME-SEED/report.html


@dataclass(frozen=True, kw_only=True, slots=True)
class _Failing:
    """A failing run as it is shown."""

    rank: int
    scenario: str
    seed: int
    validity: str
    first_breach_s: float | None
    names: tuple[str, ...]
    note: str
    command: str
    href: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trouble:
    """Why the rest proves less than it seems to."""

    kind: str
    name: str
    why: str
    command: str


def write_campaign(folder: Path) -> Path:
    """Write the page of the sweep in this folder, and return its path.

    Raises:
        EvidenceError: The folder has no summary that can be understood.
    """
    page = folder / PAGE
    page.write_text(render_campaign(read_campaign(folder), folder=folder), encoding="utf-8")
    return page


def render_campaign(campaign: Campaign, *, folder: Path) -> str:
    """Return the page; a kept report is linked where the folder has it."""
    by_scenario, all_runs = chances(campaign), together(campaign)
    environment = page_environment()
    environment.filters["percent"] = percent
    return environment.get_template("campaign.html.jinja").render(
        style=style("report.css", "overview.css"),
        validity=validity(campaign),
        headline=headline(campaign),
        lead=lead(campaign),
        campaign=campaign,
        named=_named(campaign),
        seeds=_seeds(campaign),
        numbers=tuple(_numbers(campaign)),
        failing=[_shown(run, folder) for run in campaign.failing[:_FAILING_MAX]],
        troubles=tuple(_troubles(campaign))[:_TROUBLES_MAX],
        titles=TITLES,
        pictures=pictures(campaign),
        chances=[chance for chance in by_scenario if chance.found or chance.unknown],
        clean=[chance for chance in by_scenario if not chance.found and not chance.unknown],
        all_runs=all_runs,
        bites=_bites(campaign),
        settings=tuple(_settings(campaign)),
    )


def pictures(campaign: Campaign) -> tuple[Picture, ...]:
    """Return the figures, as far as there is something to draw."""
    by_scenario, all_runs = chances(campaign), together(campaign)
    drawn = (over_seeds(by_scenario, all_runs), over_time(by_scenario, all_runs))
    return tuple(picture for picture in drawn if picture is not None)


def _named(campaign: Campaign) -> str:
    if len(campaign.scenarios) <= 2:  # noqa: PLR2004 - more than two names are a list, and the table has it
        return " and ".join(campaign.scenarios)
    return f"{len(campaign.scenarios):,} scenarios"


def _seeds(campaign: Campaign) -> str:
    first, last = campaign.seeds
    return f"{first}" if first == last else f"{first} to {last}"


def _numbers(campaign: Campaign) -> Iterator[tuple[str, str]]:
    runs, repetitions = campaign.runs, campaign.repetitions
    yield "runs judged", f"{runs.judged:,}"
    yield "broke an invariant", f"{runs.invalid:,}"
    yield "could not be settled", f"{runs.unknown + runs.unfinished:,}"
    yield "performed twice", f"{int(repetitions.get('done', 0)):,}"
    yield "of them different", f"{int(repetitions.get('different', 0)):,}"
    yield "faults that bit", f"{int(campaign.counts.get('faults', 0)):,}"
    yield "requests", f"{int(campaign.counts.get('requests', 0)):,}"
    yield "seeds an hour", f"{campaign.seeds_per_hour:,}" if campaign.seeds_per_hour else "not measured"


def _shown(run: FailingRun, folder: Path) -> _Failing:
    return _Failing(
        rank=run.rank,
        scenario=run.scenario,
        seed=run.seed,
        validity=run.validity,
        first_breach_s=run.first_breach_s,
        names=tuple(sorted_names(run.broken)),
        note=run.note,
        command=run.command,
        href=_href(run, folder),
    )


def _href(run: FailingRun, folder: Path) -> str | None:
    """Return where the report is from the page's own place: the folder may have been moved since."""
    if run.report is None:
        return None
    parts = PurePath(run.report).parts[-_REPORT_PARTS:]
    return "/".join(map(quote, parts)) if folder.joinpath(*parts).is_file() else None


def _troubles(campaign: Campaign) -> Iterator[_Trouble]:
    if campaign.canary is not None and not campaign.canary.found:
        why = "A defect was planted in this run, and nothing was found."
        yield _Trouble(kind="blind", name="the canary", why=why, command=campaign.canary.command)
    for run in campaign.differences:
        yield _Trouble(kind="different", name=_name(run), why=run.first_difference, command=run.command)
    for run in campaign.unfinished:
        yield _Trouble(kind=run.validity or "failed", name=_name(run), why=run.note, command=run.command)


def _name(run: Trouble) -> str:
    return f"{run.scenario} seed {run.seed}"


def _bites(campaign: Campaign) -> list[dict[str, object]]:
    """Return how often each kind of fault bit, the most frequent first."""
    ranked = sorted(campaign.bites.items(), key=lambda item: (-item[1], item[0]))
    return [
        {"where": where, "kind": kind, "count": int(count)}
        for (where, _, kind), count in ((name.partition(" "), count) for name, count in ranked)
    ]


def _settings(campaign: Campaign) -> Iterator[tuple[str, str]]:
    yield "Scenarios", ", ".join(campaign.scenarios)
    yield "Seeds", _seeds(campaign)
    swarm = {True: "drawn by each seed", False: "none, every fault as it is", None: "not recorded"}[campaign.swarm]
    yield "Swarm", swarm
    yield "Runs at once", "not recorded" if campaign.jobs is None else f"{campaign.jobs:,}"
    yield "Runs wanted", f"{campaign.runs.wanted:,}"
    yield "Judged before", f"{campaign.runs.resumed:,}"
    yield "This session", duration(campaign.wall_s)
    yield "Canary", _canary(campaign)
    yield from ((f"Set: {name}", value) for name, value in dotted(dict(campaign.changes)))
    yield from ((name.replace("_", " ").capitalize(), f"{count:,}") for name, count in campaign.counts.items())


def _canary(campaign: Campaign) -> str:
    if campaign.canary is None:
        return "none was planted"
    return f"found by {', '.join(map(str, campaign.canary.broken))}" if campaign.canary.found else "not found"
