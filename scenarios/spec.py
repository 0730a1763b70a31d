"""A scenario as plain data: who comes, what breaks, for how long, and what is promised afterwards.

A scenario and a seed determine a run completely. It is printable, comparable and saved with every run, so that a replay
needs nothing else. Durations are seconds; in virtual time a day costs what happens in it, not how long it is.

The string below a field says what it means, to whoever reads the code and to whoever reads the schema.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from psp_chaos.faults.naming import unknown
from psp_chaos.faults.spec import FaultSpec
from scenarios.customers.arrivals import Profile
from scenarios.customers.cast import CAST
from scenarios.decisions import Decision
from scenarios.described import Described
from scenarios.errors import BadInput
from scenarios.faults.menu import Fault
from scenarios.faults.spans import Seconds, Share, Span
from scenarios.faults.world_fault import WorldFault
from scenarios.misfits import misfit, refusal
from scenarios.settings import check_psp_settings, check_service_settings

FORMAT: Final = 1
"""Which version of the plan's shape this is; it grows when an old plan would be read wrongly."""

FAULTS_MAX = 1_000
DECISIONS_MAX = 10_000


def _readable(given: object) -> object:
    if type(given) is not int or given != FORMAT:
        raise misfit(f"this version of paystorm reads format {FORMAT} (got {given!r:.20})", at=(), given=given)
    return given


def _castable(name: str) -> str:
    if name not in CAST:
        raise ValueError(unknown([name], known=CAST, what="customer"))
    return name


type Script = Annotated[str, AfterValidator(_castable)]
type Weight = Annotated[float, Field(gt=0, le=1e6)]


class Incident(Described):
    """Something that really happened, and where one can read of it."""

    name: Annotated[str, Field(min_length=1)]
    """Whose it was, when and what, in a few words."""

    link: Annotated[str, Field(pattern="^https://")]
    """Where it is told."""


