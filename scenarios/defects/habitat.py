"""Where a defect comes to light soon: a scenario, made so that what exposes the defect happens to everybody.

A habitat is nothing but changes of a named scenario at standard size, as `--set` takes them. What it has in common with
the others is that few come: a bug that bites one customer in three is found in one small run as surely as in a large
one, and the small one can be read.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import JsonValue

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.database import StatementTimeout
from scenarios.faults.world_fault import WorldFault

CUSTOMERS = 4
STORM_S = 20
CALM_S = 400
FINAL_WITHIN_S = 300

ONLY_WEBHOOKS_TELL: Mapping[str, JsonValue] = MappingProxyType({"zombie_after_s": 86_400})
"""A service that does not ask about what the PSP called pending: the PSP repeats its webhooks until they are taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Habitat:
    """A scenario and what is changed of it."""

    scenario: str
    changes: Mapping[str, str]  # by dotted key, as `--set` takes them


def habitat(
    scenario: str,
    *,
    scripts: Sequence[str],
    faults: Sequence[FaultSpec | WorldFault] = (),
    service: Mapping[str, JsonValue] = MappingProxyType({}),
    **others: JsonValue,
) -> Habitat:
    """Return the scenario with these customers and nothing but these faults.

    Args:
        scenario: The story that it belongs to.
        scripts: Who comes; each as often as the others.
        faults: What goes wrong.
        service: Settings of the service.
        others: Whatever else of the scenario is changed.
    """
    values: dict[str, JsonValue] = {
        "customers": CUSTOMERS,
        "storm_s": STORM_S,
        "calm_s": CALM_S,
        "final_within_s": FINAL_WITHIN_S,
        "declined_share": 0,
        "cancel_share": 0,
        "psp_asynchronous_share": 0,
        "customer_spike_latency_s": None,
        "service_processes": 1,
        "workers": 1,
        "scripts": dict.fromkeys(scripts, 1),
        "faults": [fault.model_dump(mode="json", exclude_defaults=False) for fault in faults],
        "service": dict(service),
        **others,
    }
    return Habitat(scenario=scenario, changes={key: _text(value) for key, value in values.items()})


def early_webhooks(*, service: Mapping[str, JsonValue] = MappingProxyType({})) -> Habitat:
    """Return where the bank decides, and its webhook arrives, while the PSP's answer is still on its way."""
    answer_late = FaultSpec(id="answer-late", where="reply", kind="slow-answer", parameters={"delay_s": [1, 4]})
    return habitat(
        "duplicate-clicks",
        scripts=["patient"],
        faults=[answer_late],
        psp_asynchronous_share=1,
        psp_asynchronous_s=[0.01, 0.5],
        service=service,
    )


def failing_handlers() -> Habitat:
    """Return where only webhooks tell what the bank decided, and the database fails their handlers now and then."""
    return habitat(
        "failing-database",
        scripts=["patient"],
        faults=[StatementTimeout(id="statement-timeout", probability=0.3, after_s=(0.5, 2))],
        customers=8,
        psp_asynchronous_share=1,
        psp_asynchronous_s=[2, 10],
        service=ONLY_WEBHOOKS_TELL,
    )


def _text(value: JsonValue) -> str:
    return json.dumps(value, separators=(",", ":"))
