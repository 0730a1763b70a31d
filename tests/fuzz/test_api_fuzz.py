"""Whatever is drawn from the API's own description, the service neither breaks nor answers what it does not describe.

All of schemathesis's checks, for every operation that `/openapi.json` lists: one that is added is fuzzed by itself.
"""

import os
import re
import sys

import pytest

from service.app import framework

CASES = int(os.environ.get("FUZZ_CASES", "2000"))  # of each operation


def test_a_few_cases_of_each_operation_find_nothing(service, tmp_path):
    options = ("--phases", "examples,fuzzing", "--max-examples", "5", "--seed", "1")

    code, said = service.fuzz(*options, desk=tmp_path)

    assert code == 0, said
    assert _operations_of(said) == (_documented(), _documented())


@pytest.mark.campaign
@pytest.mark.timeout(7_200)
def test_thousands_of_cases_of_each_operation_find_nothing(whole_system, tmp_path):
    options = ("--phases", "examples,coverage,fuzzing", "--max-examples", str(CASES), "--continue-on-failure")

    code, said = whole_system.fuzz(*options, desk=tmp_path)

    sys.stdout.write(said[-3_000:])  # for whoever runs it with -s: how many cases there were
    assert code == 0, said
    assert _operations_of(said) == (_documented(), _documented())


@pytest.mark.campaign
@pytest.mark.timeout(7_200)
def test_scenarios_that_go_where_answers_lead_find_nothing(whole_system, tmp_path):
    generated = 0
    for seed in range(1, CASES // 100 + 1):  # schemathesis ends one by itself after a few dozen scenarios
        code, said = whole_system.fuzz("--phases", "stateful", "--seed", str(seed), desk=tmp_path)
        assert code == 0, said
        generated += int(re.search(r"(\d+) generated", said)[1])

    sys.stdout.write(f"{generated} cases in scenarios\n")
    assert generated >= CASES // 2


def _documented():
    return sum(len(operations) for operations in framework().openapi()["paths"].values())


def _operations_of(said):
    """Return how many operations were tested, and how many there are."""
    tested, total = re.search(r"Operations:\s+(\d+) selected / (\d+) total", said).groups()
    return int(tested), int(total)
