"""Wishes: posting, reviewing, withdrawing, and the resident's word on a delivery."""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.ids import new_id
from app.core.queue import order
from app.core.sql import quoted
from app.domain.caller import Caller, Role, parties_to_service
from app.domain.errors import Problem
from app.domain.kinds import CheckedPart, PictureOf, TaskKind, WishCategory
from app.domain.lifecycle import Party
from app.domain.lifecycles import WISH
from app.domain.message_kinds import MessageKind
from app.models import Task
from app.schemas.wishes import WishIn
from app.services import fulfilment, messages, policies, take_downs, task_tags, tasks, transitions, waiting
from app.services.content_checks import asking
from app.services.limits import Terms
from app.services.media import attaching
from app.services.transitions import Mover

CHECK_WISH = "check_wish"

INSERT = """
    WITH posted AS (
        INSERT INTO wish (id, author_id, area_id, category, title, body, status)
        SELECT $1, $2, a.id, $4, $5, $6, $7 FROM area a WHERE a.id = $3 AND a.kind IN ('grid', 'post')
        RETURNING id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party)
    SELECT $8, 'wish', id, 'create', $7, $2, 'author' FROM posted
    RETURNING true
"""
STATES_WITH_WORK = ("delivered", "disputed", "fulfilled")
FIND = f"""
    SELECT w.id AS wish_id, w.author_id, w.status, w.hidden_at, a.lineage && $2::uuid[] AS in_scope, t.id AS task_id,
        t.complaint_id, c.id AS claim_id, c.user_id AS claimant_id,
        w.status IN ({quoted(STATES_WITH_WORK)}) OR w.status = 'claimed' AND (
            c.status = 'returned' OR EXISTS (SELECT FROM attendance h WHERE h.id = c.id)
        ) AS has_work
    FROM wish w JOIN area a ON a.id = w.area_id
    LEFT JOIN task t ON t.wish_id = w.id
    LEFT JOIN claim c ON c.task_id = t.id AND c.status IN ('active', 'submitted', 'returned')
    WHERE w.id = $1
"""
IS_FREE = """NOT EXISTS (
    SELECT FROM claim c JOIN task t ON t.id = c.task_id
    WHERE t.wish_id = x.id AND c.status IN ('active', 'submitted', 'returned')
)"""
HIDE = f"""
    UPDATE wish SET hidden_at = $2
    WHERE id = $1 AND hidden_at IS NULL AND status IN ('claimed', {quoted(STATES_WITH_WORK)})
    RETURNING author_id, title, status
"""
FIND_UNCLAIMED = "SELECT id FROM wish WHERE status = 'published' AND published_at < $1 ORDER BY published_at LIMIT 500"


async def post(connection: Connection, caller: Caller, form: WishIn) -> UUID:
    """Post a wish; return its id. Nobody else sees it before its content check has passed (I10).

    Raises ``area-unknown``, ``area-not-a-home``, ``media-unknown``.
    """
    wish_id = new_id()
    posted = await connection.fetchval(
        INSERT, wish_id, caller.id, form.area_id, form.category, form.title, form.body, WISH.initial, new_id()
    )
    if posted is None:
        known = await connection.fetchval("SELECT true FROM area WHERE id = $1", form.area_id)
        raise Problem("area-not-a-home" if known else "area-unknown")
    await attaching.attach(connection, caller, PictureOf.WISH, wish_id, form.picture_ids)
    await order(connection, CHECK_WISH, wish_id)
    return wish_id


async def approve(connection: Connection, caller: Caller, wish_id: UUID, base_points: int) -> None:
    """Publish a reviewed wish and open its task. Raises ``not-found``, ``own-interest``, ``state-conflict``."""
    wish = await _find(connection, caller, wish_id)
    mover = _mover(wish, caller, "approve")
    await publish(connection, wish_id, "approve", mover, base_points)


async def publish(
    connection: Connection, wish_id: UUID, action: str, mover: Mover, base_points: int, note: str | None = None
) -> None:
    """Take the action that publishes a wish, open its one-seat task with it, and tell its author.

    The task promises what the policy of the area now says, ``base_points`` where none does; whatever becomes of the
    policy, the promise stays.
    """
    moved = await transitions.move(connection, WISH, wish_id, action, mover, note=note, changes={"published_at": now()})
    category = WishCategory(moved["category"])
    promise = await policies.promise(connection, moved["area_id"], TaskKind.WISH, base_points, category)
    task = Task(
        id=new_id(),
        kind=TaskKind.WISH,
        wish_id=wish_id,
        area_id=moved["area_id"],
        author_id=moved["author_id"],
        title=moved["title"],
        status="open",
        reward_points=promise.points,
        hourly_points=promise.points_per_hour,
        tags=task_tags.of_category(category),
    )
    await tasks.make(connection, task, mover, moved["body"])
    await messages.tell(connection, [moved["author_id"]], MessageKind.WISH_PUBLISHED, wish_id, title=moved["title"])


async def reject(connection: Connection, caller: Caller, wish_id: UUID, reason: str) -> None:
    """Reject a wish under review or a published one, its task with it; whoever claimed it and has not begun is freed.

    Once there is work in it, delivered or begun, its words are hidden and the claim goes on. Raises ``not-found``,
    ``own-interest``, ``state-conflict``, also when somebody claims, delivers or begins at the same moment, and
    ``service-unavailable`` as ``posted_tasks.call_off`` does. Locks what that does, then the wish.
    """
    wish = await _find(connection, caller, wish_id)
    if wish["hidden_at"] is not None:
        raise Problem("state-conflict")
    if wish["has_work"]:
        await _hide(connection, wish, caller, reason)
        return
    mover = _mover(wish, caller, "reject")
    if wish["task_id"] is not None and not await take_downs.take_down(connection, wish["task_id"], mover, reason):
        raise Problem("state-conflict")
    moved = await transitions.find_and_move(connection, WISH, wish_id, "reject", mover, note=reason, where=IS_FREE)
    if moved is None or (wish["task_id"] is None and moved["from_status"] != "reviewing"):
        raise Problem("state-conflict")
    await messages.tell(connection, [moved["author_id"]], MessageKind.WISH_REJECTED, wish_id, title=moved["title"])


