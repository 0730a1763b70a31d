"""The tables of a sweep, whole."""

from reports.campaign.chances import Chance, chances, together
from reports.campaign.shape import Campaign, FailingRun
from reports.invariants import sorted_names
from reports.sheets import Cell, Sheet


def sheets(campaign: Campaign) -> tuple[Sheet, ...]:
    """Return every table of the page, with the rows that it leaves out."""
    return (
        Sheet(
            name="failing",
            columns=("rank", "scenario", "seed", "validity", "first_breach_s", "broken", "note", "command"),
            rows=[_failing(run) for run in campaign.failing],
        ),
        Sheet(
            name="scenarios",
            columns=("scenario", "found", "settled", "unknown", "chance", "at_least", "at_most", "seeds_needed"),
            rows=[_chance(chance) for chance in (*chances(campaign), together(campaign))],
        ),
        Sheet(
            name="faults",
            columns=("where", "kind", "bites"),
            rows=[
                (where, kind, int(count))
                for (where, _, kind), count in ((name.partition(" "), count) for name, count in campaign.bites.items())
            ],
        ),
    )


def _failing(run: FailingRun) -> tuple[Cell, ...]:
    broken = " ".join(sorted_names(run.broken))
    return run.rank, run.scenario, run.seed, run.validity, run.first_breach_s, broken, run.note, run.command


def _chance(chance: Chance) -> tuple[Cell, ...]:
    low, high = chance.interval
    return (
        chance.scenario,
        chance.found,
        chance.settled,
        chance.unknown,
        chance.share,
        low if chance.settled else None,
        high if chance.settled else None,
        chance.seeds_needed,
    )
