"""Identifications (身份核对): a user says who they are, staff of the grid bind them to that person of the roster.

Whoever asks learns nothing of the roster: the same is written and answered whether or not it holds them, and people
decide. So nothing can be guessed here, and there are no tries to count: one asking a user, and another one only after
staff refused the last.
"""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_application
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import IDENTIFICATION
from app.domain.message_kinds import MessageKind
from app.models.identification import Identification
from app.schemas.identifications import IdentificationIn
from app.services import binding, enrolments, messages, people, transitions
from app.services.enrolments import View
from app.services.pages import PageRequest, page
from app.services.people import Contact
from app.services.transitions import Mover

TOLD = {
    "approve": MessageKind.IDENTIFIED,
    "refuse": MessageKind.IDENTIFICATION_REFUSED,
    "undo": MessageKind.IDENTIFICATION_UNDONE,
}
COLUMNS = """i.id, i.user_id, i.sealed, i.home_area_id, a.name AS area_name, i.status, i.created_at, (
        SELECT e.note FROM event e WHERE e.subject_kind = 'identification' AND e.subject_id = i.id
        ORDER BY e.created_at DESC, e.id DESC LIMIT 1
    ) AS reason"""
GET_OWN = f"SELECT {COLUMNS} FROM identification i JOIN area a ON a.id = i.home_area_id WHERE i.user_id = $1"
VIEW = f"""
    SELECT {COLUMNS}, u.nickname, p.id IS NOT NULL AS is_on_roster, coalesce(p.user_id <> i.user_id, false) AS is_taken,
        {binding.IS_BEYOND.format(person_id="p.id", staff="$2::uuid[]", administrator="$3::uuid[]")} AS is_beyond,
        ARRAY(
            SELECT (h.hat, h.status, b.id, b.name) FROM ({binding.WEARERS}) h JOIN area b ON b.id = h.area_id
            WHERE h.person_id = p.id AND b.lineage && $2::uuid[] ORDER BY h.hat
        ) AS hats, ARRAY(
            SELECT x.name FROM post_holding h JOIN post x ON x.id = h.post_id JOIN area b ON b.id = x.area_id
            WHERE h.person_id = p.id AND h.until IS NULL AND b.lineage && $2::uuid[] ORDER BY x.id
        ) AS posts
    FROM identification i JOIN area a ON a.id = i.home_area_id JOIN "user" u ON u.id = i.user_id
    LEFT JOIN person p ON p.identity_hash = i.identity_hash
"""
# Staff who asked themselves are not shown what the roster says of them.
GET = f"{VIEW} WHERE i.id = $1 AND a.lineage && $2::uuid[] AND i.user_id <> $4"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$1::uuid] AND a.lineage && $2::uuid[] AND i.user_id <> $4 AND i.status = $5
        AND i.id < $6
    ORDER BY i.id DESC LIMIT $7
"""
LOCK = "SELECT FROM identification WHERE id = $1 FOR UPDATE"
FIND = """
    SELECT i.user_id, i.identity_hash, i.status FROM identification i JOIN area a ON a.id = i.home_area_id
    WHERE i.id = $1 AND a.lineage && $2::uuid[]
