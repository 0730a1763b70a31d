"""Every kind of fault that a scenario may order, the PSP's and our own side's, read from plain data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, SerializeAsAny

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.clock import CLOCK_FAULTS
from scenarios.faults.database import DATABASE_FAULTS
from scenarios.faults.network import NETWORK_FAULTS
from scenarios.faults.process import PROCESS_FAULTS
from scenarios.faults.world_fault import WorldFault

_KINDS: tuple[type[WorldFault], ...] = (*PROCESS_FAULTS, *CLOCK_FAULTS, *DATABASE_FAULTS, *NETWORK_FAULTS)


def _default(kind: type[WorldFault], field: str) -> str:
    return str(kind.model_fields[field].default)


WORLD_FAULTS: Mapping[tuple[str, str], type[WorldFault]] = MappingProxyType(
    {(_default(kind, "where"), _default(kind, "kind")): kind for kind in _KINDS}
)
"""By `where` and `kind`."""


def _read(value: object) -> object:
    """Turn plain data into a fault of its kind; the error names the kinds that exist."""
    if not isinstance(value, Mapping):
        return value
    where, kind = str(value.get("where")), str(value.get("kind"))
    kinds = [known for place, known in WORLD_FAULTS if place == where]
    if not kinds:
        return FaultSpec.model_validate(value)
    if kind not in kinds:
        raise ValueError(f"unknown kind {kind} of {where} fault; choose from {', '.join(kinds)}")
    return WORLD_FAULTS[where, kind].model_validate(value)


type Fault = Annotated[SerializeAsAny[FaultSpec | WorldFault], BeforeValidator(_read)]
