"""The kinds of problems: where the `type` of an error leads."""

from fastapi import APIRouter
from pydantic import BaseModel

from service.described import raises
from service.problems import HOME, Problem, ProblemError
from service.schemas import ListView

router = APIRouter(prefix=HOME, tags=["problems"])

BY_SLUG = {problem.slug: problem for problem in Problem}


class ProblemKind(BaseModel):
    """What is always so about a kind of problem."""

    type: str
    title: str
    status: int
    advice: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemKind":
        """Return the view of a kind."""
        return cls(type=problem.type, title=problem.title, status=int(problem.status), advice=problem.advice)


@router.get("")
async def list_problem_kinds() -> ListView[ProblemKind]:
    """Return every kind of problem that this API answers with."""
    return ListView(data=[ProblemKind.of(problem) for problem in Problem])


@router.get("/{slug}", openapi_extra=raises(Problem.PROBLEM_NOT_FOUND))
async def read_problem_kind(slug: str) -> ProblemKind:
    """Return what a problem's `type` stands for, and what to do about it."""
    if slug not in BY_SLUG:
        raise ProblemError(Problem.PROBLEM_NOT_FOUND)
    return ProblemKind.of(BY_SLUG[slug])