class Scenario(Described):
    """A storm of `storm_s` seconds, then a calm of `calm_s` in which everything must converge."""

    format: Annotated[Literal[1], BeforeValidator(_readable)] = FORMAT
    """The version of this format."""

    name: Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    """Its name, in words with hyphens between them; a file's name where nothing else is said."""

    title: Annotated[str, Field(max_length=100)] = ""
    """What happens, in one line."""

    story: str
    """What happens, in words a person who was not there understands."""

    incidents: tuple[Incident, ...] = ()
    """Where it really happened."""

    proves: str = ""
    """What one knows about a service that holds."""

    customers: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """How many come during the storm."""

    visitors: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Of the customers, only these come, by number; none: all do."""

    scripts: Annotated[Mapping[Script, Weight], Field(min_length=1)]
    """How often each kind of customer comes, in relation to the others."""

    merchants: Annotated[int, Field(ge=1, le=16)] = 1
    """To how many merchants they come in turn; each numbers its keys from 1 on, so several have the same ones."""

    declined_share: Share = 0.05
    """Of the purchases, paid with a card that the bank refuses."""

    cancel_share: Share = 0.0
    """Of the customers, who have second thoughts and ask for a cancel."""

    storm_s: Seconds
    """How long faults bite and customers come."""

    calm_s: Seconds
    """How long everything may come to rest afterwards."""

    ends_when_quiet: bool = False
    """Leave out the rest of the calm once nobody has anything left to do."""

    final_within_s: Seconds
    """The promise: every payment is final so long after the calm began."""

    crowds: Annotated[int, Field(ge=0, le=1_000)] = 0
    """So many moments at which all come; 0: each at a moment of its own."""

    arrivals: Profile = ()
    """The load over the storm, cut into so many equal parts, in relation to each other; none: evenly."""

    faults: Annotated[tuple[Fault, ...], Field(max_length=FAULTS_MAX)] = ()
    """What goes wrong, by default only during the storm."""

    without: tuple[str, ...] = ()
    """The ids of faults that are left out."""

    psp_latency_s: Span = (0.05, 0.4)
    """How long the PSP thinks about a request."""

    psp_asynchronous_share: Share = 0.0
    """Of the payments, captured some time after the answer, as banks do."""

    psp_asynchronous_s: Span = (5, 60)
    """How long such a capture takes."""

    customer_latency_s: Span = (0.005, 0.08)
    """One way between customers and the service."""

    customer_spike_latency_s: Span | None = None
    """The same during the storm, where it differs."""

    psp_link_latency_s: Span = (0.002, 0.02)
    """One way between the service and the PSP."""

    database_latency_s: Span = (0.000_05, 0.001)
    """One way between a process and the database."""

    service_processes: Annotated[int, Field(ge=1, le=16)] = 2
    """How many processes answer customers."""

    workers: Annotated[int, Field(ge=1, le=16)] = 2
    """How many processes do the work that is left."""

    merchant_listens: bool = False
    """Whether each merchant listens to the service's events; in virtual time only."""

    service: Mapping[str, JsonValue] = {}
    """Settings of the service that differ from its defaults."""

    psp: Mapping[str, JsonValue] = {}
    """Settings of the PSP that differ from its defaults."""

    decisions: Annotated[tuple[Decision, ...], Field(max_length=DECISIONS_MAX)] = ()
    """What the seed would have drawn otherwise, in virtual time only."""

    defect: str | None = None
    """The bug planted in the service, to see the judge find it."""

    @field_validator("service")
    @classmethod
    def _service_would_start(cls, service: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        check_service_settings(service)
        return service

    @field_validator("psp")
    @classmethod
    def _psp_would_start(cls, psp: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        check_psp_settings(psp)
        return psp

    @model_validator(mode="after")
    def _visitors_are_customers(self) -> Self:
        if unknown := [number for number in self.visitors if number > self.customers]:
            raise ValueError(f"visitors: there is no customer {unknown[0]}; there are {self.customers}")
        return self

    @property
    def visits(self) -> int:
        """How many customers come."""
        return len(set(self.visitors)) or self.customers

    @field_validator("faults")
    @classmethod
    def _faults_have_names_of_their_own(cls, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
        ids = [fault.id for fault in faults]
        for position, name in enumerate(ids):
            if name in ids[:position]:
                said = f"two faults are called {name}; a fault is addressed by its id"
                raise misfit(said, at=(position, "id"), given=name)
        return faults

    @model_validator(mode="after")
    def _promise_can_be_checked(self) -> Self:
        if self.final_within_s > self.calm_s:
            said = f"the promise (final_within_s={self.final_within_s}) is longer than the calm ({self.calm_s})"
            raise misfit(said, at=("final_within_s",), given=self.final_within_s)
        return self

    @model_validator(mode="after")
    def _only_who_listens_is_out_of_sorts(self) -> Self:
        for position, fault in enumerate(self.faults):
            if fault.where == "merchant" and not self.merchant_listens:
                said = f"{fault.id} can never bite, since no merchant listens; say merchant_listens = true"
                raise misfit(said, at=("faults", position, "where"), given=fault.where)
        return self

    @model_validator(mode="after")
    def _only_faults_are_left_out(self) -> Self:
        ids = [fault.id for fault in self.faults]
        for position, name in enumerate(self.without):
            if name not in ids:
                said = f"no fault {name}; choose from {', '.join(ids) or 'none'}"
                raise misfit(said, at=("without", position), given=name)
        return self

    @property
    def faults_left(self) -> tuple[FaultSpec | WorldFault, ...]:
        """The faults that are not left out."""
        return tuple(fault for fault in self.faults if fault.id not in self.without)

    @property
    def psp_faults(self) -> tuple[FaultSpec, ...]:
        """What the PSP does wrong."""
        return tuple(fault for fault in self.faults_left if isinstance(fault, FaultSpec))

    def faults_of_the_storm(self) -> tuple[FaultSpec | WorldFault, ...]:
        """Return the faults; those without a window of their own end with the storm."""
        window = {"from_s": 0, "to_s": self.storm_s}
        return tuple(
            fault if fault.window else fault.model_copy(update={"window": window}) for fault in self.faults_left
        )

    def with_changes(self, changes: Mapping[str, str]) -> Self:
        """Return the scenario with dotted settings changed, as `--set storm_s=60` asks.

        A fault is addressed by its id, `faults.webhook-lost.probability=0.9`; values are JSON, or plain text.

        Raises:
            BadInput: A key does not exist or a value does not fit; the message says which and what would.
        """
        plan = self.model_dump(mode="json")
        for key, value in changes.items():
            _change(plan, key, value)
        return self.parse(plan)

    @classmethod
    def parse(cls, plan: Mapping[str, JsonValue]) -> Self:
        """Return the scenario that this plan describes.

        Raises:
            BadPlan: The plan is not a scenario.
        """
        try:
            return cls.model_validate(plan)
        except ValidationError as error:
            raise refusal(error, plan) from None


def _change(plan: dict[str, JsonValue], key: str, text: str) -> None:
    *path, last = key.split(".")
    place: JsonValue = plan
    for step in path:
        place = _descend(place, step, key)
    if not isinstance(place, dict):
        raise BadInput(f"--set {key}: there is nothing to set there")
    # Only the open maps may grow; a misspelt key elsewhere is refused by the model, which names the right ones.
    if place is plan and last not in plan:
        raise BadInput(f"--set {key}: no such key; choose from {', '.join(sorted(plan))}")
    place[last] = _value(text)


def _descend(place: JsonValue, step: str, key: str) -> JsonValue:
    if isinstance(place, list):
        named = {str(item["id"]): item for item in place if isinstance(item, dict) and "id" in item}
        if step not in named:
            raise BadInput(f"--set {key}: no fault {step!r}; choose from {', '.join(named) or 'none'}")
        return named[step]
    if not isinstance(place, dict) or step not in place:
        raise BadInput(f"--set {key}: no such key {step!r}")
    return place[step]


def _value(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return text
    return value
