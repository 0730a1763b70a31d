"""`paystorm list`."""

import json
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson


def list_scenarios(*, as_json: AsJson = False) -> ExitCode:
    """List the scenarios, the customers they cast, the faults they order and the defects to plant.

    As JSON, the scenarios alone, each with everything that `paystorm run --set` can change.
    """
    from psp_chaos.faults.menu import MENU
    from scenarios.customers.cast import CAST
    from scenarios.defects import DEFECTS
    from scenarios.faults.menu import WORLD_FAULTS
    from scenarios.library import LIBRARY

    if as_json:
        print(json.dumps([scenario.model_dump(mode="json") for scenario in LIBRARY.values()], indent=2))
        return ExitCode.HOLDS
    scenarios = ((scenario.name, scenario.story) for scenario in LIBRARY.values())
    customers = ((name, _first_sentence(customer.__doc__)) for name, customer in CAST.items())
    faults = ((f"{kind.where} {name}", _first_sentence(kind.__doc__)) for name, kind in MENU.items())
    world_faults = ((" ".join(name), _first_sentence(kind.__doc__)) for name, kind in WORLD_FAULTS.items())
    defects = ((defect.id, defect.what) for defect in DEFECTS.values())
    _print_table("Scenarios, for `paystorm run`", scenarios)
    _print_table("Customers, for `--set scripts.NAME=WEIGHT`", customers)
    _print_table("Faults of the PSP, for a scenario's `faults`", faults)
    _print_table("Faults of our own side, for a scenario's `faults`", world_faults)
    _print_table("Defects to plant in the service, for `--defect`; more by `paystorm defects`", defects)
    return ExitCode.HOLDS


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
