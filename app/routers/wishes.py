"""Wishes."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SettingsDep,
    TermsDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
    links_of,
)
from app.domain.caller import Caller
from app.domain.kinds import WishCategory
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.schemas.wishes import WishCardOut, WishConfirmIn, WishForPartiesOut, WishIn, WishOut, WishStatus
from app.services import wish_views, wishes

router = APIRouter(prefix="/wishes", tags=["wishes"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")
DECISION = responses(*DECISION_PROBLEMS)
DECISION_WITH_WORDS = responses(*DECISION_PROBLEMS, "malformed-json")


async def _tell(work: UnitOfWork, caller: Caller, wish_id: UUID, status: int = 200) -> Response:
    return work.answer(await wish_views.get(work.connection, work.links, caller, wish_id), status)


@router.post(
    "",
    status_code=201,
    response_model=WishForPartiesOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "area-closed", "area-not-a-home", "media-unknown"
    ),
)
async def post(form: WishIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Post a wish. Nobody else sees it before its content check has passed."""
    return await _tell(work, caller, await wishes.post(work.connection, caller, form), 201)


@router.get(
    "", response_model=Page[WishCardOut], responses=responses("not-allowed", "invalid-payload", "cursor-invalid")
)
async def list_wishes(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    request: Request,
    page: PageDep,
    status: WishStatus = "published",
    category: WishCategory | None = None,
) -> Response:
    """List the wishes of an area and all below it, newest first; what is not public, to its staff alone.

    `cover` is the first picture that has passed.
    """
    return answer(await wish_views.list_of_area(reads, links_of(request), caller, area_id, status, category, page))


@router.get(
    "/{wish_id}",
    response_model=WishForPartiesOut | WishOut,
    responses=responses("not-found", "invalid-payload"),
)
async def get_wish(wish_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, request: Request) -> Response:
    """Get one wish; its author, its helper and staff also get delivery, rating and history."""
    return answer(await wish_views.get(reads, links_of(request), caller, wish_id))


@router.post("/{wish_id}/approve", response_model=WishForPartiesOut, responses=DECISION)
async def approve(wish_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Publish a reviewed wish; its task opens with it."""
    await wishes.approve(work.connection, caller, wish_id, settings.wish_reward_points)
    return await _tell(work, caller, wish_id)


@router.post(
    "/{wish_id}/reject",
    response_model=WishForPartiesOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "service-unavailable"),
)
async def reject(wish_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Reject a wish under review or a published one, with a reason; whoever claimed it and has not begun is freed.

    Once there is work in it, its words are hidden from all others instead, and the work goes on.
    """
    await wishes.reject(work.connection, caller, wish_id, form.reason)
    return await _tell(work, caller, wish_id)


@router.post("/{wish_id}/withdraw", response_model=WishForPartiesOut, responses=DECISION)
async def withdraw(wish_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Take one's wish back while nobody works on it."""
    await wishes.withdraw(work.connection, caller, wish_id)
    return await _tell(work, caller, wish_id)


@router.post("/{wish_id}/confirm", response_model=WishForPartiesOut, responses=DECISION_WITH_WORDS)
async def confirm(
    wish_id: UUID, form: WishConfirmIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep
) -> Response:
    """Confirm the delivery with a rating; the helper gets the points at once. After a part, the wish is open again."""
    await wishes.confirm(work.connection, terms, caller, wish_id, rating=form.rating, thanks=form.thanks)
    return await _tell(work, caller, wish_id)


@router.post("/{wish_id}/dispute", response_model=WishForPartiesOut, responses=DECISION_WITH_WORDS)
async def dispute(wish_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Say that the delivery is not what was promised; staff decide."""
    await wishes.dispute(work.connection, caller, wish_id, form.reason)
    return await _tell(work, caller, wish_id)
