"""A fault as plain data: which kind, when, whom it hits and how hard.

A spec is printable, comparable and survives JSON unchanged. What is misspelt is refused with the names that exist, and
so is what could never bite.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Self, TypedDict, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PositiveInt,
    ValidationError,
    model_validator,
)

from psp_chaos.faults.fault import Fault, Occasion, Trait, Where
from psp_chaos.faults.menu import MENU, Kind
from psp_chaos.faults.naming import only, unknown
from psp_chaos.faults.verdicts import Verdict
from psp_chaos.operations import Operation
from psp_chaos.records import MovementKind
from psp_chaos.spans import Seconds


class Window(TypedDict, total=False):
    """When a fault may bite, in seconds since the PSP started; the end is not part of it."""

    from_s: Seconds
    to_s: Seconds


class Selector(TypedDict, total=False):
    """Whom a fault may hit; what is left out matches everything."""

    operation: str  # a glob over the operations
    event_type: str  # a glob over the types of events
    movement: str  # a glob over the kinds of movements
    payment: str  # a glob over the identifiers of payments; matches nothing that belongs to none
    account: str
    metadata: Mapping[str, str]  # all of these must be there


class FaultSpec(BaseModel):
    """One fault to install.

    It strikes with its probability, or at given matching occasions (`nth`), or at given times (`schedule`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=100)]
    where: Where
    kind: str
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    nth: tuple[PositiveInt, ...] = ()  # strike exactly on these matching occasions, counted from 1
    schedule: tuple[Seconds, ...] = ()  # strike on the first matching occasion from each of these seconds on
    window: Annotated[Window, BeforeValidator(only(*Window.__annotations__))] = {}
    selector: Annotated[Selector, BeforeValidator(only(*get_args(Trait.__value__)))] = {}
    parameters: Mapping[str, JsonValue] = {}  # those of the kind

    def fault(self) -> Fault[Verdict]:
        """Build the fault that this describes."""
        return MENU[self.kind].model_validate(self.parameters)

    def covers(self, occasion: Occasion, *, since_start_s: float) -> bool:
        """Tell whether window and selector include this occasion."""
        selector, window = self.selector, self.window
        return (
            occasion.where == self.where
            and window.get("from_s", 0) <= since_start_s < window.get("to_s", float("inf"))
            and fnmatchcase(occasion.target, self.target)
            and ("payment" not in selector or fnmatchcase(occasion.payment_id or "", selector["payment"]))
            and selector.get("account", occasion.account) == occasion.account
            and selector.get("metadata", {}).items() <= occasion.metadata.items()
        )

    @property
    def target(self) -> str:
        """The glob over operations, types of events or kinds of movements, whichever this kind is asked about."""
        selector = self.selector
        return selector.get("operation") or selector.get("event_type") or selector.get("movement") or "*"

    @model_validator(mode="before")
    @classmethod
    def _names_exist(cls, data: object) -> object:
        return only(*cls.model_fields)(data)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind not in MENU:
            raise ValueError(unknown([self.kind], known=MENU, what="kind"))
        kind = MENU[self.kind]
        if kind.where != self.where:
            raise ValueError(f"{self.kind} is a fault of the {kind.where}, not of the {self.where}")
        _check_parameters(kind, self.parameters)
        return self

    @model_validator(mode="after")
    def _can_ever_bite(self) -> Self:
        _check_selector(self.fault(), self.selector)
        if [bool(self.nth), bool(self.schedule), self.probability < 1].count(True) > 1:
            raise ValueError("give a probability, nth or a schedule, and only one of them")
        end_s = self.window.get("to_s", float("inf"))
        if self.window.get("from_s", 0) >= end_s:
            raise ValueError("the window ends before it begins")
        if late := [moment_s for moment_s in self.schedule if moment_s >= end_s]:
            raise ValueError(f"schedule: {late[0]:g} s is not within the window, which ends at {end_s:g} s")
        return self


def _check_parameters(kind: Kind, parameters: Mapping[str, JsonValue]) -> None:
    try:
        only(*kind.model_fields)(parameters)
        kind.model_validate(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(["parameters", *(str(step) for step in first["loc"])])
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
    except ValueError as error:  # pydantic's own error is one too, and was caught above
        raise ValueError(f"parameters: {error}") from None


def _check_selector(fault: Fault[Verdict], selector: Selector) -> None:
    for trait in selector:
        if trait not in fault.selectors:
            raise ValueError(f"{fault.kind} knows no selector {trait}; choose from {', '.join(fault.selectors)}")
    if "operation" in selector:
        _check_operation(fault, selector["operation"])
    if "movement" in selector and not _matching(selector["movement"], MovementKind):
        raise ValueError(unknown([selector["movement"]], known=MovementKind, what="movement"))


def _check_operation(fault: Fault[Verdict], pattern: str) -> None:
    operations = _matching(pattern, Operation)
    if not operations:
        raise ValueError(unknown([pattern], known=Operation, what="operation"))
    concerned = [one for one in Operation if fault.concerns(_at_best(fault, one))]
    if not set(operations) & set(concerned):
        raise ValueError(f"{fault.kind} never concerns {pattern}; choose from {', '.join(concerned)}")


def _at_best(fault: Fault[Verdict], operation: Operation) -> Occasion:
    """Return an occasion of this operation that no fault has a reason to pass, but for its target."""
    return Occasion(where=fault.where, target=operation, metadata={}, moves_money=True)


def _matching[S: str](pattern: str, names: Iterable[S]) -> list[S]:
    return [name for name in names if fnmatchcase(str(name), pattern)]
