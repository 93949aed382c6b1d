"""The caller's messages: the inbox of the app."""

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.messages import MessageOut, ReadIn, UnreadOut
from app.services import messages

router = APIRouter(prefix="/me/messages", tags=["messages"])


@router.get("", response_model=Page[MessageOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_messages(caller: CallerDep, reads: ReadsDep, page: PageDep, *, unread: bool = False) -> Response:
    """List what the caller was told, newest first."""
    return answer(await messages.list_own(reads, caller, page, unread=unread))


@router.get("/unread", response_model=UnreadOut)
async def count_unread(caller: CallerDep, reads: ReadsDep) -> Response:
    """Count what the caller has not read."""
    return answer(await messages.count_unread(reads, caller))


@router.post("/read", response_model=UnreadOut, responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS))
async def read(form: ReadIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Say that messages were read; what is not the caller's is left alone."""
    return work.answer(await messages.read(work.connection, caller, form.message_ids, form.up_to_id))
