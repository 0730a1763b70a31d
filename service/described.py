"""What a route says about itself for the API's description, beyond what FastAPI reads from its signature."""

from service.problems import Problem

RAISES = "x-problems"


def raises(*problems: Problem) -> dict[str, object]:
    """Return, as an operation's extras, the problems that it answers with beside those of its kind of route."""
    return {RAISES: [problem.name for problem in problems]}
