"""Messages to people in the app: told in the transaction of the change, listed, and marked as read.

Whoever tells something calls ``tell`` and nothing else; what rings a phone beside it is ordered from here too.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record
from pydantic_core import to_json

from app.core.clock import now
from app.core.db import Reads
from app.domain import messages as wordings
from app.domain.caller import Caller
from app.domain.message_kinds import MessageKind
from app.domain.ringing_times import allowed_from
from app.services import ringing
from app.services.pages import PageRequest, page

UNREAD_SHOWN_MAX = 100
"""So many unread ones are counted: beyond that a badge says 99+, and nothing has to be read through."""

# Whoever let WeChat ring for messages of the kind is rung for those that were ``written``.
RUNG = """
    rung AS (
        INSERT INTO ring (id, user_id, template_id, words, is_urgent, status, due_at)
        SELECT written.id, written.user_id, t.template_id, {words}, t.is_urgent, 'waiting', {due_at}
        FROM message_template t JOIN message_credit c ON c.template_id = t.template_id AND c.credits > 0
        JOIN written ON written.user_id = c.user_id {beside}
        WHERE t.kind = {kind} AND t.stopped_at IS NULL
        RETURNING id, due_at
    ), ring_logged AS (
        INSERT INTO event (id, subject_kind, subject_id, action, to_state, party, created_at)
        SELECT uuid_v7(), 'ring', id, 'create', 'waiting', 'system', clock_timestamp() FROM rung
    )
"""
# Nobody is told twice in one go, and a user who is blocked cannot open the app. Messages and rings are of one
# statement, since 20,000 people may be told at once.
RINGING = RUNG.format(
    words="$6::jsonb",
    due_at="CASE WHEN t.is_urgent THEN $7::timestamptz ELSE $8::timestamptz END",
    kind="$2",
    beside="",
)
TELL = f"""
    WITH written AS (
        INSERT INTO message (id, user_id, kind, subject_kind, subject_id, title, body, created_at)
        SELECT uuid_v7(), u.id, $2, $3, $9::uuid, $4, $5, clock_timestamp()
        FROM "user" u WHERE u.id = ANY($1::uuid[]) AND NOT u.is_blocked ORDER BY u.id
        RETURNING id, user_id
    ), {RINGING}
    SELECT coalesce(bool_or(due_at <= $7), false) FROM rung
"""
TELL_EACH = f"""
    WITH written AS (
        INSERT INTO message (id, user_id, kind, subject_kind, subject_id, title, body, created_at)
        SELECT uuid_v7(), u.id, $2, $3, told.subject_id, $4, $5, clock_timestamp()
        FROM unnest($1::uuid[], $9::uuid[]) AS told (user_id, subject_id) JOIN "user" u ON u.id = told.user_id
        WHERE NOT u.is_blocked ORDER BY u.id, told.subject_id
        RETURNING id, user_id
    ), {RINGING}
    SELECT coalesce(bool_or(due_at <= $7), false) FROM rung
"""
TELL_FROM = """
    written AS (
        INSERT INTO message (id, user_id, kind, subject_kind, subject_id, title, body, created_at)
        SELECT uuid_v7(), u.id, '{kind}', '{subject_kind}', told.subject_id, {title}, {body}, clock_timestamp()
        FROM ({source}) AS told JOIN "user" u ON u.id = told.user_id WHERE NOT u.is_blocked
        RETURNING id, user_id, subject_id
    ), {rung}
"""
BESIDE = "JOIN ({source}) AS told ON told.user_id = written.user_id AND told.subject_id = written.subject_id"
LIST = """
    SELECT id, kind, subject_kind, subject_id, title, body, created_at, read_at
    FROM message WHERE user_id = $1 AND id < $2 AND (NOT $3 OR read_at IS NULL) ORDER BY id DESC LIMIT $4
"""
COUNT_UNREAD = f"""
    SELECT count(*)::int FROM (
        SELECT FROM message WHERE user_id = $1 AND read_at IS NULL LIMIT {UNREAD_SHOWN_MAX}
    ) AS unread
