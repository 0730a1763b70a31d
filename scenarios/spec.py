"""A scenario as plain data: who comes, what breaks, for how long, and what is promised afterwards.

A scenario and a seed determine a run completely. It is printable, comparable and saved with every run, so that a replay
needs nothing else. Durations are seconds; in virtual time a day costs what happens in it, not how long it is.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator, model_validator

from psp_chaos.faults.spec import FaultSpec
from scenarios.customers.cast import CAST
from scenarios.errors import BadInput
from scenarios.faults.menu import Fault
from scenarios.faults.spans import Seconds, Share, Span
from scenarios.faults.world_fault import WorldFault
from service.settings import Settings


class Scenario(BaseModel):
    """A storm of `storm_s` seconds, then a calm of `calm_s` in which everything must converge."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    story: str  # what happens, in words a person who was not there understands
    customers: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    visitors: tuple[Annotated[int, Field(ge=1)], ...] = ()  # of the customers, only these come, by number; empty: all
    scripts: Mapping[str, Annotated[float, Field(gt=0)]]  # weight by name in the cast
    declined_share: Share = 0.05  # of the purchases, paid with a card the bank refuses
    cancel_share: Share = 0.0  # of the customers, who have second thoughts and ask for a cancel
    storm_s: Seconds
    calm_s: Seconds
    ends_when_quiet: bool = False  # leave out the rest of the calm once nobody has anything left to do
    final_within_s: Seconds  # the promise: every payment is final this long after the calm began
    crowds: Annotated[int, Field(ge=0, le=1_000)] = 0  # so many moments at which all come; 0: evenly over the storm
    faults: tuple[Fault, ...] = ()  # what goes wrong, by default only during the storm
    without: tuple[str, ...] = ()  # ids of faults that are left out
    psp_latency_s: Span = (0.05, 0.4)  # how long the PSP thinks about a request
    psp_asynchronous_share: Share = 0.0  # of the payments, captured some time after the answer, as banks do
    psp_asynchronous_s: Span = (5, 60)  # how long such a capture takes
    customer_latency_s: Span = (0.005, 0.08)  # one way between customers and the service
    customer_spike_latency_s: Span | None = None  # the same during the storm, where it differs
    psp_link_latency_s: Span = (0.002, 0.02)  # one way between the service and the PSP
    database_latency_s: Span = (0.000_05, 0.001)  # one way between a process and the database
    service_processes: Annotated[int, Field(ge=1, le=16)] = 2
    workers: Annotated[int, Field(ge=1, le=16)] = 2
    service: Mapping[str, JsonValue] = {}  # settings of the service that differ from its defaults
    defect: str | None = None  # the bug planted in the service, to see the judge find it

    @field_validator("scripts")
    @classmethod
    def _scripts_exist(cls, scripts: Mapping[str, float]) -> Mapping[str, float]:
        unknown = sorted(set(scripts) - set(CAST))
        if unknown or not scripts:
            raise ValueError(f"unknown customer {', '.join(unknown)}; choose from {', '.join(CAST)}")
        return scripts

    @field_validator("service")
    @classmethod
    def _settings_exist(cls, service: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        if unknown := sorted(set(service) - set(Settings.model_fields)):
            raise ValueError(f"unknown setting {', '.join(unknown)}; choose from {', '.join(Settings.model_fields)}")
        return service

    @model_validator(mode="after")
    def _promise_can_be_checked(self) -> Self:
        if self.final_within_s > self.calm_s:
            raise ValueError(
                f"the promise (final_within_s={self.final_within_s}) is longer than the calm ({self.calm_s})"
            )
        return self

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
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"two faults are called {', '.join(twice)}; a fault is addressed by its id")
        return faults

    @model_validator(mode="after")
    def _only_faults_are_left_out(self) -> Self:
        ids = [fault.id for fault in self.faults]
        if unknown := [name for name in self.without if name not in ids]:
            raise ValueError(f"without: no fault {', '.join(unknown)}; choose from {', '.join(ids) or 'none'}")
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
            BadInput: The plan is not a scenario.
        """
        try:
            return cls.model_validate(plan)
        except ValidationError as error:
            raise BadInput(_one_line(error)) from None


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
        named = {str(item["id"]): item for item in place if isinstance(item, dict)}
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


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "scenario"
    given = first["input"]
    got = "" if isinstance(given, Mapping | BaseModel) else f" (got {given!r:.80})"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}{got}"
