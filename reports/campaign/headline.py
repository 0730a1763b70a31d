"""What a sweep came to, in a word, a headline and plain sentences."""

from collections.abc import Iterator

from reports.campaign.chances import together
from reports.campaign.shape import Campaign
from reports.invariants import in_order
from reports.statistics import share_at_most
from reports.verdict import Validity
from reports.words import opening_count, plural


def validity(campaign: Campaign) -> Validity:
    """Return the worst that can be said; a sweep that is not finished cannot acquit."""
    if campaign.broken or campaign.differences or campaign.escaped or campaign.is_blind:
        return Validity.INVALID
    if campaign.failing or campaign.unfinished or not campaign.is_complete:
        return Validity.UNKNOWN
    return Validity.VALID


def headline(campaign: Campaign) -> str:
    """Return what weighs most: whoever reads nothing else must not miss that the rest means little."""
    if campaign.differences or campaign.escaped:
        return "A run could not be repeated."
    if campaign.is_blind:
        return "The judge is blind."
    if campaign.broken:
        broken = campaign.runs.invalid
        return f"{opening_count(broken)} {plural(broken, 'run')} broke an invariant."
    if campaign.failing or campaign.unfinished:
        return "Not everything could be settled."
    return "Nothing was found." if campaign.is_complete else "Nothing was found so far."


def lead(campaign: Campaign) -> str:
    """Return how much was tried, and what it says."""
    return " ".join(_sentences(campaign))


def _sentences(campaign: Campaign) -> Iterator[str]:
    runs, faults = campaign.runs, int(campaign.counts.get("faults", 0))
    scenarios = f"{len(campaign.scenarios):,} {plural(len(campaign.scenarios), 'scenario')}"
    yield f"{runs.judged:,} {plural(runs.judged, 'run')} of {scenarios} were judged, and faults bit {faults:,} times."
    if campaign.findings:
        broken = [f"{name} in {count:,}" for name, count in in_order(campaign.findings)]
        yield f"Broken: {', '.join(broken)} {plural(runs.invalid, 'run')}."
    if campaign.is_blind:
        yield "A defect was planted to be found, and was not, so that the rest proves nothing."
    settled = together(campaign).settled
    if settled and not campaign.broken and not campaign.is_blind:
        chance = percent(share_at_most(settled))
        yield f"With no finding in {settled:,} runs, the chance of one per run is below {chance}, with 95 % confidence."
    if not campaign.is_complete:
        yield f"The sweep ended before its time: {runs.wanted:,} runs were wanted."


def percent(share: float) -> str:
    """Return a share with three digits that count, so that it never reads as none."""
    return f"{share * 100:.3g}\N{NO-BREAK SPACE}%"
