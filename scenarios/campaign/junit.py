"""A sweep for a build server: a suite for each scenario, in it a case for each invariant, and a suite about the sweep.

Thousands of runs are not thousands of cases: a case tells in how many runs its invariant broke, and how to have the
quickest of them again.
"""

from collections.abc import Iterator, Sequence

from junitparser import Error, Failure, Skipped, TestCase, TestSuite

from reports.checks import CHECKS, Check
from reports.fail_on import NOTHING, THE_RUN, Shortfall, Wrong
from reports.junit import clean, not_counted_case, written
from reports.words import plural
from scenarios.campaign.ledger import rank
from scenarios.campaign.results import Result
from scenarios.campaign.summary import Summary

_TOLD_MAX = 10  # runs in one case; summary.json has them all


def to_junit(summary: Summary) -> bytes:
    """Return the content of junit.xml."""
    return written([_of_sweep(summary), *(_of_scenario(one.name, summary) for one in summary.plan.scenarios)])


def _of_sweep(summary: Summary) -> TestSuite:
    suite = TestSuite(clean(f"paystorm sweep {summary.plan.title} {summary.plan.seeds}"))
    suite.add_property("command", clean(summary.command))
    suite.add_property("fail_on", str(summary.fail_on))
    for case in (_judged(summary), _repeated(summary), _canary(summary)):
        suite.add_testcase(case)
    return suite


def _judged(summary: Summary) -> TestCase:
    case = TestCase("every run was judged", classname="paystorm.sweep")
    done, wanted = summary.ledger.done, len(summary.plan)
    notes = [f"{one.scenario} seed {one.seed}: {one.note}" for one in summary.ledger.unfinished.values()]
    case.system_out = f"{done:,} of {wanted:,} runs"
    if done < wanted or notes:
        case.result = [Error(clean(f"{done:,} of {wanted:,} runs were judged"), "unfinished")]
        case.result[0].text = clean("\n".join([*notes[:_TOLD_MAX], f"go on: {summary.command}"]))
    return case


def _repeated(summary: Summary) -> TestCase:
    case = TestCase("every run can be repeated", classname="paystorm.sweep")
    ledger = summary.ledger
    case.system_out = f"{ledger.repeated:,} performed twice"
    if ledger.differences:
        case.result = [Failure(f"{len(ledger.differences):,} could not be repeated", "not deterministic")]
        told = [f"{one.first_difference}\nagain: {one.command}" for one in ledger.differences[:_TOLD_MAX]]
        case.result[0].text = clean("\n".join(told))
    elif not ledger.repeated:
        case.result = [Skipped("no run was performed twice")]
    return case


def _canary(summary: Summary) -> TestCase:
    case = TestCase("what was planted is found", classname="paystorm.sweep")
    if summary.canary is None or summary.fail_on == NOTHING:
        case.result = [Skipped("nothing was planted" if summary.canary is None else "not counted (fail on never)")]
    elif summary.is_blind:
        case.result = [Failure("a defect was planted, and nothing was found", "blind")]
        case.result[0].text = clean(f"again: {summary.canary.command}")
    else:
        case.system_out = clean(f"found: {', '.join(summary.canary.broken)}")
    return case


def _of_scenario(name: str, summary: Summary) -> TestSuite:
    suite = TestSuite(clean(name))
    failing = sorted((one for one in summary.ledger.failing if one.scenario == name), key=rank)
    for check in CHECKS:
        suite.add_testcase(_of_invariant(check, name, failing, summary))
    if any(THE_RUN in _names(one) for one in failing):
        case = TestCase(THE_RUN, classname=clean(f"paystorm.{name}"))
        case.result = [*_results(THE_RUN, failing, summary)]
        suite.add_testcase(case)
    return suite


def _of_invariant(check: Check, scenario: str, failing: Sequence[Result], summary: Summary) -> TestCase:
    case = TestCase(f"{check.id} {check.title}", classname=clean(f"paystorm.{scenario}"))
    judged = summary.ledger.judged[scenario]
    if not judged:
        case.result = [Skipped("no run was judged")]
    else:
        case.system_out = f"{judged:,} {plural(judged, 'run')} judged"
        case.result = [*_results(check.id, failing, summary)]
    return case


def _results(name: str, failing: Sequence[Result], summary: Summary) -> Iterator[Failure | Error | Skipped]:
    """Yield what became of an invariant in the runs that failed: the worst of it, if anything."""
    for wrong, kind in ((Wrong.BROKEN, Failure), (Wrong.UNSETTLED, Error)):
        shortfall = Shortfall(name=name, wrong=wrong)
        runs = [
            result for result in failing if any((one.name, one.wrong) == (name, wrong) for one in result.shortfalls)
        ]
        if not runs:
            continue
        told = f"{shortfall} in {len(runs):,} {plural(len(runs), 'run')}"
        if summary.fail_on.counts(shortfall):
            result = kind(told, "invariant broken" if wrong is Wrong.BROKEN else "unknown")
            result.text = clean("\n".join(f"seed {run.seed}: {run.command}" for run in runs[:_TOLD_MAX]))
            yield result
        else:
            yield not_counted_case(shortfall, fail_on=summary.fail_on)
        return


def _names(result: Result) -> list[str]:
    return [shortfall.name for shortfall in result.shortfalls]
