"""Is it alive, and can it work?"""

from fastapi import APIRouter

from service.dependencies import DeskDependency

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(desk: DeskDependency) -> dict[str, str]:
    """Answer 200 if the database does too, else 503."""
    await desk.reads.ping()
    return {"status": "ready"}