"""


async def apply(connection: Connection, secret: str, caller: Caller, form: IdentificationIn) -> None:
    """Ask to be recognised, or again after a refusal.

    Raises ``area-unknown``, ``area-not-a-home``, ``already-enrolled``, ``state-conflict``.
    """
    await enrolments.require_home(connection, form.home_area_id)
    contact = Contact(form.name, form.phone)
    earlier = await connection.fetchrow("SELECT id, status FROM identification WHERE user_id = $1", caller.id)
    row_id = new_id() if earlier is None else earlier["id"]
    said: dict[str, Any] = {
        "home_area_id": form.home_area_id,
        "sealed": people.seal_contact(secret, row_id, contact),
        "identity_hash": people.identity_hash(secret, contact),
    }
    author = Mover(Party.AUTHOR, caller.id)
    if earlier is None:
        await insert(connection, Identification(id=row_id, user_id=caller.id, **said))
        await transitions.log_creation(connection, IDENTIFICATION, row_id, author)
    elif IDENTIFICATION.find(earlier["status"], "reapply") is None:
        raise Problem("already-enrolled")
    else:
        await transitions.move(connection, IDENTIFICATION, row_id, "reapply", author, changes=said)


async def decide(
    connection: Connection, caller: Caller, identification_id: UUID, action: str, *, reason: str | None = None
) -> None:
    """Approve, which binds the asker to the person of the roster, refuse, or undo what was approved; they are told.

    Raises ``not-found`` outside the caller's areas, ``own-interest`` for one's own (I2), ``state-conflict``, and what
    ``binding.bind`` and ``binding.unbind`` do. Locks the identification, then what these lock.
    """
    await connection.execute(LOCK, identification_id)
    row = await connection.fetchrow(FIND, identification_id, caller.scope(Role.STAFF))
    if row is None:
        raise Problem("not-found")
    party = transitions.permit(IDENTIFICATION, row["status"], action, _parties(row, caller))
    facts = None
    if action == "approve":
        facts = {"person_id": await binding.bind(connection, caller, row["user_id"], row["identity_hash"])}
    if action == "undo":
        facts = {"person_id": await binding.unbind(connection, caller, row["user_id"])}
    mover = Mover(party, caller.id)
    await transitions.move(connection, IDENTIFICATION, identification_id, action, mover, note=reason, facts=facts)
    await messages.tell(connection, [row["user_id"]], TOLD[action], identification_id)


async def get_own(reads: Reads, secret: str, caller: Caller) -> View:
    """Return what became of the caller's asking. Raises ``not-found``."""
    row = await reads.fetchrow(GET_OWN, caller.id)
    if row is None:
        raise Problem("not-found")
    contact = people.open_contact(secret, row["id"], row["sealed"]).masked
    return _view(row, contact, IDENTIFICATION.actions(row["status"], frozenset({Party.AUTHOR})))


async def get(reads: Reads, secret: str, caller: Caller, identification_id: UUID, *, is_kept: bool = False) -> View:
    """Return one asking to staff of the grid; one that is kept for repetitions masks the name too.

    Raises ``not-found`` to others (I8).
    """
    row = await reads.fetchrow(GET, identification_id, *_scopes(caller), caller.id)
    if row is None:
        raise Problem("not-found")
    return _view_for_staff(row, secret, caller, is_kept=is_kept)


async def list_of_area(
    reads: Reads, secret: str, caller: Caller, area_id: UUID, status: str, request: PageRequest
) -> View:
    """Return the askings of an area that lie in the caller's own areas, newest first."""
    filters = ("identifications", area_id, status)
    last_id = request.below(*filters)
    rows = await reads.fetch(LIST, area_id, *_scopes(caller), caller.id, status, last_id, request.rows)
    return page(rows, request, lambda row: _view_for_staff(row, secret, caller), *filters)


def _scopes(caller: Caller) -> tuple[list[UUID], list[UUID]]:
    return caller.scope(Role.STAFF), caller.scope(Role.ADMINISTRATOR)


def _parties(row: Record, caller: Caller) -> frozenset[Party]:
    return parties_to_application(caller, applicant_id=row["user_id"], in_scope=True, decider=Party.STAFF)


def _view(row: Record, contact: dict[str, str], actions: tuple[str, ...]) -> View:
    return {
        "id": row["id"],
        "contact": contact,
        "home_area": {"id": row["home_area_id"], "name": row["area_name"]},
        "status": row["status"],
        "reason": row["reason"],
        "created_at": row["created_at"],
        "actions": actions,
    }


def _view_for_staff(row: Record, secret: str, caller: Caller, *, is_kept: bool = False) -> View:
    contact = people.open_contact(secret, row["id"], row["sealed"])
    can_bind = row["is_on_roster"] and not row["is_taken"] and not row["is_beyond"]
    actions = IDENTIFICATION.actions(row["status"], _parties(row, caller))
    withheld = (set() if can_bind else {"approve"}) | ({"undo"} if row["is_beyond"] else set())
    return _view(
        row,
        contact.masked if is_kept else contact.for_staff,
        tuple(action for action in actions if action not in withheld),
    ) | {
        "nickname": row["nickname"],
        "is_on_roster": row["is_on_roster"],
        "is_taken": row["is_taken"],
        "is_beyond": row["is_beyond"],
        "hats": [
            {"hat": hat, "status": status, "area": {"id": area_id, "name": name}}
            for hat, status, area_id, name in row["hats"]
        ],
        "posts": row["posts"],
    }
