"""Pictures of things: giving them to what they show, and telling of them to whoever reads that."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import PictureOf
from app.services.media.links import Links

ATTACH = """
    WITH own AS (
        SELECT id FROM media
        WHERE id = ANY($4::uuid[]) AND owner_id = $3 AND subject_id IS NULL AND status IN ('checking', 'passed', 'held')
        ORDER BY id FOR UPDATE
    )
    UPDATE media m SET subject_kind = $1::text, subject_id = $2, position = array_position($4::uuid[], m.id),
        owner_id = CASE WHEN $1::text = 'complaint' THEN NULL ELSE m.owner_id END
    FROM own WHERE m.id = own.id RETURNING m.id
"""
PICTURES_SQL = """ARRAY(
    SELECT (m.id, m.status, m.width, m.height) FROM media m
    WHERE m.subject_id = {subject_id} AND m.subject_kind = '{kind}' AND m.status <> 'removed'
    ORDER BY m.position, m.id
)"""
"""The pictures of a thing, for ``told``; format it with the thing's id and the kind."""
COVER_SQL = """(
    SELECT (m.id, m.width, m.height) FROM media m
    WHERE m.subject_id = {subject_id} AND m.subject_kind = '{kind}' AND m.status = 'passed'
    ORDER BY m.position LIMIT 1
)"""
"""What a list shows of a thing, for ``Links.cover``; format it as the other, and let it be asked for a page's rows."""


async def attach(
    connection: Connection, caller: Caller, kind: PictureOf, subject_id: UUID, picture_ids: Collection[UUID]
) -> None:
    """Give the caller's pictures to what they were just said to show, in this order.

    Those of a complaint have no owner from here on: whose it is stands with the complaint, sealed (I9). Locks their
    rows by id. Raises ``media-unknown`` for one that is not the caller's, shows something else, or was rejected.
    """
    if not picture_ids:
        return
    wanted = list(picture_ids)
    attached = await connection.fetch(ATTACH, kind, subject_id, caller.id, wanted)
    if len(attached) != len(wanted):
        raise Problem("media-unknown")


def told(
    links: Links,
    pictures: Sequence[Sequence[Any]] | None,
    *,
    to_insider: bool,
    removable: Collection[str] = frozenset(),
) -> list[dict[str, Any]]:
    """Return pictures as a reader sees them: those alone that passed, and all to insiders.

    ``removable`` are the states in which the reader may take one back.
    """
    return [
        links.shown(
            dict(zip(("id", "status", "width", "height"), picture, strict=True)),
            to_insider=to_insider,
            may_remove=picture[1] in removable,
        )
        for picture in pictures or ()
        if to_insider or picture[1] == "passed"
    ]
