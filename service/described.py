"""What a route says about itself for the API's description, beyond what FastAPI reads from its signature."""

from service.problems import Problem

RAISES = "x-problems"


type Extras = dict[str, object]


def raises(*problems: Problem) -> Extras:
    """Return, as an operation's extras, the problems that it answers with beside those of its kind of route."""
    return {RAISES: [problem.name for problem in problems]}


def leads_to(**links: dict[str, str]) -> Extras:
    """Return, as an operation's extras, which operations can be asked about what was accepted, and with which ids.

    `links` has the parameters by operation; a value says where in the answer's body the id is.
    """
    accepted = {
        operation: {
            "operationId": operation,
            "parameters": {name: f"$response.body#/{member}" for name, member in parameters.items()},
        }
        for operation, parameters in links.items()
    }
    return {"responses": {"202": {"links": accepted}}}
