"""Calling helpers for a complaint: it gets a task that members and volunteers claim; the answer is its staff's."""

from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.core.queue import order
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import TaskKind
from app.domain.lifecycles import COMPLAINT
from app.domain.shielding import mask_text
from app.models import Task
from app.schemas.complaints import CallIn
from app.services import policies, posted_tasks, take_downs, tasks, transitions
from app.services.complaints import standing
from app.services.transitions import Mover

FIND_LIVE = "SELECT id FROM task WHERE complaint_id = $1 AND status IN ('draft', 'open')"
FIND_SHOWN = "SELECT id FROM task WHERE complaint_id = $1 AND status IN ('draft', 'open', 'closed') ORDER BY id"
FIND_TITLE = "SELECT title FROM complaint WHERE id = $1"


async def call(
    connection: Connection, secret: str, caller: Caller, complaint_id: UUID, form: CallIn, base_points: int
) -> None:
    """Make a task of an accepted complaint. Words of the caller's own are checked before others see them (I10).

    The task promises what the policy of the grid now says for complaints, ``base_points`` where none does. Raises
    ``complaint-confidential`` and ``helpers-called``.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "call_helpers")
    if row["is_confidential"]:
        raise Problem("complaint-confidential")
    if await connection.fetchval(FIND_LIVE, complaint_id) is not None:
        raise Problem("helpers-called")
    promise = await policies.promise(connection, row["area_id"], TaskKind.COMPLAINT, base_points)
    has_own_words = form.title is not None or form.body is not None
    task = Task(
        id=new_id(),
        kind=TaskKind.COMPLAINT,
        complaint_id=complaint_id,
        area_id=row["area_id"],
        author_id=caller.id,
        title=mask_text(form.title) if form.title else await connection.fetchval(FIND_TITLE, complaint_id),
        body=form.body and mask_text(form.body),
        status="draft" if has_own_words else "open",
        seats=form.seats,
        reward_points=promise.points,
        hourly_points=promise.points_per_hour,
    )
    await tasks.make(connection, task, mover)
    if has_own_words:
        await order(connection, posted_tasks.CHECK_TASK, task.id)
    facts = {"task_id": task.id, "seats": form.seats}
    await transitions.move(connection, COMPLAINT, complaint_id, "call_helpers", mover, facts=facts)


async def end(connection: Connection, complaint_id: UUID) -> None:
    """Call for nobody else, since the locked complaint has ended. Locks its task."""
    task_id = await connection.fetchval(FIND_LIVE, complaint_id)
    if task_id is not None:
        await posted_tasks.wind_up(connection, task_id, transitions.SYSTEM)


async def withhold(connection: Connection, complaint_id: UUID, mover: Mover, note: str) -> None:
    """Let nobody read the tasks of a locked complaint, which may say what it says, but those at work on them.

    They go on. Locks the tasks in the order of ids.
    """
    for row in await connection.fetch(FIND_SHOWN, complaint_id):
        await take_downs.withhold(connection, row["id"], mover, note)
