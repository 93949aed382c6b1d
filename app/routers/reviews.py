"""The review queue: what waits for people of staff and alliance to read it."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.core.settings import Settings
from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    LinksDep,
    PageDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.complaints import ReasonIn
from app.schemas.fields import Page
from app.schemas.reviews import DecidedReviewOut, ReviewKind, ReviewOut
from app.services.reviews import deciding, queue
from app.services.reviews.deciding import Desk

router = APIRouter(prefix="/reviews", tags=["reviews"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")


@router.get("", response_model=Page[ReviewOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_reviews(
    caller: CallerDep,
    reads: ReadsDep,
    links: LinksDep,
    page: PageDep,
    secret: SecretDep,
    area_id: UUID | None = None,
    kind: ReviewKind | None = None,
) -> Response:
    """List what waits for people in the caller's areas, oldest first, with all it takes to decide."""
    return answer(await queue.list_waiting(reads, links, secret, caller, area_id, kind, page))


@router.post("/{review_id}/pass", response_model=DecidedReviewOut, responses=responses(*DECISION_PROBLEMS))
async def pass_review(
    review_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep, settings: SettingsDep
) -> Response:
    """Let words through: what they are of goes on as if it had been let through there; nobody passes their own."""
    return work.answer(await deciding.decide(work.connection, _desk(caller, secret, settings), review_id, "pass"))


@router.post(
    "/{review_id}/reject",
    response_model=DecidedReviewOut,
    responses=responses(*DECISION_PROBLEMS, *JSON_BODY_PROBLEMS, "service-unavailable"),
)
async def reject_review(
    review_id: UUID,
    form: ReasonIn,
    caller: CallerDep,
    work: UnitOfWorkDep,
    secret: SecretDep,
    settings: SettingsDep,
) -> Response:
    """Turn words down with a reason; what was public until now is taken off."""
    desk = _desk(caller, secret, settings)
    return work.answer(await deciding.decide(work.connection, desk, review_id, "reject", form.reason))


def _desk(caller: Caller, secret: str, settings: Settings) -> Desk:
    return Desk(caller, secret, settings.wish_reward_points, settings.series_weeks)
