"""A fault as plain data: which kind, when, whom it hits and how hard.

A spec is printable, comparable and survives JSON unchanged. What is misspelt is refused with the names that exist.
"""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Self, TypedDict

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

from psp_chaos.faults.fault import Fault, Occasion, Where
from psp_chaos.faults.menu import MENU, Kind
from psp_chaos.faults.verdicts import Verdict
from psp_chaos.operations import Operation
from psp_chaos.spans import Seconds


class Window(TypedDict, total=False):
    """When a fault may bite, in seconds since the PSP started; the end is not part of it."""

    from_s: Seconds
    to_s: Seconds


class Selector(TypedDict, total=False):
    """Whom a fault may hit; what is left out matches everything."""

    operation: str  # a glob over the operations
    event_type: str  # a glob over the types of events
    metadata: Mapping[str, str]  # all of these must be there


def _only(*names: str) -> Callable[[object], object]:
    """Make a validator that refuses a mapping with other keys than these."""

    def refuse_other_names(value: object) -> object:
        if isinstance(value, Mapping):
            unknown = [str(name) for name in value if name not in names]
            if unknown:
                raise ValueError(f"unknown {', '.join(unknown)}; choose from {', '.join(names) or 'nothing'}")
        return value

    return refuse_other_names


class FaultSpec(BaseModel):
    """One fault to install."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=100)]
    where: Where
    kind: str
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    nth: tuple[PositiveInt, ...] = ()  # bite exactly on these matching occasions, counted from 1
    window: Annotated[Window, BeforeValidator(_only(*Window.__annotations__))] = {}
    selector: Annotated[Selector, BeforeValidator(_only(*Selector.__annotations__))] = {}
    parameters: Mapping[str, JsonValue] = {}  # those of the kind

    def fault(self) -> Fault[Verdict]:
        """Build the fault that this describes."""
        return MENU[self.kind].model_validate(self.parameters)

    def covers(self, occasion: Occasion, *, since_start_s: float) -> bool:
        """Tell whether window and selector include this occasion."""
        name = "event_type" if self.where == "webhook" else "operation"
        pattern = str(self.selector.get(name, "*"))
        wanted = self.selector.get("metadata", {})
        return (
            occasion.where == self.where
            and self.window.get("from_s", 0) <= since_start_s < self.window.get("to_s", float("inf"))
            and fnmatchcase(occasion.target, pattern)
            and wanted.items() <= occasion.metadata.items()
        )

    @model_validator(mode="before")
    @classmethod
    def _names_exist(cls, data: object) -> object:
        return _only(*cls.model_fields)(data)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind not in MENU:
            raise ValueError(f"unknown kind {self.kind}; choose from {', '.join(MENU)}")
        kind = MENU[self.kind]
        if kind.where != self.where:
            raise ValueError(f"{self.kind} is a fault of the {kind.where}, not of the {self.where}")
        _check_parameters(kind, self.parameters)
        return self

    @model_validator(mode="after")
    def _can_ever_bite(self) -> Self:
        foreign = "operation" if self.where == "webhook" else "event_type"
        if foreign in self.selector:
            raise ValueError(f"a fault of the {self.where} cannot select by {foreign}")
        operation = self.selector.get("operation")
        if operation is not None and not any(fnmatchcase(known, operation) for known in Operation):
            raise ValueError(f"unknown operation {operation}; choose from {', '.join(Operation)}")
        if self.nth and self.probability < 1:
            raise ValueError("give nth or a probability, not both")
        if self.window.get("from_s", 0) >= self.window.get("to_s", float("inf")):
            raise ValueError("the window ends before it begins")
        return self


def _check_parameters(kind: Kind, parameters: Mapping[str, JsonValue]) -> None:
    try:
        _only(*kind.model_fields)(parameters)
        kind.model_validate(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(["parameters", *(str(step) for step in first["loc"])])
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
    except ValueError as error:  # pydantic's own error is one too, and was caught above
        raise ValueError(f"parameters: {error}") from None
