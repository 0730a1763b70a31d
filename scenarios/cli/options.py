"""Options that several commands share, each with the help that it shows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, Token
from cyclopts.validators import Number

from reports.errors import BadFailOn, BadThreshold
from reports.fail_on import FailOn
from reports.thresholds import Threshold
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
type Thresholds = Annotated[
    tuple[Threshold, ...],
    Parameter(
        name="--threshold",
        help="A bar that the run must clear, as often as you like: `--threshold 'heal_p99 < 10m'`, "
        "`--threshold 'unknown_share < 1%'`, `--threshold 'money_at_risk_max < 500.00 EUR'`.",
        converter=lambda _type, tokens: _thresholds(tokens),
        accepts_keys=False,
        n_tokens=1,
        negative="",
        show_default=False,
    ),
]
type FailsOn = Annotated[
    FailOn,
    Parameter(
        name="--fail-on",
        help="What makes the exit code 1, joined with commas: `invalid`, `unknown`, `thresholds`, invariants such as "
        "`I1,I7`, or `never`. The rest is told, and does not count.",
        converter=lambda _type, tokens: _fail_on(tokens),
        accepts_keys=False,
        n_tokens=1,
        negative="",
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


def _thresholds(tokens: Sequence[Token]) -> tuple[Threshold, ...]:
    try:
        return tuple(Threshold.parse(token.value) for token in tokens)
    except BadThreshold as error:
        raise BadInput(f"--{error}") from None


def _fail_on(tokens: Sequence[Token]) -> FailOn:
    try:
        return FailOn.parse(tokens[0].value)
    except BadFailOn as error:
        raise BadInput(f"--{error}") from None
