"""Tags of tasks, and what was done under them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.deps import WRITE_PROBLEMS, CallerDep, MaybeCallerDep, ReadsDep, TransactionDep, UnitOfWorkDep, answer
from app.domain import months
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.settlements import Month
from app.schemas.task_tags import TagCountsOut, TagEditIn, TagIn, TagOut, TagsOut
from app.services import task_tags

router = APIRouter(prefix="/task-tags", tags=["tasks"])


@router.get("", response_model=TagsOut)
async def list_tags(caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """List the tags of tasks; those that are not active are chosen no more."""
    return answer(await task_tags.list_all(reads, caller))


@router.post(
    "",
    status_code=201,
    response_model=TagOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "tag-code-taken", "tag-name-taken", "tag-limit-reached"
    ),
)
async def add_tag(form: TagIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Add a tag to a group of the district's own, for whoever administers a whole district."""
    return work.answer(await task_tags.add(work.connection, caller, form), 201)


@router.get("/counts", response_model=TagCountsOut, responses=responses("not-allowed", "invalid-payload"))
async def count_services(area_id: UUID, month: Month, caller: CallerDep, reads: ReadsDep) -> Response:
    """Count the services of an area, and of all below it, that were verified in a month, by tag; for its staff."""
    return answer(await task_tags.count(reads, caller, area_id, months.read(month)))


@router.put(
    "/{tag_code}",
    response_model=TagOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-allowed", "not-found", "tag-name-taken"),
)
async def change_tag(
    tag_code: Annotated[str, Path(max_length=32)], form: TagEditIn, caller: CallerDep, connection: TransactionDep
) -> Response:
    """Change a tag, for whoever administers a whole district; tasks that carry it keep it."""
    return answer(await task_tags.change(connection, caller, tag_code, form))
