"""A score as people read it."""

from reports.checks import Score
from reports.spans import duration


def tell_score(score: Score) -> str:
    """Return a score in one line, such as `line-wrong: 3 planted, 3 found; precision 100%, recall 100%`."""
    counts = [f"{score.planted} planted", f"{score.found} found"]
    counts += [f"{count} {word}" for count, word in ((score.missed, "missed"), (score.invented, "invented")) if count]
    if score.not_due:
        counts.append(f"{score.not_due} planted too late to say")
    parts = [", ".join(counts)]
    if shares := [f"{name} {share:.0%}" for name, share in _shares(score) if share is not None]:
        parts.append(", ".join(shares))
    for verb, median_s, worst_s in (
        ("found", score.find_median_s, score.find_worst_s),
        ("made good", score.heal_median_s, score.heal_worst_s),
    ):
        if median_s is not None and worst_s is not None:
            parts.append(f"{verb} after {duration(median_s)}, {duration(worst_s)} at most")
    return f"{score.kind}: {'; '.join(parts)}"


def _shares(score: Score) -> tuple[tuple[str, float | None], ...]:
    return ("precision", score.precision), ("recall", score.recall)
