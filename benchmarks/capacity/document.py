"""`python -m benchmarks.capacity.document`: write the tables of docs/scaling.md anew from the last results.

Figures that were measured beside other work say so by themselves.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.capacity.measure import RESULTS

DOCUMENT = Path("docs/scaling.md")
BEGIN, END = "<!-- figures -->", "<!-- end of the figures -->"

type Json = Mapping[str, Any]

_DEMANDS = {
    "answer_s": "service, until it has answered",
    "after_s": "service, after the answer: ask the PSP, record its word",
    "database_s": "PostgreSQL",
    "psp_s": "the PSP (one that only answers)",
    "customer_s": "the customers",
    "commit_s": "waiting for the disk, for each of three commits",
}
_COMPARED = (
    "settled per second",
    "simulated",
    "answer, mean",
    "simulated",
    "formula",
    "answer, 95 %",
    "simulated",
)
_TOLD = ("service processes", "payments per second, at most", "connections held at 70 % of that")


def main() -> None:
    """Write the figures into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_figures(text, json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


def with_figures(text: str, results: Json) -> str:
    """Return the document with the figures of these results in the place of others."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found, f"the document has no {BEGIN} and {END}"
    return "\n".join([before + BEGIN, "", *_figures(results), "", END + after])


def _figures(results: Json) -> Iterator[str]:
    mark = " (*shared machine*)" if results["is_shared"] else ""
    calibration, points = results["calibration"], results["points"]
    neighbours = f"{calibration['neighbours']:.2f} processors were busy with other things"
    yield f"Measured on {results['processors']} processors, Python {results['python']}; {neighbours}{mark}."
    yield ""
    yield from _demands(calibration["demands"], mark)
    yield ""
    yield from _rates(results, mark)
    yield ""
    yield from _comparison(points, mark)
    yield ""
    yield _errors(points)
    yield ""
    yield from _other_machines(results["other_machines"], mark)


def _demands(demands: Json, mark: str) -> Iterator[str]:
    yield from _head(f"of one payment{mark}", "ms")
    for name, what in _DEMANDS.items():
        yield f"| {what} | {1_000 * demands[name]:.2f} |"


def _rates(results: Json, mark: str) -> Iterator[str]:
    pgbench = results["pgbench"]
    yield from _head(f"payments per second{mark}", "")
    yield f"| pgbench, {pgbench['connections']} connections | {pgbench['rate']:.0f} |"
    for services, limits in results["limits"].items():
        party = min(limits, key=lambda name: limits[name])
        yield f"| {_processes(int(services))}, at most: the {party} are busy | {limits[party]:.0f} |"


def _comparison(points: Sequence[Json], mark: str) -> Iterator[str]:
    yield from _head(f"load{mark}", *_COMPARED)
    for point in points:
        measured, simulated = point["measured"], point["simulated"]
        offered = "saturated" if point["offered"] is None else f"{point['offered']:.0f} a second"
        fed = " (fed)" if point["was_fed"] else ""
        cells = (
            f"{_processes(point['services'])}, {offered}{fed}",
            f"{measured['rate']:.0f}",
            f"{simulated['rate']:.0f}",
            _ms(measured["mean_ms"]),
            _ms(simulated["mean_ms"]),
            _ms(point["formula_ms"]),
            _ms(measured["p95_ms"]),
            _ms(simulated["p95_ms"]),
        )
        yield f"| {' | '.join(cells)} |"


def _errors(points: Sequence[Json]) -> str:
    # What is offered is what is settled; only a saturated system says what it can carry.
    rates = [abs(point["rate_error"]) for point in points if point["offered"] is None and not point["was_fed"]]
    means = [abs(point["mean_error"]) for point in points if point["offered"] is not None]
    return (
        f"The simulation was wrong about what {_processes(2)} carry by {max(rates):.0f} %, and about the mean time to "
        f"an answer by {median(means):.0f} % (median of {len(means)} loads; at most {max(means):.0f} %)."
    )


def _other_machines(machines: Sequence[Json], mark: str) -> Iterator[str]:
    yield from _head(f"processors, for service and PostgreSQL alone{mark}", *_TOLD)
    for machine in machines:
        yield (
            f"| {machine['processors']} | {machine['services']} | {machine['capacity']:.0f} "
            f"| {machine['connections']:.1f} |"
        )


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"


def _processes(services: int) -> str:
    return f"{services} process{'es' if services > 1 else ''}"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} ms"


if __name__ == "__main__":
    main()
