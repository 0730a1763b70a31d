"""The pytest plugin: `@pytest.mark.paystorm("lost-webhooks", seeds=20)` is a test for each of twenty runs.

Whoever has pytest and Paystorm installed has this plugin, so it imports nothing before a test has the mark. A run takes
place in a child that is kept for the next one, because a virtual world takes hold of its whole interpreter; each worker
of pytest-xdist has a child of its own. Children end with whoever asked them, however that ends.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from scenarios.testing.rehearsed import Rehearsed
    from scenarios.testing.wish import Wish

_MARK = "paystorm"
_FIXTURE = "paystorm_run"
_OUT = Path("runs/pytest")
_HELP = (
    "paystorm(scenario, seeds=5, customers=None, defect=None, changes={}, swarm=True, thresholds=(), fail_on=None): "
    "perform a Paystorm scenario with each seed, and fail where money is lost or a threshold is missed."
)
_KEPT = pytest.StashKey[bool]()
_NAME_LENGTH_MAX = 120


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("paystorm", "Paystorm: runs of payment scenarios")
    group.addoption("--paystorm-seeds", metavar="SEEDS", help="seeds of all marked tests: 7, or 1..1000")
    group.addoption("--paystorm-out", metavar="DIR", help=f"where failing runs are kept (default: {_OUT})")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, and refuse seeds that are none."""
    config.addinivalue_line("markers", _HELP)
    if (text := config.getoption("--paystorm-seeds")) is not None:
        from scenarios.campaign.seeds import Seeds
        from scenarios.errors import BadInput

        try:
            Seeds.parse(text, option="--paystorm-seeds")
        except BadInput as error:
            raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for each seed of each mark."""
    marks = [*metafunc.definition.iter_markers(_MARK)][::-1]  # the one that is written first comes first
    if not marks:
        return
    wishes = [_wish(mark, metafunc) for mark in marks]
    if _FIXTURE not in metafunc.fixturenames:
        metafunc.fixturenames.append(_FIXTURE)
    runs = [(wish, seed) for wish in wishes for seed in _seeds(wish, metafunc.config)]
    prefixes = {id(wish): f"{wish.name} " if len(wishes) > 1 else "" for wish in wishes}
    names = [f"{prefixes[id(wish)]}seed {seed}" for wish, seed in runs]
    metafunc.parametrize(_FIXTURE, runs, ids=names, indirect=True, scope="function")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a marked test its run even if it does not ask for it: whatever was added earlier, pytest has pruned."""
    if isinstance(item, pytest.Function) and item.get_closest_marker(_MARK) and _FIXTURE not in item.fixturenames:
        item.fixturenames.append(_FIXTURE)


@pytest.fixture
def paystorm_run(request: pytest.FixtureRequest) -> Iterator["Rehearsed"]:
    """The run of a test that is marked with `paystorm`: `seed`, `verdict`, `evidence`, `folder` and `command`."""
    if not hasattr(request, "param"):
        pytest.fail(f'{_FIXTURE} is for tests with @pytest.mark.{_MARK}("NAME-OF-A-SCENARIO")', pytrace=False)
    from reports.errors import ReportError
    from scenarios.errors import ScenarioError
    from scenarios.testing.rehearsed import Rehearsed
    from scenarios.virtual.errors import Escaped

    wish, seed = request.param
    folder = _out(request.config) / _folder_name(request.node.nodeid)
    try:
        run = Rehearsed.perform(wish, seed, folder=folder)
    except (ScenarioError, ReportError, Escaped) as error:
        pytest.fail(f"{wish.name} seed {seed}: {error}", pytrace=False)
    yield run
    if not request.node.stash.get(_KEPT, False):
        run.forget()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Fail the test if the judge says so, before its own body looks at the run."""
    if _FIXTURE not in pyfuncitem.funcargs:
        return (yield)
    run = cast("Rehearsed", pyfuncitem.funcargs[_FIXTURE])
    pyfuncitem.user_properties.append(("paystorm", run.command))
    if not run.verdict.passes:
        _keep(run, pyfuncitem)
        pytest.fail(run.complaint(), pytrace=False)
    try:
        return (yield)
    except (pytest.skip.Exception, pytest.xfail.Exception, KeyboardInterrupt):
        raise
    except BaseException:  # what pytest.fail raises is no Exception
        _keep(run, pyfuncitem)
        pyfuncitem.add_report_section("call", "paystorm", "\n".join(run.directions()))
        raise


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the playhouses, if any were opened, and leave no empty folder."""
    if rehearsal := sys.modules.get("scenarios.campaign.rehearsal"):
        rehearsal.close_playhouses()
        with suppress(OSError):  # it is not there, or not empty
            _out(config).rmdir()


def _wish(mark: pytest.Mark, metafunc: pytest.Metafunc) -> "Wish":
    from reports.errors import ReportError
    from scenarios.errors import BadInput
    from scenarios.testing.wish import wish

    try:
        return wish(*mark.args, **mark.kwargs, folder=metafunc.definition.path.parent)
    except (BadInput, ReportError) as error:
        problem = str(error)
    except TypeError as error:
        problem = str(error).replace("wish()", f"{_MARK}()")
    raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: {_MARK}: {problem}")


def _seeds(wish: "Wish", config: pytest.Config) -> "list[int]":
    text = config.getoption("--paystorm-seeds")
    if text is None:
        return [*wish.seeds]
    from scenarios.campaign.seeds import Seeds

    return [*Seeds.parse(text).all()]


def _keep(run: "Rehearsed", item: pytest.Function) -> None:
    item.stash[_KEPT] = True
    run.report()


def _out(config: pytest.Config) -> Path:
    chosen = config.getoption("--paystorm-out")
    return config.rootpath / _OUT if chosen is None else config.invocation_params.dir / chosen


def _folder_name(node_id: str) -> str:
    """Return a name for the folder of a test: readable, and another one for each test."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", node_id).strip("-")[-_NAME_LENGTH_MAX:]
    return f"{readable}-{hashlib.blake2b(node_id.encode(), digest_size=3).hexdigest()}"
