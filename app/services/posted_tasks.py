"""Tasks that staff post for their areas: activities, patrols, pairings, from draft to end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.core.queue import order
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart, TaskKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import PUBLIC_TASK_STATES, TASK
from app.domain.message_kinds import MessageKind
from app.domain.shielding import mask_text
from app.domain.texts import DRILL_TITLE, EMERGENCY_TASKS, TOO_FEW
from app.models import Task
from app.schemas.tasks import EmergencyTaskIn, PostedIn, TaskEditIn, TaskIn
from app.services import fulfilment, messages, policies, task_tags, task_words, transitions, users, waiting
from app.services.complaints import standing
from app.services.content_checks import asking, writers
from app.services.limits import Terms
from app.services.orders import parts as order_parts
from app.services.places import Places
from app.services.pledges.seats import PEOPLE_SQL
from app.services.transitions import Mover

CHECK_TASK = "check_task"

LOCK_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR KEY SHARE"
IS_BELOW = "SELECT lineage @> ARRAY[$2::uuid] FROM area WHERE id = $1"
FIND = """
    SELECT t.kind, t.status, t.series_id, t.complaint_id, t.wish_id, t.errand_id, t.area_id,
        a.lineage && $2::uuid[] AS in_scope
    FROM task t JOIN area a ON a.id = t.area_id WHERE t.id = $1
"""
IS_OWN = f"""
    SELECT $2 IN (t.author_id, {writers.of_task("t.id")}) FROM task t
    WHERE t.id = $1 AND t.status = 'draft' AND t.passed_at IS NULL
"""
LOCK_DRAFT = "SELECT list_id FROM task WHERE id = $1 AND status = 'draft' FOR UPDATE"
IS_DRAFT_LIST = "SELECT status = 'draft' FROM task_list WHERE id = $1"
IS_UNCLAIMED = "x.seats_taken = 0"
PEOPLE = PEOPLE_SQL.format(task="x")
LOCK_TASK = "SELECT FROM task WHERE id = $1 FOR NO KEY UPDATE"
FIND_OVER = "SELECT id FROM task WHERE status = 'open' AND claim_until <= $1 ORDER BY claim_until LIMIT 500"
FIND_OF_CALL_OUT = "SELECT id FROM task WHERE call_out_id = $1 AND status IN ('draft', 'open') ORDER BY id"
FIND_CLAIMANTS = """
    SELECT DISTINCT user_id FROM claim WHERE task_id = ANY($1) AND status IN ('active', 'returned') ORDER BY user_id
"""
# What the task is for ends by its own verb.
FIND_CLAIMS = """
    SELECT NULL::uuid AS wish_id, t.complaint_id, t.id AS task_id, c.id AS claim_id, c.user_id AS claimant_id
    FROM claim c JOIN task t ON t.id = c.task_id
    WHERE t.id = $1 AND c.status IN ('active', 'returned') AND {which} ORDER BY c.id
