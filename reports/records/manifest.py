"""manifest.json: which run this was."""

from dataclasses import dataclass, field

from reports.records.values import JsonObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """manifest.json: which run this was, and how to have it again."""

    format: int
    scenario: str
    story: str  # what the scenario puts the system through, in plain words
    seed: int
    mode: str  # "virtual" or "live"
    command: str  # repeats this very run
    versions: JsonObject = field(default_factory=dict)
    commit: str | None = None
    plan: JsonObject = field(default_factory=dict)
    started_at_us: int
    storm_ended_at_us: int  # the calm began
    ended_at_us: int  # the books were read
    is_complete: bool = True  # False: somebody ended the run before its time
    final_within_s: int | float  # the promise: every payment is final this long after the calm began
    digest: str = ""  # SHA-256 of the records; written with them
    timeline: str = ""  # SHA-256 of everything that happened, in its order; virtual runs only
    swarm: JsonObject = field(default_factory=dict)  # what of the plan the seed drew, by dotted key
    left_out: list[str] = field(default_factory=list)  # of the plan, what could not be done, and why
    counts: JsonObject = field(default_factory=dict)
