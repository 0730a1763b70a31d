"""Entry point: parse, dispatch, and turn what went wrong into one line and an exit code.

A command imports what it needs when it is called, because pandas, matplotlib and FastAPI take longer to import than
most commands take to run.
"""

import errno
import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import NoReturn

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from reports.errors import ReportError
from scenarios.cli.check import check
from scenarios.cli.compare import compare
from scenarios.cli.conversion import convert_exactly
from scenarios.cli.defects import defects
from scenarios.cli.events import events
from scenarios.cli.exit_codes import ExitCode
from scenarios.cli.hunt import hunt
from scenarios.cli.listing import list_scenarios
from scenarios.cli.live import live
from scenarios.cli.load import load
from scenarios.cli.merchants import keys, merchants
from scenarios.cli.migrate import migrate
from scenarios.cli.psp import psp
from scenarios.cli.reconcile import reconcile
from scenarios.cli.replay import replay
from scenarios.cli.report import report
from scenarios.cli.run import run
from scenarios.cli.serve import serve
from scenarios.cli.shrink import shrink
from scenarios.cli.sweep import sweep
from scenarios.errors import BadInput, InfrastructureFailed
from scenarios.interrupts import heard_interrupts
from scenarios.virtual.errors import Escaped, ServerSilent, Stalled, Unsupported

_EPILOGUE = """\
Start here: `paystorm run lost-webhooks --seed 7`, then open the report that it names.

Exit codes: 0 every invariant holds · 1 one is broken or a threshold not met · 2 bad input · 3 not deterministic · \
4 the machine failed
"""

# What a machine says to whoever asks; anything else would be a bug of ours.
_REFUSALS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EROFS}
)

app = App(
    suppress_keyboard_interrupt=False,  # main() has a word for it
    name="paystorm",
    version=lambda: version("paystorm"),
    help="Find out whether your payments survive repeated clicks, lost webhooks, a stalling bank and dying machines.",
    help_epilogue=_EPILOGUE,
    default_parameter=Parameter(converter=convert_exactly),
)
app.command(list_scenarios, name="list")
for command in (
    run,
    sweep,
    hunt,
    defects,
    replay,
    shrink,
    check,
    compare,
    report,
    serve,
    live,
    load,
    psp,
    migrate,
    reconcile,
):
    app.command(command)
for group in (merchants, keys, events):
    app.command(group)


def main() -> NoReturn:
    """Run the command line."""
    for interrupt in heard_interrupts():
        if interrupt is not signal.SIGINT:  # Python's own handler does the same, and asyncio looks for it
            signal.signal(interrupt, _interrupt)
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except (CycloptsError, BadInput, ReportError) as error:
        errors.print(f"paystorm: {error}", markup=False)
        return ExitCode.BAD_INPUT
    except (InfrastructureFailed, ServerSilent, Unsupported) as error:
        errors.print(f"paystorm: {error}", markup=False)
        return ExitCode.INFRASTRUCTURE_FAILED
    except (Escaped, Stalled) as error:
        errors.print(f"paystorm: the simulation cannot be repeated: {error}", markup=False)
        return ExitCode.NOT_DETERMINISTIC
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        errors.print(f"paystorm: this machine refuses: {error}", markup=False)
        return ExitCode.INFRASTRUCTURE_FAILED
    except KeyboardInterrupt:
        errors.print("paystorm: stopped", markup=False)
        return ExitCode.INTERRUPTED
    return code if isinstance(code, int) else ExitCode.HOLDS


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Do what Ctrl-C does, which a server and an event loop hear in their own way: an exception would tear them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
