"""`paystorm list`."""

import json as jsonlib
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table


def list_scenarios(*, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> None:
    """List the scenarios, the customers they may cast and the faults they may order.

    Parameters
    ----------
    json
        Print the scenarios as JSON, each with everything that `--set` can change.
    """
    from scenarios.library import LIBRARY

    if json:
        print(jsonlib.dumps([scenario.model_dump(mode="json") for scenario in LIBRARY.values()], indent=2))
        return
    table = Table("scenario", "story", title="Scenarios", show_lines=True, title_justify="left")
    for scenario in LIBRARY.values():
        table.add_row(scenario.name, scenario.story)
    Console().print(table)