"""


async def post(connection: Connection, index: Places, caller: Caller, form: TaskIn, base_points: int) -> UUID:
    """Post a task for an area; return its id. Nobody else sees it before its words are checked (I10).

    The task promises what the policy of the area now says for its kind, ``base_points`` where none does. Locks the
    part in an order that it is for, then the area's row. Raises ``order-part-unfit``, ``area-unknown``, ``not-allowed``
    where the caller is not staff, ``task-in-the-past``, ``task-outside-area``, and by the database ``area-closed``.
    """
    if form.order_part_id is not None:
        await order_parts.hold(connection, caller, form.order_part_id, form.area_id)
    area = await connection.fetchrow(LOCK_AREA, form.area_id, caller.scope(Role.STAFF))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    belongs = {"order_part_id": form.order_part_id}
    return await draft(connection, index, caller, form.area_id, form.kind, form, base_points, **belongs)


async def draft(
    connection: Connection,
    index: Places,
    caller: Caller,
    area_id: UUID,
    kind: TaskKind,
    form: TaskEditIn,
    base_points: int,
    **belongs: Any,
) -> UUID:
    """Store a task that staff may post there, with what it ``belongs`` to, and order its check; return its id."""
    moment = now()
    promise = await policies.promise(connection, area_id, kind, base_points)
    task = Task(
        id=new_id(),
        kind=kind,
        area_id=area_id,
        author_id=caller.id,
        reward_points=promise.points,
        hourly_points=promise.points_per_hour,
        **await _fields(connection, index, area_id, form, moment),
        **belongs,
    )
    await insert(connection, task)
    await transitions.log_creation(connection, TASK, task.id, Mover(Party.STAFF, caller.id))
    await task_words.note(connection, task.id, task.title, task.body, task.place, *task.skills)
    await _ask(connection, task.id, Mover(Party.STAFF, caller.id))
    return task.id


async def post_for(
    connection: Connection, index: Places, caller: Caller, call_out: Record, form: EmergencyTaskIn, base_points: int
) -> UUID:
    """Post a task of a call-out whose row is locked; return its id.

    It is open at once as long as its words are those of the catalogue, which nobody has to check; with words of staff's
    own it waits for the check as others do (I10).

    A drill's earns nothing. Raises ``area-unknown``, ``task-outside-area`` for an area or a place elsewhere, and by the
    database ``area-closed``.
    """
    if not await connection.fetchval(IS_BELOW, form.area_id, call_out["area_id"]):
        raise Problem("task-outside-area")
    moment = now()
    promise = await policies.promise(connection, form.area_id, TaskKind.EMERGENCY, base_points)
    title = EMERGENCY_TASKS[form.work]
    told = TaskEditIn(title=title, **form.model_dump(exclude={"area_id", "work"}))
    fields = await _fields(connection, index, form.area_id, told, moment)
    if call_out["is_drill"]:
        fields["title"] = DRILL_TITLE.format(title=title)
    has_words = form.body is not None or form.place is not None or bool(form.skills)
    task = Task(
        id=new_id(),
        kind=TaskKind.EMERGENCY,
        call_out_id=call_out["id"],
        is_drill=call_out["is_drill"],
        area_id=form.area_id,
        author_id=caller.id,
        reward_points=0 if call_out["is_drill"] else promise.points,
        hourly_points=0 if call_out["is_drill"] else promise.points_per_hour,
        **fields,
    )
    await insert(connection, task)
    await task_words.note(connection, task.id, task.title, task.body, task.place, *task.skills)
    mover = Mover(Party.STAFF, caller.id)
    await transitions.log_creation(connection, TASK, task.id, mover)
    if has_words:
        await _ask(connection, task.id, mover)
    else:
        await transitions.move(connection, TASK, task.id, "open", mover)
    return task.id


async def edit(connection: Connection, index: Places, caller: Caller, task_id: UUID, form: TaskEditIn) -> None:
    """Say everything of a posted task anew, while nobody has claimed it; its words are checked again.

    One of a series does not follow the series from then on.

    Raises ``not-found``, ``not-allowed``, ``task-claimed``, ``task-in-the-past``, ``task-outside-area``, and
    ``state-conflict`` once it has ended.
    """
    row = await _find_posted(connection, caller, task_id)
    changes = await _fields(connection, index, row["area_id"], form, now())
    changes |= {"is_detached": row["series_id"] is not None, "passed_at": None}
    mover = Mover(Party.STAFF, caller.id)
    edited = await transitions.find_and_move(
        connection, TASK, task_id, "edit", mover, changes=changes, where=IS_UNCLAIMED
    )
    if edited is None:
        raise Problem("task-claimed" if row["status"] in {"draft", "open"} else "state-conflict")
    await task_words.note(connection, task_id, edited["title"], edited["body"], edited["place"], *edited["skills"])
    await _ask(connection, task_id, mover)


async def open_task(connection: Connection, secret: str, caller: Caller, task_id: UUID) -> None:
    """Let a task be claimed whose words the content check left to people; see ``let_in`` for an item of a list.

    Not one's own words, nor a task of one's own (I2): every draft waits for its check. Locks the complaint that it is
    for, then the task. Raises ``not-found``, ``not-allowed``, ``own-interest``, ``state-conflict``.
    """
    mover = await permit(connection, secret, caller, task_id)
    await connection.execute(LOCK_TASK, task_id)
    if await connection.fetchval(IS_OWN, task_id, caller.id):
        raise Problem("own-interest")
    if not await let_in(connection, task_id, mover):
        raise Problem("state-conflict")


async def let_in(connection: Connection, task_id: UUID, mover: Mover) -> bool:
    """Open a draft whose words have passed; an item of a list that is a draft too waits for its publication.

    Whoever publishes a list locks its items after it: so what the list is stays true until this transaction ends, or
    the item that it opens was let in before. Returns whether it was a draft that had not passed. Locks the task.
    """
    list_id = await connection.fetchval(LOCK_DRAFT, task_id)
    if list_id is not None and await connection.fetchval(IS_DRAFT_LIST, list_id):
        changes, where = {"passed_at": now()}, "x.passed_at IS NULL"
        moved = await transitions.find_and_move(connection, TASK, task_id, "pass", mover, changes=changes, where=where)
    else:
        moved = await transitions.find_and_move(connection, TASK, task_id, "open", mover)
    return moved is not None


async def add_seats(connection: Connection, terms: Terms, caller: Caller, task_id: UUID, seats: int) -> None:
    """Let ``seats`` people claim an open task, more than before; whoever waits has the new seats first.

    Raises as ``open_task`` does, ``state-conflict`` when the task is not open, ``seats-not-more``. Locks the complaint
    that it is for, then the task.
    """
    mover = await permit(connection, terms.secret, caller, task_id)
    changes, where = {"seats": seats}, f"x.seats < {seats:d}"
    if not await transitions.find_and_move(
        connection, TASK, task_id, "add_seats", mover, changes=changes, facts=changes, where=where
    ):
        status = await connection.fetchval("SELECT status FROM task WHERE id = $1", task_id)
        raise Problem("seats-not-more" if status == "open" else "state-conflict")
    await waiting.move_up(connection, terms, task_id)


async def close_task(connection: Connection, secret: str, caller: Caller, task_id: UUID) -> None:
    """Call for nobody else. Raises as ``open_task`` does, ``state-conflict`` when the task has ended."""
    if not await wind_up(connection, task_id, await permit(connection, secret, caller, task_id)):
        raise Problem("state-conflict")


async def cancel(connection: Connection, caller: Caller, task_id: UUID, reason: str) -> None:
    """Call a posted task off, under those who claimed it too; what was delivered can still be verified.

    One that is closed is read by nobody else any more, and those at work on it go on. Raises ``not-found``,
    ``not-allowed``, ``state-conflict`` for one that was called off.
    """
    await _find_posted(connection, caller, task_id)
    mover = Mover(Party.STAFF, caller.id)
    if await call_off(connection, task_id, mover, reason) is not None:
        return
    if await waiting.end_task(connection, task_id, "take_down", mover, note=reason) is None:
        raise Problem("state-conflict")


async def end(connection: Connection, task_id: UUID) -> None:
    """End a task that nobody can claim any more: cancelled when fewer claimed it than it needs, else closed."""
    if not await call_off(connection, task_id, transitions.SYSTEM, TOO_FEW, where=f"{PEOPLE} < x.min_people"):
        await waiting.end_task(connection, task_id, "close", transitions.SYSTEM)


async def find_over(connection: Connection, moment: datetime) -> list[UUID]:
    """Return open tasks that nobody can claim any more at ``moment``."""
    return [row["id"] for row in await connection.fetch(FIND_OVER, moment)]


async def permit(connection: Connection, secret: str, caller: Caller, task_id: UUID) -> Mover:
    """Return the caller as one of the staff of a task: of its area, or of the complaint it is for, which is locked.

    The task of a wish or an errand opens and ends with that: nobody may for it. Raises ``not-found``,
    ``not-allowed`` and ``own-interest``.
    """
    row = await _find(connection, caller, task_id)
    if row["complaint_id"] is not None:
        return standing.require_staff(await standing.get(connection, secret, caller, row["complaint_id"]), caller)
    return _require_posted(row, caller)


async def wind_up(connection: Connection, task_id: UUID, mover: Mover) -> bool:
    """Cancel a task that nobody has claimed; close another: who works on it goes on. Return whether it was live.

    Seats for which a group has named nobody yet are nobody's. Locks the task.
    """
    await connection.execute(LOCK_TASK, task_id)
    return (
        await waiting.end_task(connection, task_id, "cancel", mover, where=f"{PEOPLE} = 0")
        or await waiting.end_task(connection, task_id, "close", mover)
    ) is not None


async def wind_up_call_out(connection: Connection, call_out_id: UUID, mover: Mover) -> None:
    """Call for nobody else to the tasks of a call-out that is over. Locks them in the order of ids."""
    for row in await connection.fetch(FIND_OF_CALL_OUT, call_out_id):
        await wind_up(connection, row["id"], mover)


async def call_off(
    connection: Connection, task_id: UUID, mover: Mover, note: str, *, where: str = "true", which: str = "true"
) -> Record | None:
    """Cancel a task and free whoever claimed it and has not delivered, and whoever waits.

    ``which`` says of whose claims alone (alias ``c``).

    Locks the rows of those who claimed it, the task's, the places in line, the claims'.

    Raises ``service-unavailable`` when somebody claimed it between the first lock and the second: it is to be tried
    again.
    """
    claimants = await list_claimants(connection, task_id)
    await users.lock(connection, claimants)
    await connection.execute(LOCK_TASK, task_id)
    cancelled = await waiting.end_task(connection, task_id, "cancel", mover, note=note, where=where)
    if cancelled is None:
        return None
    if not set(await list_claimants(connection, task_id)) <= set(claimants):
        raise Problem("service-unavailable")
    for row in await connection.fetch(FIND_CLAIMS.format(which=which), task_id):
        await fulfilment.free(connection, fulfilment.of(row), "call_off", mover, note)
        await messages.tell(connection, [row["claimant_id"]], MessageKind.CLAIM_CALLED_OFF, row["claim_id"])
    return cancelled


async def list_claimants(connection: Connection, *task_ids: UUID) -> list[UUID]:
    """Return who has claimed one of these tasks and not delivered, in the order in which they are locked."""
    return [row["user_id"] for row in await connection.fetch(FIND_CLAIMANTS, task_ids)]


async def _ask(connection: Connection, task_id: UUID, mover: Mover) -> None:
    await asking.ask(connection, TASK.subject, task_id, CheckedPart.WORDS, mover)
    await order(connection, CHECK_TASK, task_id)


async def _find(connection: Connection, caller: Caller, task_id: UUID) -> Record:
    row = await connection.fetchrow(FIND, task_id, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("not-found")
    return row


async def _find_posted(connection: Connection, caller: Caller, task_id: UUID) -> Record:
    """Return a posted task that the caller may change. Raises ``not-found`` and ``not-allowed``."""
    row = await _find(connection, caller, task_id)
    _require_posted(row, caller)
    return row


def _require_posted(row: Record, caller: Caller) -> Mover:
    is_seen = row["in_scope"] or row["status"] in PUBLIC_TASK_STATES
    is_posted = row["wish_id"] is None and row["complaint_id"] is None and row["errand_id"] is None
    if not (is_posted and row["in_scope"]):
        raise Problem("not-allowed" if is_seen else "not-found")
    return Mover(Party.STAFF, caller.id)


async def _fields(
    connection: Connection, index: Places, area_id: UUID, form: TaskEditIn, moment: datetime
) -> dict[str, Any]:
    """Return the columns that a form fills.

    Raises ``task-in-the-past``, ``groups-until-late`` and ``task-outside-area``.
    """
    claim_until = form.claim_until or (form.starts_at if form.min_people > 1 else form.ends_at)
    if any(when is not None and when <= moment for when in (form.ends_at, claim_until, form.groups_until)):
        raise Problem("task-in-the-past")
    if form.groups_until is not None and claim_until is not None and form.groups_until > claim_until:
        raise Problem("groups-until-late")
    return {
        **await work_fields(connection, index, area_id, form),
        "starts_at": form.starts_at,
        "ends_at": form.ends_at,
        "claim_until": claim_until,
        "groups_until": form.groups_until,
    }


async def work_fields(connection: Connection, index: Places, area_id: UUID, form: PostedIn) -> dict[str, Any]:
    """Return the columns of posted work that a form fills, numbers of people masked.

    Raises ``task-outside-area`` and ``tag-unknown``.
    """
    await task_tags.require_active(connection, form.tags)
    place = form.location
    if place is not None:
        grid_id = await index.locate(connection, float(place.longitude), float(place.latitude))
        if not await connection.fetchval(IS_BELOW, grid_id, area_id):
            raise Problem("task-outside-area")
    return {
        "title": mask_text(form.title),
        "body": form.body and mask_text(form.body),
        "seats": form.seats,
        "min_people": form.min_people,
        "minutes": form.minutes,
        "skills": form.skills,
        "tags": form.tags,
        "place": form.place and mask_text(form.place),
        "longitude": place and place.longitude,
        "latitude": place and place.latitude,
    }