async def _hide(connection: Connection, wish: Record, caller: Caller, reason: str) -> None:
    """Show the words of a wish with work in it to nobody but those whom it concerns; call nobody else to it."""
    party = transitions.permit(WISH, "claimed", "reject", _parties(wish, caller))
    mover = Mover(party, caller.id)
    await take_downs.withhold(connection, wish["task_id"], mover, reason)
    hidden = await connection.fetchrow(HIDE, wish["wish_id"], now())
    if hidden is None:
        raise Problem("state-conflict")
    await transitions.log_act(connection, WISH, wish["wish_id"], "hide", mover, state=hidden["status"], note=reason)
    await transitions.settle_checks(
        connection, WISH.subject, wish["wish_id"], CheckedPart.WORDS, "reject", mover, note=reason
    )
    told = [hidden["author_id"]]
    await messages.tell(connection, told, MessageKind.WISH_HIDDEN, wish["wish_id"], title=hidden["title"])


async def withdraw(connection: Connection, caller: Caller, wish_id: UUID) -> None:
    """Take one's wish back while nobody works on it. Raises ``not-found``, ``not-allowed``, ``state-conflict``."""
    wish = await _find(connection, caller, wish_id)
    await _take_off(connection, wish, "withdraw", _mover(wish, caller, "withdraw"))


async def confirm(
    connection: Connection, terms: Terms, caller: Caller, wish_id: UUID, *, rating: int, thanks: str | None
) -> None:
    """Confirm the delivery: verifies the claim, closes the task and awards the points in this transaction.

    Of a part, the wish is published again. The helper reads the thanks once their check has passed.
    """
    wish = await _find(connection, caller, wish_id)
    mover = _mover(wish, caller, "confirm")
    service = fulfilment.of(wish)
    await fulfilment.fulfil(connection, service, "confirm", mover, rating=rating, thanks=thanks, terms=terms)
    if thanks is not None:
        await asking.ask_and_order(connection, WISH.subject, wish_id, CheckedPart.THANKS, mover)


async def dispute(connection: Connection, caller: Caller, wish_id: UUID, reason: str) -> None:
    """Say that the delivery is not what was promised: staff decide, and the silent confirmation stops."""
    wish = await _find(connection, caller, wish_id)
    await transitions.move(connection, WISH, wish_id, "dispute", _mover(wish, caller, "dispute"), note=reason)


async def expire(connection: Connection, wish_id: UUID) -> None:
    """End a wish that nobody claimed, and tell its author. Raises ``state-conflict`` when somebody did meanwhile."""
    task_id = await connection.fetchval("SELECT id FROM task WHERE wish_id = $1", wish_id)
    await waiting.cancel_task(connection, task_id, transitions.SYSTEM)
    moved = await transitions.move(connection, WISH, wish_id, "expire", transitions.SYSTEM)
    await messages.tell(connection, [moved["author_id"]], MessageKind.WISH_EXPIRED, wish_id, title=moved["title"])


async def find_unclaimed(connection: Connection, before: datetime) -> list[UUID]:
    """Return wishes published before a moment that nobody has claimed."""
    return [row["id"] for row in await connection.fetch(FIND_UNCLAIMED, before)]


async def _take_off(
    connection: Connection, wish: Record, action: str, mover: Mover, *, note: str | None = None
) -> Record:
    """End a wish that nobody works on, and its task if it has one; return it. Raises ``state-conflict``."""
    # The task first, as a claim does: whoever comes second waits, then finds the state changed.
    if wish["task_id"] is not None:
        await waiting.cancel_task(connection, wish["task_id"], mover)
    moved = await transitions.move(connection, WISH, wish["wish_id"], action, mover, note=note)
    if wish["task_id"] is None and moved["from_status"] == "published":
        raise Problem("state-conflict")  # published while this waited: a task is open that was not there to cancel
    return moved


async def _find(connection: Connection, caller: Caller, wish_id: UUID) -> Record:
    """Return what a decision on a wish needs. Raises ``not-found`` for one that the caller may not see (I8)."""
    row = await connection.fetchrow(FIND, wish_id, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("not-found")
    if not may_see(row, _parties(row, caller)):
        raise Problem("not-found")
    return row


def may_see(row: Record, parties: frozenset[Party]) -> bool:
    """Whether a wish is there for ``parties``; what is not public or is hidden, for those it concerns (I10)."""
    is_public = row["status"] in PUBLIC_STATES and row["hidden_at"] is None
    return is_public or bool(parties & {Party.AUTHOR, Party.CLAIMANT, Party.STAFF})


PUBLIC_STATES = frozenset({"published", "claimed", "delivered", "disputed", "fulfilled"})
"""What everybody may see: passed the content check, and either reviewed or in an area that does without review."""


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_service(
        caller, author_id=row["author_id"], claimant_id=row["claimant_id"], in_scope=row["in_scope"]
    )


def _mover(row: Record, caller: Caller, action: str) -> Mover:
    return Mover(transitions.permit(WISH, row["status"], action, _parties(row, caller)), caller.id)
