"""Health, for the people and machines that run the service."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from app.deps import ReadsDep, answer
from app.problems import responses
from app.schemas.fields import Out
from app.services import health

router = APIRouter(tags=["health"])


class Alive(Out):
    """The process runs."""

    status: Literal["ok"]


class Ready(Out):
    """Whether the process can serve, and what it lacks."""

    status: Literal["ok", "not ready"]
    database: str
    migrations: str
    jobs: str


@router.get("/healthz", response_model=Alive)
async def alive() -> Response:
    """Tell that the process runs."""
    return answer({"status": "ok"})


@router.get(
    "/readyz",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Not ready", **responses("service-unavailable")[503]}},
)
async def ready(request: Request, reads: ReadsDep) -> Response:
    """Tell whether database, migrations and jobs are as they should be."""
    checks = await health.check(reads, request.app.state.migration)
    is_ready = all(state == "ok" for state in checks.values())
    return answer({"status": "ok" if is_ready else "not ready", **checks}, 200 if is_ready else 503)
