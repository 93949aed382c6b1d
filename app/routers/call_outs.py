"""Call-outs: two people order, everybody answers, counts live."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from app.deps import (
    WRITE_PROBLEMS,
    BoardDep,
    CallerDep,
    PageDep,
    ReadsDep,
    SecretDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
    answer_unless_known,
)
from app.domain.caller import Role
from app.domain.errors import Problem
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.call_outs import (
    CalledOut,
    CallOutAnswerIn,
    CallOutCountsOut,
    CallOutIn,
    CallOutOut,
    CallOutRefusalIn,
    CallOutStatus,
    StandDownIn,
)
from app.schemas.fields import Page
from app.services.call_outs import answers, counts, ordering, people, standing

Responses = dict[int | str, dict[str, Any]]

router = APIRouter(prefix="/call-outs", tags=["call-outs"])
MOVE = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "not-allowed", "state-conflict")
MOVE_WITH_WORDS = responses(*MOVE, "malformed-json", "own-interest")
EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
STREAM: Responses = {200: {"content": {"text/event-stream": {"schema": EVENT}}}}
NOT_MODIFIED: Responses = {304: {"description": "The counts are those of the `ETag` that was sent"}}


@router.post(
    "",
    status_code=201,
    response_model=CallOutOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "area-unknown",
        "area-closed",
        "not-allowed",
        "call-out-nobody",
        "call-out-active",
    ),
)
async def order(form: CallOutIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Order a call-out or a drill, as staff of the area; somebody else of them has to confirm it."""
    call_out_id = await ordering.order(work.connection, caller, form)
    return work.answer(await standing.get(work.connection, caller, call_out_id), 201)


@router.get("", response_model=Page[CallOutOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_call_outs(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    status: CallOutStatus | None = None,
    *,
    is_drill: bool = False,
) -> Response:
    """List the call-outs of an area and all below it to their staff, newest first; drills stand in a list of theirs."""
    return answer(await standing.list_of_area(reads, caller, area_id, status, page, is_drill=is_drill))


@router.get("/{call_out_id}", response_model=CallOutOut, responses=responses("not-found", "invalid-payload"))
async def get_call_out(call_out_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get a call-out, as staff or as somebody who was called."""
    return answer(await standing.get(reads, caller, call_out_id))


@router.post(
    "/{call_out_id}/confirm",
    response_model=CallOutOut,
    responses=responses(*MOVE, "own-interest", "call-out-nobody"),
)
async def confirm(call_out_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Call everybody in the area, as somebody other than who ordered it."""
    await ordering.confirm(work.connection, caller, call_out_id)
    return work.answer(await standing.get(work.connection, caller, call_out_id))


@router.post("/{call_out_id}/refuse", response_model=CallOutOut, responses=MOVE_WITH_WORDS)
async def refuse(call_out_id: UUID, form: CallOutRefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Call nobody, as somebody other than who ordered it."""
    await ordering.refuse(work.connection, caller, call_out_id, form.reason)
    return work.answer(await standing.get(work.connection, caller, call_out_id))


@router.post("/{call_out_id}/withdraw", response_model=CallOutOut, responses=responses(*MOVE))
async def withdraw(call_out_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Take back an order of one's own that nobody has confirmed."""
    await ordering.withdraw(work.connection, caller, call_out_id)
    return work.answer(await standing.get(work.connection, caller, call_out_id))


@router.post("/{call_out_id}/stand-down", response_model=CallOutOut, responses=responses(*MOVE, "malformed-json"))
async def stand_down(call_out_id: UUID, form: StandDownIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End a call-out with a few words on it; those who were coming are told."""
    await ordering.stand_down(work.connection, caller, call_out_id, form.summary)
    return work.answer(await standing.get(work.connection, caller, call_out_id))


@router.put(
    "/{call_out_id}/answer",
    response_model=CallOutOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "call-out-over"),
)
async def answer_call(
    call_out_id: UUID, form: CallOutAnswerIn, caller: CallerDep, connection: TransactionDep
) -> Response:
    """Say whether one comes; until the stand-down another word takes the place of the one before."""
    await answers.answer(connection, caller, call_out_id, form)
    return answer(await standing.get(connection, caller, call_out_id))


@router.get(
    "/{call_out_id}/counts",
    response_model=CallOutCountsOut,
    responses=NOT_MODIFIED | responses("not-found", "not-allowed", "invalid-payload"),
)
async def count(
    call_out_id: UUID, caller: CallerDep, reads: ReadsDep, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Count who said what, in each grid of the caller's areas; to be asked again every few seconds with its `ETag`."""
    return answer_unless_known(answer(await counts.count(reads, caller, call_out_id)), if_none_match)


@router.get(
    "/{call_out_id}/events",
    response_class=StreamingResponse,
    responses=STREAM
    | responses(
        "not-found", "not-allowed", "state-conflict", "watchers-too-many", "service-unavailable", "invalid-payload"
    ),
)
async def watch(call_out_id: UUID, caller: CallerDep, reads: ReadsDep, board: BoardDep) -> Response:
    """Be told the counts as they change (server-sent events `counts`), until `over` or for ten minutes at a time."""
    row = await standing.find(reads, caller, call_out_id)
    standing.require_staff(row)
    if row["confirmed_at"] is None:
        raise Problem("state-conflict")
    board.require_room()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = board.watch(call_out_id, caller.scope(Role.STAFF))
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")


@router.get(
    "/{call_out_id}/people",
    response_model=Page[CalledOut],
    responses=responses("not-found", "not-allowed", "invalid-payload", "cursor-invalid"),
)
async def list_called(
    call_out_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    area_id: UUID | None = None,
    answer_given: Annotated[Literal["coming", "later", "cannot", "silent"] | None, Query(alias="answer")] = None,
    *,
    has_app: bool | None = None,
) -> Response:
    """List the people called to staff of their grids; those without the app are to be rung up."""
    return answer(
        await people.list_called(
            reads, secret, caller, call_out_id, page, area_id=area_id, answer=answer_given, has_app=has_app
        )
    )
