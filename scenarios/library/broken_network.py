"""Messages are late, lost, cut, doubled and held up: whoever hears nothing knows nothing."""

from psp_chaos.faults.spec import FaultSpec
from scenarios.faults.network import (
    Duplicate,
    Flapping,
    Latency,
    Loss,
    Partition,
    ResetAfter,
    ResetBefore,
    Truncated,
)
from scenarios.spec import Scenario

BROKEN_NETWORK = Scenario(
    name="broken-network",
    story=(
        "Between the customers, the service and the PSP nothing can be relied on: connections are reset before and "
        "after a request has arrived, answers break off, proxies send requests twice, and for up to two minutes "
        "nothing gets through at all, or only in one direction. Some requests arrive when nobody waits for them any "
        "more. Silence may not be taken for a no, and nothing may be done twice."
    ),
    scripts={"double-clicker": 6, "impatient": 6, "refunder": 4, "patient": 2, "two-tabs": 2},
    storm_s=1_800,
    calm_s=10_800,
    final_within_s=5_400,
    psp_asynchronous_share=0.2,
    faults=(
        Latency(id="slow", delay_s=(0.005, 1.2)),
        Loss(id="packet-lost", probability=0.05),
        ResetBefore(id="reset-before", probability=0.04),
        ResetAfter(id="reset-after", probability=0.04),
        Truncated(id="cut-short", probability=0.03),
        Duplicate(id="sent-twice", probability=0.08, delay_s=(0, 3)),
        Partition(id="customers-cut-off", source="customer", every_s=(60, 400), for_s=(1, 60)),
        Partition(id="customers-unheard", source="customer", every_s=(60, 600), for_s=(1, 60), direction="there"),
        Partition(id="customers-unanswered", source="customer", every_s=(60, 600), for_s=(1, 60), direction="back"),
        Partition(id="psp-cut-off", target="psp", every_s=(60, 400), for_s=(5, 120)),
        Partition(id="psp-unheard", target="psp", every_s=(60, 600), for_s=(5, 120), direction="back"),
        Partition(id="webhooks-cut-off", source="psp", every_s=(60, 400), for_s=(5, 120)),
        Partition(id="webhooks-unanswered", source="psp", every_s=(60, 600), for_s=(5, 120), direction="back"),
        Flapping(id="workers-flap", source="worker", up_s=(1, 60), down_s=(0.1, 10)),
        Flapping(id="customers-flap", source="customer", up_s=(10, 120), down_s=(0.1, 5)),
        FaultSpec(id="psp-slow", where="reply", kind="slow", probability=0.2, parameters={"delay_s": [0.5, 6]}),
    ),
)
