"""Mutants that a tool makes of the engine and the worker, each judged by short campaigns: `docs/mutants.md`.

    python -m venv /tmp/mutation && /tmp/mutation/bin/pip install cosmic-ray
    python tests/campaign/mutants.py --tool /tmp/mutation/bin/cosmic-ray --count 20 --seed 1 --out mutants.json

A mutant is one change of one operator, number or word, made by Cosmic Ray in a copy of the tree. All changes that it
can make are listed, those that cannot change what a program does are left out (`Meaning`), and the rest is drawn from
with the seed: every place in the code is as likely as any other, however many changes are possible there. No unit test
is asked. Every scenario is swept, seed after seed, until an invariant breaks; what survives that is run once in each
scenario with a statement that lies and a calm that is long enough to read it, as `test_settlement.py` does. The same
command goes on where it was stopped.
"""

import argparse
import ast
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from contextlib import closing, suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "service", "psp_chaos", "reports", "scenarios")
TARGETS = ["engine", "service/worker.py", "service/worker_main.py"]
SILENCE_S_MAX = 240  # a run takes a second; one that takes so long will not end


class Spec(NamedTuple):
    """One change that the tool can make."""

    module: str
    operator: str
    occurrence: int
    row: int
    column: int


class Meaning(ast.NodeTransformer):
    """A module without what decides nothing when it runs: annotations, decorators, names of types, docstrings."""

    @classmethod
    def of(cls, source):
        return ast.dump(cls().visit(ast.parse(source)))

    def visit_FunctionDef(self, node):
        node.returns, node.decorator_list = None, []
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node):
        node.decorator_list = []
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_TypeAlias(self, _node):
        return ast.Pass()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", help="the command cosmic-ray, in whatever environment it lives")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="decides which mutants are drawn")
    parser.add_argument("--seeds", default="1..2", help="of every scenario")
    parser.add_argument("--out", type=Path, default=Path("mutants.json"))
    parser.add_argument("--judge", action="store_true", help="judge the tree that is imported, a line for each run")
    options = parser.parse_args()
    if options.judge:
        return _judge(options)
    with tempfile.TemporaryDirectory() as folder:
        rows = _trials(options, Path(folder))
    killed = sum(row["fate"] == "killed" for row in rows)
    _say(f"{killed} of {len(rows)} killed by an invariant; {_fates(rows)}")
    return 0


def _judge(options):
    """Run every scenario, seed after seed, and print what became of each run, until something is noticed."""
    from scenarios.campaign.performance import perform  # noqa: PLC0415 - of the tree that is judged
    from scenarios.campaign.plan import Plan  # noqa: PLC0415
    from scenarios.campaign.seeds import Seeds  # noqa: PLC0415
    from scenarios.database import database_server  # noqa: PLC0415
    from scenarios.library import LIBRARY  # noqa: PLC0415
    from scenarios.virtual.stage import Stage  # noqa: PLC0415

    sys.path.append(str(ROOT / "tests" / "scenarios"))
    from test_settlement import play  # noqa: PLC0415

    plan = Plan.make(["all"], seeds=Seeds.parse(options.seeds), changes={}, repeated_share=0)
    with database_server(None) as server, Stage(server) as stage:
        for task in plan.tasks():
            result = perform(stage, plan.order(task), house="here").result
            noted = {"run": f"{task.scenario} {task.seed}", "validity": result.validity, "broken": [*result.broken]}
            _say(json.dumps({**noted, "note": result.note[:200]}))
            if result.validity != "valid":
                return 0
        for seed, name in enumerate(LIBRARY, start=1):  # of one seed all would miss the line of the same movement
            played = play(stage, name, seed)
            broken = [one.partition(":")[0] for one in played["broken"]]
            noted = {"run": f"settling {name} {seed}", "validity": played["validity"], "broken": broken, "note": ""}
            _say(json.dumps(noted))
            if played["validity"] != "valid":
                return 0
    return 0


