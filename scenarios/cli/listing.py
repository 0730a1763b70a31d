"""`paystorm list`."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson, ScenarioName
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from scenarios.spec import Scenario

_TOML_HELP = "Print the scenario as a file to start from: `paystorm list NAME --toml > storm.toml`."
_SCHEMA_HELP = "Print the JSON schema of scenario files, for editors."

type AsToml = Annotated[bool, Parameter(name="--toml", help=_TOML_HELP, negative="", show_default=False)]
type TheSchema = Annotated[bool, Parameter(name="--schema", help=_SCHEMA_HELP, negative="", show_default=False)]


def list_scenarios(
    name: ScenarioName | None = None,
    /,
    *,
    as_toml: AsToml = False,
    schema: TheSchema = False,
    as_json: AsJson = False,
) -> ExitCode:
    """List the scenarios, the customers they cast, the faults they order and the defects to plant.

    With the name of a scenario, or a file, tell that one whole: its story, where it really happened, what goes wrong
    and what it proves. As JSON, scenarios alone, each with everything that `paystorm run --set` can change.
    """
    if schema:
        from scenarios.schema import schema_text

        print(schema_text(), end="")
    elif name is not None:
        _tell(name, as_toml=as_toml, as_json=as_json)
    elif as_toml:
        raise BadInput("--toml needs the name of a scenario, such as paystorm list lost-webhooks --toml")
    elif as_json:
        from scenarios.library import LIBRARY

        print(json.dumps([scenario.model_dump(mode="json") for scenario in LIBRARY.values()], indent=2))
    else:
        _list_everything()
    return ExitCode.HOLDS


def _tell(name: str, *, as_toml: bool, as_json: bool) -> None:
    from scenarios.library import find_scenario

    scenario = find_scenario(name)
    if as_toml:
        from scenarios.scenario_text import to_toml

        print(to_toml(scenario), end="")
    elif as_json:
        print(json.dumps(scenario.model_dump(mode="json"), indent=2))
    else:
        _print_scenario(scenario, source=name)


def _print_scenario(scenario: "Scenario", *, source: str) -> None:
    from scenarios.telling import fault_in_words, size_in_words

    console = Console(highlight=False)
    console.print(scenario.name, style="bold cyan", markup=False)
    for text in (scenario.title, scenario.story, f"Proves: {scenario.proves}" if scenario.proves else ""):
        if text:
            console.print(f"\n{text}", markup=False)
    _print_list("Where it happened", (f"{one.name}: {one.link}" for one in scenario.incidents))
    _print_list("What goes wrong", (fault_in_words(fault) for fault in scenario.faults))
    _print_list("Who comes, and for how long", size_in_words(scenario))
    console.print(f"\nrun     paystorm run {source}\ncopy    paystorm list {source} --toml", markup=False)


def _print_list(title: str, lines: Iterable[str]) -> None:
    items = list(lines)
    if items:
        console = Console(highlight=False, soft_wrap=True)
        console.print(f"\n{title}", style="bold")
        for item in items:
            console.print(f"  {item}", markup=False)


def _list_everything() -> None:
    from psp_chaos.faults.menu import MENU
    from scenarios.customers.cast import CAST
    from scenarios.defects import DEFECTS
    from scenarios.faults.menu import WORLD_FAULTS
    from scenarios.library import LIBRARY

    scenarios = ((scenario.name, scenario.title) for scenario in LIBRARY.values())
    customers = ((name, _first_sentence(customer.__doc__)) for name, customer in CAST.items())
    faults = ((f"{kind.where} {name}", _first_sentence(kind.__doc__)) for name, kind in MENU.items())
    world_faults = ((" ".join(name), _first_sentence(kind.__doc__)) for name, kind in WORLD_FAULTS.items())
    defects = ((defect.id, defect.what) for defect in DEFECTS.values())
    _print_table("Scenarios, for `paystorm run`; `paystorm list NAME` tells one whole", scenarios)
    _print_table("Customers, for `--set scripts.NAME=WEIGHT`", customers)
    _print_table("Faults of the PSP, for a scenario's `faults`", faults)
    _print_table("Faults of our own side, for a scenario's `faults`", world_faults)
    _print_table("Defects to plant in the service, for `--defect`; more by `paystorm defects`", defects)


def _print_table(title: str, rows: Iterable[tuple[str, str]]) -> None:
    table = Table(
        title=title, title_justify="left", title_style="bold", show_header=False, box=None, padding=(0, 2, 1, 0)
    )
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _first_sentence(docstring: str | None) -> str:
    assert docstring, "what is listed says what it is"
    return docstring.partition("\n")[0]
