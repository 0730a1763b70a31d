"""The verdict: every invariant checked, the worst answer wins.

    valid < unknown < invalid

A check that crashes says unknown, so that a broken judge never acquits; a check without the books that it needs is
skipped, visibly, and decides nothing. A run in which nobody asked for anything is unknown as well.

Thresholds are no part of the validity, which is about money alone: a slow run may be valid. Whether a build passes
follows from both, and from what it shall fail on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import orjson

from reports.checks import CHECKS, Breach, Check, Examination, Score
from reports.evidence import Evidence
from reports.fail_on import EVERYTHING, THE_RUN, FailOn, Shortfall, Wrong
from reports.garbage import uncollected
from reports.money import format_sums, to_major
from reports.story import Line, Storyteller
from reports.summary import plain_words
from reports.thresholds import Standing, ThresholdResult
from reports.truth import Truth
from reports.words import opening_count


class Validity(StrEnum):
    """What can be said of an invariant, or of a whole run."""

    VALID = "valid"
    UNKNOWN = "unknown"
    INVALID = "invalid"

    @classmethod
    def worst(cls, validities: Iterable["Validity"]) -> "Validity":
        """Return the worst of them; none at all is unknown."""
        return max(validities, key=list(cls).index, default=cls.UNKNOWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a check has found wrong, told by three of its breaches and one story."""

    count: int
    sentence: str
    first: Breach
    worst: Breach  # the most money, then the earliest
    last: Breach
    story: tuple[Line, ...] = ()  # of the worst one


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What became of one check."""

    id: str
    title: str
    statement: str
    unit: str
    validity: Validity | None  # None: skipped
    examined: int = 0
    finding: Finding | None = None
    notes: tuple[str, ...] = ()  # why it was skipped, could not say, or saw less than it might
    scores: tuple[Score, ...] = ()  # of what it holds to account, by kind

    @property
    def saw_nothing(self) -> bool:
        """Whether nothing happened in the run that could have broken it: it holds, and was not tested."""
        return self.validity is Validity.VALID and self.examined == 0

    @property
    def is_skipped(self) -> bool:
        """Whether the evidence lacks what the check needs."""
        return self.validity is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The judgement of one run."""

    validity: Validity
    scenario: str
    seed: int
    mode: str
    command: str  # repeats the run
    digest: str
    summary: str  # what happened to the money, in plain words
    notes: tuple[str, ...]  # about the run as a whole
    checks: tuple[CheckResult, ...]
    thresholds: tuple[ThresholdResult, ...] = ()
    fail_on: FailOn = EVERYTHING

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found wrong, in the order of the checks."""
        return tuple(check.finding for check in self.checks if check.finding is not None)

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """All that is not as it should be: of the run, of its invariants, of its thresholds."""
        run = (Shortfall(name=THE_RUN, wrong=Wrong.UNSETTLED, what=f"{note}.") for note in self.notes)
        return (*run, *self._of_checks(), *self._of_thresholds())

    @property
    def counted(self) -> tuple[Shortfall, ...]:
        """Why the build fails; nothing if it passes."""
        return tuple(filter(self.fail_on.counts, self.shortfalls))

    @property
    def not_counted(self) -> tuple[Shortfall, ...]:
        """What is wrong, and was not to fail the build."""
        return tuple(one for one in self.shortfalls if not self.fail_on.counts(one))

    @property
    def passes(self) -> bool:
        """Whether a build may pass."""
        return not self.counted

    def to_json(self) -> str:
        """Return the content of verdict.json."""
        plain = asdict(self) | {
            "fail_on": str(self.fail_on),
            "passes": self.passes,
            "counted": [str(one) for one in self.counted],
            "not_counted": [str(one) for one in self.not_counted],
        }
        return orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()

    def _of_checks(self) -> Iterator[Shortfall]:
        for check in self.checks:
            match check.validity:
                case Validity.INVALID if check.finding is not None:
                    yield Shortfall(name=check.id, wrong=Wrong.BROKEN, what=check.finding.sentence)
                case Validity.UNKNOWN:
                    yield Shortfall(name=check.id, wrong=Wrong.UNSETTLED, what=f"{'; '.join(check.notes)}.")
                case None if self.fail_on.names(check.id):
                    yield Shortfall(name=check.id, wrong=Wrong.SKIPPED, what=f"{'; '.join(check.notes)}.")

    def _of_thresholds(self) -> Iterator[Shortfall]:
        for result in self.thresholds:
            if not result.is_met:
                wrong = Wrong.MISSED if result.standing is Standing.MISSED else Wrong.UNMEASURED
                yield Shortfall(name=result.threshold, wrong=wrong, what=result.sentence)


@uncollected()
def judge(evidence: Evidence, *, checks: Sequence[Check] = CHECKS) -> Verdict:
    """Judge a run by its evidence.

    Raises:
        EvidenceError: The PSP's books contradict themselves, so that there is no truth to judge by.
    """
    truth = Truth.rebuild(evidence)
    results = tuple(_told([_run(check, evidence, truth) for check in checks], Storyteller(evidence)))
    notes = tuple(_notes(evidence, truth))
    validities = [result.validity for result in results if result.validity is not None]
    validity = Validity.worst([*validities, *(Validity.UNKNOWN for _ in notes)])
    is_partial = any(result.is_skipped and check.bears_on_money for check, result in zip(checks, results, strict=True))
    sentences = [result.finding.sentence for result in results if result.finding is not None]
    return Verdict(
        validity=validity,
        scenario=evidence.manifest.scenario,
        seed=evidence.manifest.seed,
        mode=evidence.manifest.mode,
        command=evidence.manifest.command,
        digest=evidence.manifest.digest,
        summary=plain_words(truth, findings=sentences, conclusion=_conclusion(validity, is_partial=is_partial)),
        notes=notes,
        checks=results,
    )


def _conclusion(validity: Validity, *, is_partial: bool) -> str:
    if validity is not Validity.VALID:
        return "Whether all is well cannot be said."
    reserve = ", as far as the evidence goes" if is_partial else ""
    return f"Nobody lost money or paid twice{reserve}."


def _notes(evidence: Evidence, truth: Truth) -> Iterator[str]:
    """Yield why the run as a whole cannot be called valid."""
    if not truth.purchases:
        yield "nobody asked for anything, so nothing was tested"
    if not evidence.manifest.is_complete:
        yield "the run was ended before its time, so nothing can be said of what was still to come"


def _run(check: Check, evidence: Evidence, truth: Truth) -> CheckResult:
    books = evidence.books()
    if missing := sorted(check.needs - books):
        return _result(check, None, notes=(f"skipped: the evidence has no {', '.join(missing)}",))
    blind = tuple(f"saw less: the evidence has no {book}" for book in sorted(check.uses - books))
    try:
        examination = check.examine(evidence, truth)
    except Exception as error:  # noqa: BLE001 - the boundary that turns a broken check into "unknown", never into "valid"
        return _result(check, Validity.UNKNOWN, notes=(f"the check crashed: {type(error).__name__}: {error}", *blind))
    return _result(
        check,
        _validity(examination),
        examined=examination.examined,
        finding=_finding(check, examination.breaches),
        notes=(*examination.doubts, *blind),
        scores=examination.scores,
    )


def _result(
    check: Check,
    validity: Validity | None,
    *,
    examined: int = 0,
    finding: Finding | None = None,
    notes: tuple[str, ...] = (),
    scores: tuple[Score, ...] = (),
) -> CheckResult:
    return CheckResult(
        id=check.id,
        title=check.title,
        statement=check.statement,
        unit=check.unit,
        validity=validity,
        examined=examined,
        finding=finding,
        notes=notes,
        scores=scores,
    )


def _validity(examination: Examination) -> Validity:
    if examination.breaches:
        return Validity.INVALID
    return Validity.UNKNOWN if examination.doubts else Validity.VALID


def _finding(check: Check, breaches: Sequence[Breach]) -> Finding | None:
    if not breaches:
        return None
    in_time = sorted(breaches, key=lambda breach: breach.at_us)
    worst = max(in_time, key=_weight)
    return Finding(
        count=len(breaches),
        sentence=_sentence(check, breaches),
        first=in_time[0],
        worst=worst,
        last=in_time[-1],
    )


def _told(results: Sequence[CheckResult], teller: Storyteller) -> Iterator[CheckResult]:
    """Yield the results with the story of each finding; all that is to be told is looked up together."""
    found = [result.finding for result in results if result.finding is not None]
    stories = teller.tell_each([finding.worst.subject for finding in found])
    for result in results:
        if result.finding is None:
            yield result
        else:
            story = tuple(step.line for step in next(stories))
            yield replace(result, finding=replace(result.finding, story=story))


def _weight(breach: Breach) -> float:
    # Major units of different currencies are not comparable either, but closer to it than yen and fils are.
    return to_major(breach.amount_minor, breach.currency or "")


def _sentence(check: Check, breaches: Sequence[Breach]) -> str:
    sums_minor: defaultdict[str, int] = defaultdict(int)
    for breach in breaches:
        if breach.currency is not None and breach.amount_minor:
            sums_minor[breach.currency] += breach.amount_minor
    text = check.one if len(breaches) == 1 else check.many.format(count=opening_count(len(breaches)))
    stake = f": {check.stake.format(money=format_sums(sums_minor))}" if check.stake and sums_minor else ""
    return f"{text}{stake}."
