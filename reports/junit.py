"""The verdict for a build server: one test case an invariant."""

import re

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from reports.scoring import tell_score
from reports.verdict import CheckResult, Validity, Verdict

# XML 1.0 has no way at all to write these characters, and the evidence may contain any.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(verdict: Verdict) -> bytes:
    """Return the content of junit.xml."""
    suite = TestSuite(_clean(f"paystorm {verdict.scenario} seed {verdict.seed}"))
    suite.add_property("replay", _clean(verdict.command))
    suite.add_property("digest", verdict.digest)
    for check in verdict.checks:
        suite.add_testcase(_case(check, verdict))
    xml = JUnitXml()
    xml.add_testsuite(suite)
    content = xml.tostring()  # type: ignore[no-untyped-call]  # junitparser annotates only a part of itself
    assert isinstance(content, bytes)
    return content


def _case(check: CheckResult, verdict: Verdict) -> TestCase:
    case = TestCase(f"{check.id} {check.title}", classname=_clean(f"paystorm.{verdict.scenario}"))
    notes, scores = _clean("; ".join(check.notes)), [tell_score(score) for score in check.scores]
    match check.validity:
        case None:
            case.result = [Skipped(notes)]
        case Validity.UNKNOWN:
            case.result = [Error(notes, "unknown")]
        case Validity.INVALID:
            case.result = [_failure(check, verdict)]
        case Validity.VALID if check.saw_nothing:
            case.result = [Skipped(_clean(f"nothing was tested: the run had no {check.unit}. {notes}".strip()))]
        case Validity.VALID:
            case.system_out = _clean("\n".join([f"{check.examined:,} {check.unit} examined. {notes}", *scores]))
    return case


def _failure(check: CheckResult, verdict: Verdict) -> Failure:
    assert check.finding is not None, "an invalid check has a finding"
    failure = Failure(_clean(check.finding.sentence), "invariant broken")
    failure.text = _clean(
        f"{check.statement}\nworst: {check.finding.worst.what}\nfirst: {check.finding.first.what}\n"
        f"last: {check.finding.last.what}\n"
        + "".join(f"{tell_score(score)}\n" for score in check.scores)
        + f"replay: {verdict.command}"
    )
    return failure


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
