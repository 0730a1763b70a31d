"""What the parts of a sweep tell each other: plain values that travel between processes and machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.campaign.reach import Reach
from scenarios.campaign.results import Result, Task
from scenarios.errors import ScenarioError

type Files = Mapping[str, bytes]

TIMELINE = "timeline.txt"
"""Among the files of a run that is performed twice: everything that happened, in its order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class First:
    """What is to be repeated."""

    house: str  # which process performed it
    digest: str
    timeline: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One run to perform."""

    task: Task
    plan: str  # the scenario as JSON
    source: str  # what a person types for it: its name, or its file
    has_swarm: bool  # whether the seed draws what becomes of the scenario
    changes: Mapping[str, str]  # what was set by hand, and the swarm must leave as it is
    wants_files: bool = False  # even if nothing is found
    first: First | None = None  # this is the second performance
    wants_reach: bool = False  # whether somebody asks what it has reached


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One run that was performed."""

    result: Result
    house: str  # which process performed it
    files: Files | None  # the evidence, where somebody will want to look at it
    reach: Reach | None = None  # if somebody asked for it


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """Runs that are handed out together."""

    orders: tuple[Order, ...]
    code: str  # the fingerprint of the code that shall perform them
    database_url: str | None
    until_found: bool = False  # leave out the rest once a run of them has found something


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What became of a chunk."""

    outcomes: Sequence[Outcome]
    failure: ScenarioError | None  # why it ended early


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The first thing that a playhouse is told."""

    database_url: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What a playhouse says when it is ready."""

    house: str
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Why a playhouse could not open."""

    error: ScenarioError