"""
# The last one that was seen may be any of the user's own; what came after it stays unread.
READ = """
    UPDATE message SET read_at = clock_timestamp()
    WHERE user_id = $1 AND read_at IS NULL AND (id = ANY($2::uuid[]) OR id <= $3::uuid)
"""


async def tell(
    connection: Connection, user_ids: Sequence[UUID], kind: MessageKind, subject_id: UUID, **words: str
) -> None:
    """Tell people something about one thing, all of them in one statement, as part of the transaction of the change.

    ``words`` stand in the places of the text; nothing that is private to anybody belongs there (I12). Those who let
    WeChat ring for it are rung after the transaction has committed, or in the morning.
    """
    await _tell(connection, TELL, user_ids, kind, words, subject_id)


async def tell_each(connection: Connection, told: Sequence[tuple[UUID, UUID]], kind: MessageKind, **words: str) -> None:
    """Tell people the same, each about a thing of their own: ``told`` are users and those things. As ``tell``."""
    user_ids, subject_ids = [user_id for user_id, _ in told], [subject_id for _, subject_id in told]
    await _tell(connection, TELL_EACH, user_ids, kind, words, subject_ids)


async def _tell(
    connection: Connection,
    statement: str,
    user_ids: Sequence[UUID],
    kind: MessageKind,
    words: dict[str, str],
    about: UUID | Sequence[UUID],
) -> None:
    wording, moment = wordings.word(kind, words), now()
    rings_now = await connection.fetchval(
        statement,
        user_ids,
        kind,
        wording.subject_kind,
        wording.title,
        wording.body,
        to_json(words).decode(),
        moment,
        allowed_from(moment, is_urgent=False),
        about,
    )
    if rings_now:
        await ringing.order(connection)


def tell_sql(kind: MessageKind, source: str, **words: str) -> str:
    """Return CTEs that tell each row of ``source`` something, for a statement that decides and tells in one go.

    ``source`` is a SELECT of ``user_id`` and ``subject_id``, and ``words`` are expressions of type text over it, which
    is ``told`` there. As ``tell``, but that phones ring within a minute. The CTEs are named ``written``, ``rung`` and
    ``ring_logged``.
    """
    wording = wordings.word_in_sql(kind, words)
    named = ", ".join(f"'{name}', {expression}" for name, expression in words.items())
    rung = RUNG.format(
        words=f"jsonb_build_object({named})",
        due_at="clock_timestamp()",
        kind=f"'{kind}'",
        beside=BESIDE.format(source=source),
    )
    return TELL_FROM.format(
        kind=kind, subject_kind=wording.subject_kind, title=wording.title, body=wording.body, source=source, rung=rung
    )


async def list_own(reads: Reads, caller: Caller, request: PageRequest, *, unread: bool) -> dict[str, Any]:
    """Return what the caller was told, newest first, or of that what they have not read."""
    filters = ("messages", unread)
    rows = await reads.fetch(LIST, caller.id, request.below(*filters), unread, request.rows)
    return page(rows, request, _view, *filters)


async def count_unread(reads: Reads, caller: Caller) -> dict[str, Any]:
    """Return how many messages the caller has not read, at most ``UNREAD_SHOWN_MAX``."""
    unread = await reads.fetchval(COUNT_UNREAD, caller.id)
    return {"unread": unread, "actions": ["read"] if unread else []}


async def read(
    connection: Connection, caller: Caller, message_ids: Sequence[UUID] | None, up_to_id: UUID | None
) -> dict[str, Any]:
    """Mark these of the caller's messages as read, or all up to one; return what is left. Others' are left alone."""
    await connection.execute(READ, caller.id, message_ids or [], up_to_id)
    return await count_unread(connection, caller)


def _view(row: Record) -> dict[str, Any]:
    kept = ("id", "kind", "title", "body", "created_at", "read_at")
    return {
        **{name: row[name] for name in kept},
        "subject": {
            "kind": row["subject_kind"],
            "id": row["subject_id"],
            "path": wordings.path_of(row["subject_kind"], row["subject_id"]),
        },
        "actions": [] if row["read_at"] else ["read"],
    }
