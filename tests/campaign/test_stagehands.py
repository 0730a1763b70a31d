"""Workers of a sweep and their playhouses, when these fail: with playhouses that answer at once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from scenarios.campaign import stagehand
from scenarios.campaign.orders import Chunk, First, Order, Outcome
from scenarios.campaign.playhouse import Closed
from scenarios.campaign.results import Result, Task
from scenarios.campaign.stagehand import close_playhouses, perform_chunk
from scenarios.errors import InfrastructureFailed, PostgresUnavailable

RESULT = Result(
    scenario="lost-webhooks",
    seed=0,
    validity="valid",
    broken={},
    note="",
    digest="d",
    timeline="t",
    command="paystorm run",
    counts={},
    wall_s=0,
)
FAILED = replace(RESULT, validity="failed", note="MemoryError")

type Answer = Result | Exception


class FakePlayhouse:
    """Answers what the test has written for a seed, once; and that all is well otherwise."""

    opened: list["FakePlayhouse"]
    answers: dict[int, list[Answer]]
    opening: list[Exception]
    code = "this code"

    def __init__(self, *, database_url: str | None) -> None:
        if self.opening:
            raise self.opening.pop(0)
        self.id = f"house:{len(self.opened)}"
        self.database_url = database_url
        self.is_open = True
        self.opened.append(self)

    def perform(self, order: Order) -> Outcome:
        assert self.is_open
        answers = self.answers.get(order.task.seed)
        answer = answers.pop(0) if answers else RESULT
        if isinstance(answer, Exception):
            self.is_open = False
            raise answer
        return Outcome(result=replace(answer, seed=order.task.seed), house=self.id, files=None)

    def close(self) -> None:
        self.is_open = False


@pytest.fixture(autouse=True)
def houses(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakePlayhouse]]:
    monkeypatch.setattr("scenarios.campaign.plan.code_fingerprint", lambda: "this code")
    FakePlayhouse.opened, FakePlayhouse.answers, FakePlayhouse.opening = [], {}, []
    monkeypatch.setattr(stagehand, "Playhouse", FakePlayhouse)
    yield FakePlayhouse
    close_playhouses()


def chunk_of(*seeds: int, first: First | None = None, **options: str) -> Chunk:
    def order(seed: int) -> Order:
        return Order(
            task=Task("lost-webhooks", seed), source="lost-webhooks", plan="", has_swarm=False, changes={}, first=first
        )

    return Chunk(orders=tuple(map(order, seeds)), **{"code": "this code", "database_url": None, **options})


def test_one_playhouse_performs_all_chunks_until_it_is_closed(houses):
    reports = [perform_chunk(chunk_of(1, 2)), perform_chunk(chunk_of(3))]

    assert [outcome.result.seed for report in reports for outcome in report.outcomes] == [1, 2, 3]
    assert [house.is_open for house in houses.opened] == [True]
    close_playhouses()
    assert [house.is_open for house in houses.opened] == [False]


def test_once_something_is_found_the_rest_of_a_chunk_may_be_left_out(houses):
    houses.answers = {2: [replace(RESULT, validity="invalid", broken={"I1": 5})]}

    report = perform_chunk(replace(chunk_of(1, 2, 3), until_found=True))

    assert [outcome.result.seed for outcome in report.outcomes] == [1, 2]
    assert houses.opened[0].is_open


def test_each_server_has_a_playhouse_of_its_own(houses):
    perform_chunk(chunk_of(1))
    perform_chunk(chunk_of(2, database_url="postgresql://there"))
    perform_chunk(chunk_of(3))

    assert [house.database_url for house in houses.opened] == [None, "postgresql://there"]


@pytest.mark.parametrize("trouble", [Closed("exit code -9"), FAILED], ids=["died", "failed"])
def test_a_run_is_performed_again_in_another_playhouse(trouble, houses):
    houses.answers = {2: [trouble]}

    report = perform_chunk(chunk_of(1, 2, 3))

    assert (report.failure, [outcome.result.validity for outcome in report.outcomes]) == (None, ["valid"] * 3)
    assert [outcome.house for outcome in report.outcomes] == ["house:0", "house:1", "house:1"]
    assert [house.is_open for house in houses.opened] == [False, True]


def test_a_run_that_fails_three_times_has_failed_and_the_next_one_is_performed(houses):
    houses.answers = {2: [FAILED] * 3}

    report = perform_chunk(chunk_of(1, 2, 3))

    assert [outcome.result.validity for outcome in report.outcomes] == ["valid", "failed", "valid"]
    assert report.failure is None


@pytest.mark.parametrize("where", ["opening", "answers"])
def test_a_process_that_dies_three_times_ends_the_chunk_and_what_was_done_counts(where, houses):
    deaths: list[Exception] = [Closed("it ended with exit code -9")] * 3
    perform_chunk(chunk_of(0))
    houses.answers = {2: [deaths[0]]} if where == "opening" else {2: [*deaths]}
    houses.opening = deaths[1:] if where == "opening" else []

    report = perform_chunk(chunk_of(1, 2, 3))

    assert [outcome.result.seed for outcome in report.outcomes] == [1]
    assert isinstance(report.failure, InfrastructureFailed)
    assert str(report.failure).endswith("lost-webhooks seed 2 died 3 times: it ended with exit code -9")


def test_a_server_that_cannot_be_had_ends_the_chunk(houses):
    houses.opening = [PostgresUnavailable("no PostgreSQL found")]

    report = perform_chunk(chunk_of(1))

    assert (report.outcomes, str(report.failure)) == ([], "no PostgreSQL found")


def test_other_code_is_refused(houses):
    report = perform_chunk(chunk_of(1, code="other code"))

    assert report.outcomes == []
    assert "house runs other code than the sweep" in str(report.failure)
    assert [house.is_open for house in houses.opened] == [False]


@pytest.mark.parametrize(("first", "houses_opened"), [("house:0", 2), ("elsewhere:7", 1)])
def test_a_repetition_never_happens_in_the_process_of_the_first_time(first, houses_opened, houses):
    perform_chunk(chunk_of(1))

    perform_chunk(chunk_of(1, first=First(house=first, digest="d", timeline="t")))

    assert len(houses.opened) == houses_opened


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ({2: [FAILED] * 3}, 4, "FAILED    lost-webhooks seed 2: MemoryError"),
        ({2: [Closed("exit code -9")] * 3}, 4, "seed 2 died 3 times: exit code -9"),
        ({seed: [FAILED] * 3 for seed in range(1, 99)}, 4, "paystorm: 10 runs could not be performed: MemoryError"),
        ({2: [replace(RESULT, validity="unknown", note="I8: too early")]}, 1, "seed 2: unknown (I8: too early)"),
        ({2: [replace(RESULT, validity="invalid", broken={"I1": 5_000_000})]}, 1, "seed 2: I1 broken after 5 s"),
        ({2: [RESULT, replace(RESULT, digest="other")]}, 3, "DIFFERENT lost-webhooks seed 2: unknown, because"),
        ({2: [RESULT, *[FAILED] * 3]}, 4, "FAILED    lost-webhooks seed 2: MemoryError"),
        ({}, 0, "nothing found: every invariant holds in every run"),
    ],
    ids=["failed", "died", "all failed", "unknown", "broken", "different", "not repeated", "sound"],
)
def test_the_exit_code_says_what_became_of_the_sweep(answers, code, words, houses, sweep):
    houses.answers = answers

    swept = sweep("lost-webhooks", "--seeds", "1..30", "--jobs", "1", "--repeat", "1")

    assert swept.code == swept.summary["exit_code"] == code
    assert words in swept.stdout + swept.stderr
    assert swept.stdout.splitlines()[-1].startswith("go on " if code == 4 else "results ")
    assert swept.summary["is_complete"] == (code != 4)
