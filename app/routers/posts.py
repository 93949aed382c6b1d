"""Posts: duties in areas, who holds them, and what waits there."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.domain.kinds import PostQueue
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.schemas.posts import (
    AppointIn,
    HoldingOut,
    PostDetailOut,
    PostEditIn,
    PostForStaffOut,
    PostIn,
    PostOut,
    QueueItemOut,
)
from app.services import post_queues, posts

router = APIRouter(prefix="/posts", tags=["posts"])
View = PostDetailOut | PostOut
LISTED = ("invalid-payload", "cursor-invalid")
CHANGE = (*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "not-allowed", "post-closed")


@router.post(
    "",
    status_code=201,
    response_model=PostDetailOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "area-closed", "not-allowed", "post-name-taken"
    ),
)
async def create_post(form: PostIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Make a post, as staff; one with a role, as administrator."""
    post_id = await posts.create(work.connection, caller, form)
    return work.answer(await posts.get(work.connection, secret, caller, post_id), 201)


@router.get("", response_model=Page[PostForStaffOut | PostOut], responses=responses(*LISTED))
async def list_posts(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    *,
    is_vacant: bool = False,
    include_closed: bool = False,
) -> Response:
    """List the posts of an area and all below it; staff are told who holds them."""
    listed = await posts.list_of_area(
        reads, secret, caller, area_id, is_vacant=is_vacant, include_closed=include_closed, request=page
    )
    return answer(listed)


@router.get("/{post_id}", response_model=View, responses=responses("not-found", "invalid-payload"))
async def get_post(post_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get a post; as staff, with its holder and who works on its queues at present."""
    return answer(await posts.get(reads, secret, caller, post_id))


@router.put(
    "/{post_id}",
    response_model=PostDetailOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "not-allowed", "post-closed", "post-held", "post-name-taken"),
)
async def edit_post(
    post_id: UUID, form: PostEditIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep
) -> Response:
    """Change what a post is; its role only while nobody holds it."""
    await posts.edit(connection, caller, post_id, form)
    return answer(await posts.get(connection, secret, caller, post_id))


@router.post(
    "/{post_id}/appoint",
    response_model=PostDetailOut,
    responses=responses(*CHANGE, "own-interest", "post-holder-same", "user-unknown"),
)
async def appoint(
    post_id: UUID, form: AppointIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Put somebody on a post; whoever was there hands it over."""
    await posts.appoint(work.connection, secret, caller, post_id, form)
    return await _answer(post_id, caller, work, secret)


@router.post("/{post_id}/vacate", response_model=PostDetailOut, responses=responses(*CHANGE, "post-vacant"))
async def vacate(post_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Take the holder off a post; its queues fall to the post above."""
    await posts.vacate(work.connection, caller, post_id, form.reason)
    return await _answer(post_id, caller, work, secret)


@router.post(
    "/{post_id}/close",
    response_model=PostDetailOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", "not-found", "not-allowed", "post-closed", "post-held"),
)
async def close_post(post_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Do away with a vacant post."""
    await posts.close(work.connection, caller, post_id)
    return await _answer(post_id, caller, work, secret)


@router.get(
    "/{post_id}/holdings", response_model=Page[HoldingOut], responses=responses("not-found", "not-allowed", *LISTED)
)
async def list_holdings(
    post_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep
) -> Response:
    """List who held a post when, newest first, as staff."""
    return answer(await posts.list_holdings(reads, secret, caller, post_id, page))


@router.get(
    "/{post_id}/queue", response_model=Page[QueueItemOut], responses=responses("not-found", "not-allowed", *LISTED)
)
async def list_queue(
    post_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, queue: PostQueue = PostQueue.COMPLAINTS
) -> Response:
    """List what waits for the holder of a post: what is due first, or the oldest first."""
    return answer(await post_queues.list_queue(reads, caller, post_id, queue, page))


async def _answer(post_id: UUID, caller: Caller, work: UnitOfWork, secret: str) -> Response:
    return work.answer(await posts.get(work.connection, secret, caller, post_id))
