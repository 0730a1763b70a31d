"""How many runs a hunt needs until it finds a planted defect, and how many a sweep: `docs/hunting.md` has the table.

    python tests/campaign/hunts.py --scenarios duplicate-clicks --defects refund-read-then-write late-failure-wins

Both get the same scenarios with the same changes and the same number of runs at most, over several starting points: a
hunt its seed, a sweep the first of its seeds. Runs are counted: it does not matter how busy the machine is.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from scenarios.campaign.orders import Report
from scenarios.campaign.performance import perform
from scenarios.campaign.plan import Plan
from scenarios.campaign.seeds import Seeds
from scenarios.cli.options import parse_changes
from scenarios.database import database_server
from scenarios.hunting import Hunt, HuntFolder, HuntPlan
from scenarios.virtual.stage import Stage

SEEDS_APART = 100_000  # from one starting point of a sweep to the next


class Here:
    """Performs in this process; nothing else is done meanwhile."""

    jobs = 1

    def __init__(self, stage):
        self.stage = stage

    def perform(self, chunks):
        for chunk in chunks:
            outcomes = [perform(self.stage, order, house="here") for order in chunk.orders]
            yield Report(outcomes=outcomes, failure=None)

    def moved(self, hunt):
        """Nobody watches."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", nargs="+", default=["all"])
    parser.add_argument("--defects", nargs="+", required=True, help="`sound` looks for false alarms")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--runs", type=int, default=200, help="at most, of each search")
    parser.add_argument("--set", nargs="*", default=[], dest="changes", help="key=value")
    options = parser.parse_args()
    with database_server(None) as server, Stage(server) as stage:
        for defect in options.defects:
            planted = {} if defect == "sound" else {"defect": defect}
            changes = {**parse_changes(options.changes), **planted}
            searches = {name: [] for name in SEARCHES}
            for start in range(1, options.starts + 1):
                for name, search in SEARCHES.items():
                    found = search(stage, options, changes, start)
                    searches[name].append(found)
                    say(f"  {defect} {name} {start}: {found or 'nothing'}")
            say(" | ".join([defect, *(told(founds, options.runs) for founds in searches.values())]))


def hunted(stage, options, changes, start):
    """Return after how many runs a hunt found something; None if it did not."""
    plan = HuntPlan.make(tuple(options.scenarios), seed=start, changes=changes)
    here = Here(stage)
    with tempfile.TemporaryDirectory() as out, HuntFolder.claim(Path(out), plan=plan) as folder:
        hunt = Hunt(plan, folder=folder, backend=here, watcher=here, is_over=lambda runs: runs >= options.runs)
        hunt.run()
    for one in (*hunt.findings, *hunt.unsettled):
        say(f"    {one.number} {one.candidate.how} {[*one.broken]} {one.note} {one.command if not one.broken else ''}")
    return hunt.findings[0].number if hunt.findings else None


def swept(stage, options, changes, start):
    """Return after how many runs a sweep found something; None if it did not."""
    seeds = Seeds(start * SEEDS_APART, start * SEEDS_APART + options.runs)
    plan = Plan.make(options.scenarios, seeds=seeds, changes=changes)
    for runs, task in zip(range(1, options.runs + 1), plan.tasks(), strict=False):
        if perform(stage, plan.order(task), house="here").result.broken:
            return runs
    return None


SEARCHES = {"hunt": hunted, "sweep": swept}


def told(founds, runs):
    """Return the median and all: what was not found took more than all runs."""
    middle = median(runs + 1 if one is None else one for one in founds)
    every = ", ".join(str(one or f"> {runs}") for one in founds)
    return f"{f'> {runs}' if middle > runs else f'{middle:g}'} ({every})"


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
