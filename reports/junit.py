"""The verdict for a build server: one test case an invariant, and one a threshold.

What is wrong and does not count (`fail_on`) is skipped, with its reason: a build server that fails on a failure in this
file comes to the same end as one that looks at the exit code.
"""

import re
from collections.abc import Iterable, Mapping

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from reports.fail_on import THE_RUN, FailOn, Shortfall
from reports.scoring import tell_score
from reports.thresholds import Standing, ThresholdResult
from reports.verdict import CheckResult, Validity, Verdict

# XML 1.0 has no way at all to write these characters, and the evidence may contain any.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(verdict: Verdict) -> bytes:
    """Return the content of junit.xml."""
    suite = TestSuite(clean(f"paystorm {verdict.scenario} seed {verdict.seed}"))
    suite.add_property("replay", clean(verdict.command))
    suite.add_property("digest", verdict.digest)
    suite.add_property("fail_on", str(verdict.fail_on))
    not_counted = {one.name: one for one in verdict.not_counted}
    for shortfall in verdict.shortfalls:
        if shortfall.name == THE_RUN:
            suite.add_testcase(_case_of_run(shortfall, verdict))
    for check in verdict.checks:
        suite.add_testcase(_case(check, verdict, not_counted))
    for result in verdict.thresholds:
        suite.add_testcase(_case_of_threshold(result, verdict, not_counted))
    return written([suite])


def written(suites: Iterable[TestSuite]) -> bytes:
    """Return suites as a file."""
    xml = JUnitXml()
    for suite in suites:
        xml.add_testsuite(suite)
    content = xml.tostring()  # type: ignore[no-untyped-call]  # junitparser annotates only a part of itself
    assert isinstance(content, bytes)
    return content


def clean(text: str) -> str:
    """Return the text without what XML cannot say."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def not_counted_case(shortfall: Shortfall, *, fail_on: FailOn) -> Skipped:
    """Return what becomes of a case that fails and does not count."""
    return Skipped(clean(f"not counted (fail on {fail_on}): {shortfall}. {shortfall.what}".strip()))


def _case_of_run(shortfall: Shortfall, verdict: Verdict) -> TestCase:
    """Return a case about the run as a whole; there is one only where something is wrong with it."""
    case = TestCase(THE_RUN, classname=clean(f"paystorm.{verdict.scenario}"))
    if verdict.fail_on.counts(shortfall):
        case.result = [Error(clean(shortfall.what), "unknown")]
    else:
        case.result = [not_counted_case(shortfall, fail_on=verdict.fail_on)]
    return case


def _case(check: CheckResult, verdict: Verdict, not_counted: Mapping[str, Shortfall]) -> TestCase:
    case = TestCase(f"{check.id} {check.title}", classname=clean(f"paystorm.{verdict.scenario}"))
    notes, scores = clean("; ".join(check.notes)), [tell_score(score) for score in check.scores]
    if check.id in not_counted:
        case.result = [not_counted_case(not_counted[check.id], fail_on=verdict.fail_on)]
        return case
    match check.validity:
        case None if verdict.fail_on.names(check.id):
            case.result = [Error(notes, "skipped")]
        case None:
            case.result = [Skipped(notes)]
        case Validity.UNKNOWN:
            case.result = [Error(notes, "unknown")]
        case Validity.INVALID:
            case.result = [_failure(check, verdict)]
        case Validity.VALID if check.saw_nothing:
            case.result = [Skipped(clean(f"nothing was tested: the run had no {check.unit}. {notes}".strip()))]
        case Validity.VALID:
            case.system_out = clean("\n".join([f"{check.examined:,} {check.unit} examined. {notes}", *scores]))
    return case


def _failure(check: CheckResult, verdict: Verdict) -> Failure:
    assert check.finding is not None, "an invalid check has a finding"
    failure = Failure(clean(check.finding.sentence), "invariant broken")
    failure.text = clean(
        f"{check.statement}\nworst: {check.finding.worst.what}\nfirst: {check.finding.first.what}\n"
        f"last: {check.finding.last.what}\n"
        + "".join(f"{tell_score(score)}\n" for score in check.scores)
        + f"replay: {verdict.command}"
    )
    return failure


def _case_of_threshold(result: ThresholdResult, verdict: Verdict, not_counted: Mapping[str, Shortfall]) -> TestCase:
    case = TestCase(result.threshold, classname=clean(f"paystorm.{verdict.scenario}"))
    match result.standing:
        case _ if result.threshold in not_counted:
            case.result = [not_counted_case(not_counted[result.threshold], fail_on=verdict.fail_on)]
        case Standing.MET:
            case.system_out = clean(result.sentence)
        case Standing.MISSED:
            case.result = [Failure(clean(result.sentence), "threshold missed")]
            case.result[0].text = clean(f"{result.sentence}\nreplay: {verdict.command}")
        case Standing.UNMEASURED:
            case.result = [Error(clean(result.sentence), "threshold unmeasured")]
    return case
