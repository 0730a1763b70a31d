"""A few numbers out of the service's own metrics, which have many more."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What the service has counted."""

    payments: int
    paid: int
    unfinished: int  # payments without a final word
    discrepancies: int  # with the PSP's books, repaired or not
    circuit: str  # whether the service still asks the PSP


async def take_tally(url: str, http: httpx.AsyncClient) -> Tally:
    """Read the metrics of a service.

    Raises:
        httpx.HTTPError: It does not answer.
    """
    text = (await http.get(url)).raise_for_status().text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    by_state = {sample.labels["state"]: int(sample.value) for sample in _of(samples, "paystorm_payments")}
    circuit = next((one.labels["state"] for one in _of(samples, "paystorm_psp_circuit") if one.value), "unknown")
    return Tally(
        payments=sum(by_state.values()),
        paid=by_state.get("SUCCESS", 0),
        unfinished=by_state.get("CREATED", 0) + by_state.get("PROCESSING", 0),
        discrepancies=sum(int(sample.value) for sample in _of(samples, "paystorm_discrepancies")),
        circuit=circuit,
    )


def _of(samples: list[Sample], name: str) -> Iterator[Sample]:
    return (sample for sample in samples if sample.name == name)
