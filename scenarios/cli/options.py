"""Options that several commands share, each with the help that it shows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from scenarios.errors import BadInput

type ScenarioName = Annotated[
    str, Parameter(help="The scenario: a name that `paystorm list` shows, or a file such as `storm.toml`.")
]
type RunFolder = Annotated[Path, Parameter(help="A run folder, such as `runs/latest`.")]
# The evidence keeps the seed as a 64-bit number.
type Seed = Annotated[int, Parameter(help="Everything random follows from it.", validator=Number(gte=0, lt=2**63))]
type Out = Annotated[
    Path | None, Parameter(help="The run folder to write; by default `runs/NAME-SEED`, numbered if it exists.")
]
type AsJson = Annotated[
    bool, Parameter(name="--json", help="Print JSON instead of text.", negative="", show_default=False)
]
type DatabaseUrl = Annotated[
    str | None,
    Parameter(
        help="Use this PostgreSQL server instead of the embedded one. A database of its own is created there and "
        "dropped at the end; nothing else is touched."
    ),
]
type ServiceDatabaseUrl = Annotated[
    str,
    Parameter(
        env_var="PAYSTORM_DATABASE_URL",
        help="The service's own database, such as postgresql://user:password@host/database.",
    ),
]
type DefectName = Annotated[
    str | None, Parameter(help="Plant this bug in the service and see it found; `paystorm list` shows them.")
]
type Port = Annotated[int, Parameter(validator=Number(gte=0, lte=65_535))]


def parse_changes(texts: Sequence[str]) -> dict[str, str]:
    """Return the changes of `--set key=value` by key.

    Raises:
        BadInput: One of them is not of the form key=value.
    """
    changes: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"--set {text!r}: expected key=value, such as --set storm_s=600")
        changes[key.strip()] = value.strip()
    return changes
