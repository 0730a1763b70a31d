"""Is it alive, and can it work?"""

from fastapi import APIRouter

from service.dependencies import DeskDependency
from service.described import raises
from service.problems import Problem, ProblemError
from service.store.revision import REVISION

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "ok"}


@router.get("/readyz", openapi_extra=raises(Problem.NOT_READY))
async def readyz(desk: DeskDependency) -> dict[str, str]:
    """Answer 200 if the database does too and has the schema that this code needs, else 503 with what is wrong."""
    found = await desk.reads.schema_revision()
    if found is None:
        raise ProblemError(Problem.NOT_READY, "The database has no schema; run `paystorm migrate`.")
    if found < REVISION:
        detail = f"The schema is at revision {found} and must be at {REVISION}; run `paystorm migrate`."
        raise ProblemError(Problem.NOT_READY, detail)
    return {"status": "ready"}
