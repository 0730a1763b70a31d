"""Faults: which there are, which are installed, and how often each has bitten."""

from http import HTTPStatus
from typing import TypedDict

from psp_chaos.control.actions import Action, Json
from psp_chaos.control.asked import Asked, Nothing
from psp_chaos.faults.installed import Count, Faults
from psp_chaos.faults.menu import MENU, Kind
from psp_chaos.faults.spec import FaultSpec

UNTRIED = Count(asked=0, struck=0, bit=0)


class FaultList(TypedDict):
    """What is installed."""

    data: list[Json]


class KindShown(TypedDict):
    """One kind of fault."""

    name: str
    where: str
    moment: str
    what: str
    selectors: list[str]
    entitlement: str
    parameters: Json  # as JSON schema


class KindList(TypedDict):
    """Every kind of fault."""

    data: list[KindShown]


def installed(faults: Faults) -> list[Json]:
    """Show what is installed, in the order in which it is asked, with how often each has bitten."""
    counts = faults.counts
    return [shown_fault(spec, count=counts[spec.id]) for spec in faults.specs]


def shown_fault(spec: FaultSpec, *, count: Count) -> Json:
    """Write a fault as it was installed, with what a sound service is entitled to and what it has done since."""
    return {
        **spec.model_dump(mode="json"),
        "entitlement": spec.fault().entitlement,
        "asked": count.asked,
        "struck": count.struck,
        "bites": count.bit,
    }


def shown_kind(kind: Kind) -> KindShown:
    """Describe a kind of fault."""
    assert kind.__doc__, "a fault says what it does"
    return {
        "name": kind.kind,
        "where": kind.where,
        "moment": kind.moment,
        "what": " ".join(kind.__doc__.split()),
        "selectors": list(kind.selectors),
        "entitlement": kind.entitlement,
        "parameters": kind.model_json_schema(),
    }


async def list_faults(asked: Asked[Nothing, None]) -> FaultList:
    """Show what is installed, with what a sound service is entitled to and how often it has bitten."""
    return {"data": installed(asked.plant.psp.faults)}


async def install_fault(asked: Asked[Nothing, FaultSpec]) -> Json:
    """Install a fault behind those that are there."""
    asked.plant.psp.faults.install(asked.body)
    return shown_fault(asked.body, count=UNTRIED)


async def remove_fault(asked: Asked[Nothing, None]) -> None:
    """Take one fault away; what it has begun goes on."""
    asked.plant.psp.faults.remove(asked.target)


async def clear_faults(asked: Asked[Nothing, None]) -> None:
    """Take all faults away; what they have begun goes on."""
    asked.plant.psp.faults.clear()


async def list_kinds(_asked: Asked[Nothing, None]) -> KindList:
    """Show every kind of fault with its parameters and what a sound service is entitled to."""
    return {"data": [shown_kind(kind) for kind in MENU.values()]}


FAULT_ACTIONS = (
    Action(method="GET", path="/faults", perform=list_faults, answers=FaultList),
    Action(
        method="POST", path="/faults", perform=install_fault, body=FaultSpec, status=HTTPStatus.CREATED, answers=Json
    ),
    Action(method="DELETE", path="/faults", perform=clear_faults, answers=None),
    Action(method="DELETE", path="/faults/{id}", perform=remove_fault, answers=None),
    Action(method="GET", path="/kinds", perform=list_kinds, answers=KindList),
)
