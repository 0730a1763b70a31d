"""Which stories a report tells: the worst of each finding, or else the slowest that healed."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.records import Manifest
from reports.sequence import Diagram, draw_story
from reports.spans import duration
from reports.story import Line, Step, Storyteller
from reports.tables import Tables
from reports.verdict import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Tale:
    """A story with the reason why it is told."""

    name: str  # for a file
    title: str
    why: str
    lines: tuple[Line, ...]
    diagrams: tuple[Diagram, ...]

    @classmethod
    def of(cls, steps: tuple[Step, ...], manifest: Manifest, *, name: str, title: str, why: str) -> "Tale":
        """Return a story with its diagrams."""
        lines, diagrams = tuple(step.line for step in steps), draw_story(steps, manifest)
        return cls(name=name, title=title, why=why, lines=lines, diagrams=diagrams)


def tales(tables: Tables, verdict: Verdict, teller: Storyteller) -> Iterator[Tale]:
    """Yield the story behind the worst breach of each finding; in a run without any, one that healed."""
    found = [(check.id, check.finding) for check in verdict.checks if check.finding is not None]
    stories = teller.tell_each([finding.worst.subject for _, finding in found])
    for (name, finding), steps in zip(found, stories, strict=True):
        title = f"{name} {finding.sentence}"
        yield Tale.of(steps, tables.manifest, name=name, title=title, why=finding.worst.what)
    if not found:
        yield from _slowest(tables, teller)


def _slowest(tables: Tables, teller: Storyteller) -> Iterator[Tale]:
    stretches = tables.risks
    healed = stretches[stretches["healed_by"] != ""].assign(span_s=stretches["until_s"] - stretches["from_s"])
    for row in healed.nlargest(1, "span_s").to_dict(orient="records"):
        why = f"Healed by {row['healed_by']} {duration(row['span_s'])} after the money moved; none took longer."
        steps = teller.tell(order_id=row["order"])
        yield Tale.of(steps, tables.manifest, name="healed", title=f"Purchase {row['order']}", why=why)
