"""docs/problems.md says what each kind of error means; it is made from them. After a change of `service/problems.py`:

python tests/docs/test_problem_list.py
"""

import re
from pathlib import Path

import pytest

from service.problems import Problem

LIST = Path(__file__).parents[2] / "docs/problems.md"
HEAD = """\
# Problems

Every answer that is an error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, and what is
particular about it. Compare the `type`: it never changes, while words may. It is a reference to the service itself, of
which `GET /problems/<name>` tells the same as this page. What cannot be read as HTTP at all is answered by the server
below, in plain text.

This is made from `service/problems.py`; a test compares the two.
"""


def document() -> str:
    """The document."""
    return HEAD + "".join(section(problem) for problem in sorted(Problem, key=lambda one: (one.status, one.slug)))


def section(problem: Problem) -> str:
    return f"\n## {problem.slug}\n\n`{problem.type}`, {int(problem.status)}: {problem.title}.\n\n{problem.advice}\n"


def test_the_list_is_what_the_problems_are():
    assert LIST.read_text() == document(), "make it anew with `python tests/docs/test_problem_list.py`"


@pytest.mark.parametrize("problem", Problem, ids=lambda problem: problem.slug)
def test_every_problem_has_a_name_for_ever_and_says_what_to_do(problem):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", problem.slug)
    assert problem.title[0].isupper()
    assert len(problem.advice) > 20
    assert len({one.slug for one in Problem}) == len(Problem)


if __name__ == "__main__":
    LIST.write_text(document())