def _trials(options, folder):
    """Draw mutants until there are enough that run, judge each, and write down what came after each."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    specs = _drawn(_specs(options.tool, folder), options.seed)
    begun = json.loads(options.out.read_text()) if options.out.exists() else {"mutants": [], "stillborn": []}
    rows, stillborn = begun["mutants"], begun["stillborn"]
    known = {(row["module"], row["operator"], row["occurrence"]) for row in (*rows, *stillborn)}
    for spec in specs:
        if len(rows) >= options.count:
            break
        if (spec.module, spec.operator, spec.occurrence) in known:
            continue
        path = folder / spec.module
        original = path.read_text()
        row = _trial(options, folder, spec, original)
        path.write_text(original)
        if row is None:
            continue
        (stillborn if row["fate"] == "stillborn" else rows).append(row)
        told = f"{row['fate']:<9} {row['after']:>3} {row['what']:<12}"
        _say(f"{len(rows):>2} {told} {spec.module}:{spec.row} {spec.operator}")
        options.out.write_text(json.dumps({"stillborn": stillborn, "mutants": rows}, indent=1))
    return rows


def _specs(tool, folder):
    """Return every change that the tool can make."""
    (folder / "mutants.toml").write_text(
        textwrap.dedent(f"""\
            [cosmic-ray]
            module-path = {json.dumps(TARGETS)}
            timeout = 60
            excluded-modules = []
            test-command = "false"
            [cosmic-ray.distributor]
            name = "local"
            """)
    )
    subprocess.run([tool, "init", "mutants.toml", "mutants.sqlite"], cwd=folder, check=True, capture_output=True)
    with closing(sqlite3.connect(folder / "mutants.sqlite")) as session:
        rows = session.execute(
            "SELECT module_path, operator_name, occurrence, start_pos_row, start_pos_col FROM mutation_specs"
        )
        return sorted(Spec(*row) for row in rows)


def _drawn(specs, seed):
    """Return one change for each place, in an order that the seed decides."""
    places = {}
    for spec in specs:
        places.setdefault((spec.module, spec.row, spec.column), []).append(spec)
    draw = random.Random(seed)
    chosen = [draw.choice(changes) for _, changes in sorted(places.items())]
    draw.shuffle(chosen)
    return chosen


def _trial(options, folder, spec, original):
    """Return what became of one mutant, or None if it changes nothing that runs."""
    apply = [options.tool, "apply", spec.module, spec.operator, str(spec.occurrence)]
    subprocess.run(apply, cwd=folder, check=True, capture_output=True)
    source = (folder / spec.module).read_text()
    try:
        if Meaning.of(source) == Meaning.of(original):
            return None
    except SyntaxError:
        return None
    fate, after, what, note = _sentence(options, folder)
    lines = zip(original.splitlines(), source.splitlines(), strict=False)
    changed = next(([one.strip(), other.strip()] for one, other in lines if one != other), ["", ""])
    return {
        **spec._asdict(),
        "was": changed[0],
        "is": changed[1],
        "fate": fate,
        "after": after,
        "what": what,
        "note": note,
    }


def _sentence(options, folder):
    """Judge the copy, and return its fate, after how many runs, by what, and in which run."""
    words = [sys.executable, __file__, "--judge", "--seeds", options.seeds]
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    complaints = folder / "stderr.txt"
    with complaints.open("w") as stderr:
        child = subprocess.Popen(words, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True)
    told: Queue[str | None] = Queue()
    Thread(target=lambda: [*map(told.put, child.stdout), told.put(None)], daemon=True).start()
    runs, last = 0, None
    try:
        while (line := told.get(timeout=SILENCE_S_MAX)) is not None:
            runs, last = runs + 1, json.loads(line)
    except Empty:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(20)
        child.kill()
        return "hangs", runs + 1, "", f"after {last}"
    child.wait()
    if last is None:  # it could not even be imported
        return "stillborn", 0, "", complaints.read_text().strip().splitlines()[-1][:200]
    fates = {"valid": "survived", "invalid": "killed", "unknown": "unknown"}
    return fates.get(last["validity"], "crashes"), runs, " ".join(last["broken"]), f"{last['run']} {last['note']}"


def _fates(rows):
    fates = [row["fate"] for row in rows]
    return ", ".join(f"{fates.count(fate)} {fate}" for fate in sorted(set(fates)))


def _say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
