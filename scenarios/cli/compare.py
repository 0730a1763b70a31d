"""`paystorm compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.options import AsJson
from scenarios.errors import BadInput

if TYPE_CHECKING:
    from reports.comparison import Comparison

_ROOT = Path("runs")

type FirstRun = Annotated[Path, Parameter(help="The run folder to start from, such as the virtual one.")]
type SecondRun = Annotated[Path, Parameter(help="The run folder that is held against it, such as the live one.")]
type PageFile = Annotated[
    Path | None, Parameter(help="The page to write; by default `runs/compare-FIRST-SECOND.html`.")
]
type ExportFolder = Annotated[
    Path | None,
    Parameter(name="--export", help="Write tables as CSV and JSON and drawings as SVG and PNG into this folder, too."),
]


def compare(
    first: FirstRun,
    second: SecondRun,
    /,
    *,
    out: PageFile = None,
    export: ExportFolder = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Hold two runs against each other: what broke or was fixed, how it ended, how long it took.

    Each difference comes with whether chance explains it, each quantile with how far off it may be. Of a virtual and a
    live run it says where the simulation was optimistic. Both are judged anew; exit code 0 whatever they say.
    """
    from reports.comparison import compare_folders, export_comparison, to_json, write_comparison

    comparison = compare_folders(first, second)
    page = _page(out, comparison)
    write_comparison(comparison, page)
    if export is not None:
        export_comparison(comparison, export)
    if as_json:
        print(to_json(comparison), end="")
    else:
        from scenarios.cli.compare_output import print_comparison

        print_comparison(comparison, page=page)
    return ExitCode.HOLDS


def _page(out: Path | None, comparison: "Comparison") -> Path:
    one, other = comparison.sides
    page = _ROOT / f"compare-{one.name}-{other.name}.html" if out is None else out
    if page.is_dir():
        raise BadInput(f"--out {page}: it is a folder; name a file in it, such as {page / 'comparison.html'}")
    return page
