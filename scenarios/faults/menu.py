"""Every kind of fault that a scenario may order, the PSP's and our own side's, read from plain data."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, get_args

from pydantic import BeforeValidator, SerializeAsAny

from psp_chaos.faults.fault import Where
from psp_chaos.faults.menu import MENU
from psp_chaos.faults.naming import unknown
from psp_chaos.faults.spec import FaultSpec, Window
from scenarios.faults.clock import CLOCK_FAULTS
from scenarios.faults.database import DATABASE_FAULTS
from scenarios.faults.merchant import MERCHANT_FAULTS
from scenarios.faults.network import NETWORK_FAULTS
from scenarios.faults.process import PROCESS_FAULTS
from scenarios.faults.world_fault import WorldFault
from scenarios.misfits import as_mapping, misfit, placed_at, refuse_unknown

_KINDS: tuple[type[WorldFault], ...] = (
    *PROCESS_FAULTS,
    *CLOCK_FAULTS,
    *DATABASE_FAULTS,
    *NETWORK_FAULTS,
    *MERCHANT_FAULTS,
)


def _default(kind: type[WorldFault], field: str) -> str:
    return str(kind.model_fields[field].default)


WORLD_FAULTS: Mapping[tuple[str, str], type[WorldFault]] = MappingProxyType(
    {(_default(kind, "where"), _default(kind, "kind")): kind for kind in _KINDS}
)
"""By `where` and `kind`."""

AT_THE_PSP: tuple[str, ...] = get_args(Where.__value__)
_NAMES = (*((kind.where, name) for name, kind in MENU.items()), *WORLD_FAULTS)
_ALWAYS: Mapping[str, object] = {"probability": 1, "nth": (), "schedule": (), "window": {}}
"""What leaves nothing to be wrong with a fault but its selector."""

_PLACES = tuple(dict.fromkeys(where for where, _ in _NAMES))


def _read(value: object) -> object:
    """Turn plain data into a fault of its kind; what is wrong is said of the very part that is."""
    if isinstance(value, FaultSpec | WorldFault):
        return value
    given = as_mapping(value, what="a table for each fault: [[faults]]")
    where = _choice(given, "where", choices=_PLACES)
    kind = _kind(given, where)
    if where in AT_THE_PSP:
        return _read_fault_of_the_psp(given, kind)
    model = WORLD_FAULTS[where, kind]
    _check_names(given, known=model.model_fields)
    return model.model_validate(given)


def _kind(given: Mapping[str, object], where: str) -> str:
    elsewhere = [place for place, name in _NAMES if name == given.get("kind")]
    if elsewhere and where not in elsewhere:
        raise misfit(
            f"{given['kind']} is a fault of the {elsewhere[0]}, not of the {where}", at=("where",), given=where
        )
    return _choice(given, "kind", choices=[name for place, name in _NAMES if place == where])


def _read_fault_of_the_psp(given: Mapping[str, object], kind: str) -> FaultSpec:
    _check_names(given, known=FaultSpec.model_fields)
    parameters = as_mapping(given.get("parameters", {}), at=("parameters",), what="a table of parameters")
    refuse_unknown(parameters, known=MENU[kind].model_fields, what="parameter", within=("parameters",))
    if parameters:
        with placed_at("parameters"):
            MENU[kind].model_validate(parameters)
    selector = as_mapping(given.get("selector", {}), at=("selector",), what="a table of selectors")
    if selector:
        refuse_unknown(selector, known=MENU[kind].selectors, what="selector", within=("selector",))
        with placed_at("selector"):
            FaultSpec.model_validate({**given, **_ALWAYS, "id": "any"})
    return FaultSpec.model_validate(given)


def _choice(given: Mapping[str, object], field: str, *, choices: Sequence[str]) -> str:
    """Return which of these the fault names."""
    if field not in given:
        raise misfit(f"{field} is missing; choose from {', '.join(choices)}", at=(), given=given)
    value = given[field]
    if value not in choices:
        raise misfit(unknown([str(value)], known=choices, what=field), at=(field,), given=value)
    return str(value)


def _check_names(given: Mapping[str, object], *, known: Iterable[str]) -> None:
    refuse_unknown(given, known=known)
    window = as_mapping(given.get("window", {}), at=("window",), what="a table: window = { from_s = 0, to_s = 60 }")
    refuse_unknown(window, known=Window.__annotations__, within=("window",))


type Fault = Annotated[SerializeAsAny[FaultSpec | WorldFault], BeforeValidator(_read)]
