"""docs/defects.md tells of every planted defect; it is made from them. After a change in `scenarios/defects`:

python tests/docs/test_defects_page.py
"""

import json
from pathlib import Path

from scenarios.defects import DEFECTS, Defect
from scenarios.defects.habitat import habitat as habitat_of

PAGE = Path(__file__).parents[2] / "docs/defects.md"
ORDINARY = {key: json.loads(value) for key, value in habitat_of("any", scripts=[]).changes.items()}
TOLD = ("customers", "scripts", "faults", "service")
HEAD = """\
# The planted defects

Bugs that were seen in somebody's production code, each planted in the service by replacing one part where it is put
together, to prove that the judge finds them. This page is made from `scenarios/defects`; a test compares the two. How
to plant one more is told in [CONTRIBUTING.md](../CONTRIBUTING.md).

`paystorm defects` lists them. `paystorm defects --matrix` tries each in its *habitat*, a scenario made small and such
that what exposes the defect happens to everybody, seed after seed until an invariant breaks; then the sound system in
the same habitats with the same seeds. It writes `matrix.html`, a page, `matrix.json` and `matrix.csv`, keeps the
evidence of each finding under `failing/`, and ends with 1 if a defect survived or the sound system was accused. After
Ctrl-C the same command goes on where it stopped. Each row of `matrix.json` has the `paystorm run` that has its finding
again; `paystorm report FOLDER` makes the page again.

Our database refuses much by itself. Where a team with the bug had no such guard, the schema of the planted service
lacks it too: *without guards* means that no trigger and no check is left that says how a row may change or how two
numbers relate; keys, references and the words of a state stay.

| defect | breaks | habitat | seen in |
|---|---|---|---|
"""


def page() -> str:
    """The document."""
    rows = "".join(map(row, DEFECTS.values()))
    return HEAD + rows + "".join(map(section, DEFECTS.values()))


def row(defect: Defect) -> str:
    return f"| [`{defect.id}`](#{defect.id}) | {broken(defect)} | `{defect.habitat.scenario}` | {defect.seen_in} |\n"


def section(defect: Defect) -> str:
    told = f"*Breaks* {broken(defect)}. *Seen in* {defect.seen_in}. {schema(defect)}"
    return f"\n## {defect.id}\n\n{defect.what}\n\n{told}\n\n*Habitat:* {habitat(defect)}.\n"


def habitat(defect: Defect) -> str:
    """What of the scenario is particular, in a few words."""
    changes = {key: json.loads(value) for key, value in defect.habitat.changes.items()}
    faults = [f"{fault['kind']} ({fault['where']})" for fault in changes["faults"]]
    parts = [
        f"`{defect.habitat.scenario}` with {changes['customers']} customers ({', '.join(changes['scripts'])})",
        f"faults: {', '.join(faults) or 'none'}",
    ]
    set_here = {key: value for key, value in changes.items() if key not in TOLD and value != ORDINARY.get(key)}
    settings = [f"`{key}={json.dumps(value)}`" for key, value in (set_here | changes["service"]).items()]
    return "; ".join([*parts, *([", ".join(settings)] if settings else [])])


def schema(defect: Defect) -> str:
    lost = ["no guards"] if defect.without_guards else []
    lost += [f"`{alteration}`" for alteration in defect.alterations]
    return f"*The schema*: {'; '.join(lost)}." if lost else "*The schema* is ours."


def broken(defect: Defect) -> str:
    return ", ".join(sorted(defect.breaks, key=lambda name: (len(name), name)))


def test_the_page_is_what_the_defects_are():
    assert PAGE.read_text() == page(), "make it anew with `python tests/docs/test_defects_page.py`"


if __name__ == "__main__":
    PAGE.write_text(page())
