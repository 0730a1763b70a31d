"""A comparison as plain data, for programs; times are seconds, shares and p-values numbers up to 1."""

from dataclasses import asdict

import orjson

from reports.comparison.compare import Comparison
from reports.comparison.outcomes import Ending
from reports.comparison.side import Side
from reports.comparison.timings import Timing

_FORMAT = 1


def to_json(comparison: Comparison) -> str:
    """Return the content of `paystorm compare --json`."""
    plain = {
        "format": _FORMAT,
        "headline": comparison.headline,
        "lead": comparison.lead,
        "runs": [_side(side) for side in comparison.sides],
        "sameness": asdict(comparison.sameness),
        "invariants": [asdict(one) for one in comparison.invariants],
        "outcomes": [
            {
                "title": distribution.title,
                "missing": distribution.missing or None,
                "beyond_chance": distribution.is_apart,
                "states": [_ending(ending) for ending in distribution.endings],
            }
            for distribution in comparison.distributions
        ],
        "timings": [_timing(timing) for timing in comparison.timings],
        "money_at_risk": [asdict(risk) for risk in comparison.risks],
        "faults": [asdict(bites) for bites in comparison.faults],
        "settings": [asdict(difference) for difference in comparison.settings],
        "optimism": list(comparison.optimism) if comparison.one_is_live else None,
    }
    # An interval is a pair with names.
    return orjson.dumps(plain, default=list, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _side(side: Side) -> dict[str, object]:
    manifest = side.manifest
    return {
        "name": side.name,
        "scenario": manifest.scenario,
        "seed": manifest.seed,
        "mode": manifest.mode,
        "verdict": side.verdict.validity,
        "digest": manifest.digest,
        "timeline": manifest.timeline or None,
        "command": manifest.command,
    }


def _ending(ending: Ending) -> dict[str, object]:
    return {**asdict(ending), "shares": ending.shares, "beyond_chance": ending.is_apart}


def _timing(timing: Timing) -> dict[str, object]:
    return {
        "name": timing.name,
        "counts": [len(sample) for sample in timing.samples],
        "quantiles": [
            {**asdict(pair), "beyond_chance": pair.is_apart, "few": pair.is_thin} for pair in timing.quantiles
        ],
        "longest_s": timing.longest_s,
    }
