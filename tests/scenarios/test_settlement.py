"""The settlement finds what is wrong, all of it, and nothing else: recall and precision are 100 %.

Every scenario is played with a statement that lies and with money that moves as it should not: lines are missing,
twice, wrong or late; the PSP forgets keys, so that captures come twice or after we said FAILED; refunds fail, some of
them after they had arrived; webhooks are lost, so that the statement is often the only one to tell. The judge holds
what was found against what the PSP's books and bites say was planted (I12), and nothing else may be broken either.

The tests play a few seeds. To play as many as you like, in so many processes:

    python tests/scenarios/test_settlement.py --seeds 1..200 --jobs 2
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from psp_chaos.faults import MENU, FaultSpec
from reports.verdict import judge
from scenarios.campaign.seeds import Seeds
from scenarios.campaign.standard import standard
from scenarios.database import database_server
from scenarios.library import LIBRARY
from scenarios.swarm import draw_swarm
from scenarios.virtual.stage import Stage

HOUR_S = 3_600
DELAY_MAX_S = 3 * HOUR_S
SETTINGS = {
    # The period is the default, an hour. A line is missing after three hours instead of three days, to save time.
    "settlement_delay_max_s": DELAY_MAX_S,
    "settlement_lookback_s": 2 * DELAY_MAX_S,
    "worker_idle_s": 600,
}
CALM_S = DELAY_MAX_S + 2 * HOUR_S + HOUR_S  # what was settled last becomes missing, and two periods pass
CUSTOMERS = 10
PLANTING_S = 600  # beyond the storm, because most refunds are asked for after it


def fault(kind, probability, *, name=None, **rest):
    window = {"from_s": 0, "to_s": PLANTING_S}
    named = {"id": f"planted-{name or kind}", "where": MENU[kind].where, "kind": kind}
    return FaultSpec(probability=probability, window=window, **named, **rest)


LINES = (
    fault("settlement-row-missing", 0.12),
    fault("settlement-row-doubled", 0.12),
    fault("settlement-row-wrong", 0.12, parameters={"by_minor": 3}),
    # Some come in time, some after they were given up, and some never as far as this run goes.
    fault("settlement-row-late", 0.15, parameters={"delay_s": [60, 2 * DELAY_MAX_S]}),
)
MONEY = (
    fault("drop-after", 0.2, selector={"operation": "create_*"}),
    fault("keys-ignored", 0.7),
    fault("rolled-back", 0.1, parameters={"delay_s": [1, 60]}),
    fault("refund-fails", 0.15, parameters={"delay_s": [5, 60]}),
    fault("refund-fails", 0.15, name="refund-comes-back", parameters={"delay_s": [5, 60], "after": "success"}),
    fault("lost", 0.3),
)


def plan(name, seed):
    """Return the scenario at standard size as this seed plays it; the swarm leaves the lines alone."""
    scenario = standard(LIBRARY[name])
    refunders = sum(scenario.scripts.values())  # half of all, because refunds have the most ways to go wrong
    scenario = scenario.model_copy(
        update={
            "customers": CUSTOMERS,
            "scripts": {**scenario.scripts, "refunder": refunders},
            "faults": (*scenario.faults, *LINES, *MONEY),
            "calm_s": CALM_S,
            "ends_when_quiet": False,
            "service": {**scenario.service, **SETTINGS},
        }
    )
    fixed = [f"faults.{one.id}" for one in LINES]
    return scenario.with_changes(draw_swarm(scenario, seed, fixed=fixed).changes)


def play(stage, name, seed):
    """Return what became of one run."""
    recording = stage.perform(plan(name, seed), seed=seed)
    verdict = judge(recording.record().evidence)
    (reconciling,) = (check for check in verdict.checks if check.id == "I12")
    return {
        "run": f"{name} seed {seed}",
        "validity": verdict.validity.value,
        "broken": [f"{one.id}: {one.finding.worst.what}" for one in verdict.checks if one.finding is not None],
        "scores": {
            score.kind: {
                "planted": score.planted,
                "found": score.found,
                "missed": score.missed,
                "invented": score.invented,
                "not due": score.not_due,
            }
            for score in reconciling.scores
        },
        "bites": Counter(bite["kind"] for bite in recording.faults if bite["fault"].startswith("planted-")),
    }


@pytest.mark.parametrize(
    ("name", "seed"), [("racing-refunds", 1), ("dying-machines", 2), ("lying-clocks", 3), ("failing-database", 4)]
)
def test_all_that_is_wrong_is_found_and_nothing_else(stage, name, seed):
    result = play(stage, name, seed)

    assert result["broken"] == []
    assert result["validity"] == "valid"
    assert sum(score["found"] for score in result["scores"].values()) >= 2
    assert [kind for kind, score in result["scores"].items() if score["missed"] or score["invented"]] == []


def test_the_psps_pages_may_have_any_length(stage):
    found = {rows_max: _found_in_pages(stage, rows_max) for rows_max in (1, 3, 100)}

    assert len(found[100]) >= 5
    assert found[1] == found[3] == found[100]


def _found_in_pages(stage, rows_max):
    """Return what is on record after a run in which the PSP's pages have so many rows at most, on every reading."""
    short = {"where": "books", "kind": "short-page", "selector": {"operation": "list_balance_transactions"}}
    whole = {"window": {"from_s": 0, "to_s": CALM_S}, "parameters": {"rows_max": rows_max}}
    scenario = plan("racing-refunds", 6)
    scenario = scenario.model_copy(update={"faults": (*scenario.faults, FaultSpec(id="short", **short, **whole))})
    recording = stage.perform(scenario, seed=6)
    assert judge(recording.record().evidence).validity == "valid"
    assert [bite for bite in recording.faults if bite["fault"] == "short"] or rows_max == 100
    return sorted((row["kind"], row["evidence"]["subject"]) for row in recording.service["discrepancies"])


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_every_scenario_over_some_seeds():
    """As a program, in two processes; the sums of all runs are what is asserted."""
    command = [sys.executable, __file__, "--seeds", "1..4", "--jobs", "2"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "recall 100.00 %, precision 100.00 %" in ended.stdout


# -- the program


def main():
    """Play all scenarios over these seeds, print what was not valid and the sums, and exit with 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=Seeds.parse, default=Seeds.parse("1..200"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--part", type=int, help="play this part of the seeds only, and print a line of JSON a run")
    options = parser.parse_args()
    if options.part is not None:
        _play_part(options)
        return
    started_s = time.monotonic()
    results = list(_played(options))
    _tell(results, wall_s=time.monotonic() - started_s)
    sys.exit(any(result["validity"] != "valid" for result in results))


def _play_part(options):
    tasks = [(name, seed) for seed in options.seeds.all() for name in LIBRARY]
    with database_server(None) as server, Stage(server) as stage:
        for name, seed in tasks[options.part :: options.jobs]:
            _say(json.dumps(play(stage, name, seed)))


def _played(options):
    """Yield the results of all parts; each is a process of its own."""
    command = [sys.executable, __file__, "--seeds", str(options.seeds), "--jobs", str(options.jobs), "--part"]
    parts = [subprocess.Popen([*command, str(part)], stdout=subprocess.PIPE, text=True) for part in range(options.jobs)]
    with ThreadPoolExecutor(options.jobs) as readers:
        printed = list(readers.map(lambda part: part.communicate()[0], parts))
    assert [part.returncode for part in parts] == [0] * options.jobs, "a part did not come to its end"
    for lines in printed:
        yield from map(json.loads, lines.splitlines())


def _tell(results, *, wall_s):
    sums, bites = {}, Counter()
    for result in results:
        bites.update(result["bites"])
        for kind, score in result["scores"].items():
            sums.setdefault(kind, Counter()).update(score)
        if result["validity"] != "valid":
            _say("\n  ".join([result["run"], result["validity"], *result["broken"]]))
    for kind, score in sorted(sums.items()):
        _say(f"{kind:<20} " + "  ".join(f"{name} {count}" for name, count in score.items()))
    total = sum(sums.values(), Counter())
    recall = total["found"] / max(total["planted"], 1)
    precision = total["found"] / max(total["found"] + total["invented"], 1)
    _say(f"{len(results)} runs, {sum(bites.values())} planted faults bit: {dict(bites.most_common())}")
    shares = f"recall {recall:.2%}, precision {precision:.2%}".replace("%", " %")
    _say(f"{total['planted']} planted and due: {shares} in {wall_s:.0f} s")


def _say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
