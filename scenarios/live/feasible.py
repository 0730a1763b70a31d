"""Which faults can be done to real processes, and why not the others: what is left out is said, never just missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scenarios.faults.clock import CLOCK_FAULTS
from scenarios.faults.database import (
    BackendKilled,
    ConnectionRefused,
    ConnectionsExhausted,
    Deadlock,
    Failover,
    SerializationFailure,
    Slow,
    Stall,
    StatementTimeout,
)
from scenarios.faults.merchant import MERCHANT_FAULTS
from scenarios.faults.network import LINKS, NetworkFault
from scenarios.faults.process import CrashAtStep
from scenarios.faults.world_fault import WorldFault
from scenarios.spec import Scenario

DATABASE_LINKS = ("service->database", "worker->database")
"""Between our processes and a server of ours."""

CUSTOMERS = "customer->service"

_NO_MERCHANT = "no merchant has a server here"
_IN_SIMULATION_ONLY: Mapping[type[WorldFault], str] = MappingProxyType(
    {
        **dict.fromkeys(CLOCK_FAULTS, "all processes of a machine have one clock, and it is not ours to put wrong"),
        **dict.fromkeys(MERCHANT_FAULTS, _NO_MERCHANT),
        CrashAtStep: "nobody counts the steps of a real process",
        SerializationFailure: "a real server fails when it must, not when it is told to",
        Deadlock: "a real server has a victim only where there is a deadlock",
        StatementTimeout: "a real statement is over before anybody could make it late",
        ConnectionsExhausted: "our role at the server is let in however many there are",
    }
)
_OF_OUR_OWN_SERVER = (ConnectionRefused, Failover, Stall, Slow, BackendKilled)


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Something of a scenario that does not happen live."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: not done live, {self.why}"


def left_out(scenario: Scenario, *, server_is_ours: bool) -> tuple[LeftOut, ...]:
    """Return what of a scenario cannot be done here."""
    faults = (fault for fault in scenario.faults_left if isinstance(fault, WorldFault))
    reasons = {fault.id: _why_not(fault, server_is_ours=server_is_ours) for fault in faults}
    lacking = [LeftOut(what=name, why=why) for name, why in reasons.items() if why is not None]
    if scenario.merchant_listens:
        lacking.append(LeftOut(what="merchant_listens", why=_NO_MERCHANT))
    return tuple(lacking)


def links_of(scenario: Scenario, *, server_is_ours: bool) -> tuple[str, ...]:
    """Return on which links something happens, so that a proxy must stand there."""
    faults = [fault for fault in scenario.faults_left if isinstance(fault, WorldFault)]
    network = [fault for fault in faults if isinstance(fault, NetworkFault)]
    links = [
        f"{source}->{target}" for source, target in LINKS if any(fault.covers(source, target) for fault in network)
    ]
    if scenario.customer_spike_latency_s is not None:
        links.append(CUSTOMERS)
    if server_is_ours and any(isinstance(fault, Slow | BackendKilled) for fault in faults):
        links += DATABASE_LINKS
    return tuple(dict.fromkeys(links))


def _why_not(fault: WorldFault, *, server_is_ours: bool) -> str | None:
    if isinstance(fault, _OF_OUR_OWN_SERVER) and not server_is_ours:
        return "the server of --database-url is not ours to harm"
    return _IN_SIMULATION_ONLY.get(type(fault))
