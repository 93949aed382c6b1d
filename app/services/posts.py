"""Posts: duties in areas, who holds them, and the grant that comes and goes with a holder (定格定岗定人定责)."""

from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import PostQueue
from app.domain.lifecycle import Party
from app.models.grant import Grant
from app.models.post import Post, PostHolding
from app.schemas.posts import AppointIn, PostEditIn, PostIn
from app.services import people, transitions
from app.services.pages import PageRequest, page
from app.services.people import Contact
from app.services.transitions import Mover

# In the views $1 are the areas where the caller acts as staff: they alone are told who holds a post.
VIEW = """
    SELECT x.id, x.area_id, a.name AS area_name, x.name, x.duty, x.queues, x.role, x.closed_at, h.id AS holding_id,
        h.since, h.person_id, p.user_id, p.sealed, u.nickname, a.lineage, a.lineage && $1::uuid[] AS in_scope
    FROM post x JOIN area a ON a.id = x.area_id
    LEFT JOIN post_holding h ON h.post_id = x.id AND h.until IS NULL
    LEFT JOIN person p ON p.id = h.person_id LEFT JOIN "user" u ON u.id = p.user_id
"""
GET = f"{VIEW} WHERE x.id = $2"
LIST = f"""
    {VIEW} WHERE a.lineage @> ARRAY[$2::uuid] AND x.id > $3 AND (x.closed_at IS NULL OR $5) AND ($6 OR h.id IS NULL)
    ORDER BY x.id LIMIT $4
"""
# Of each queue, the post that works on it: the nearest held one, from the post's own area up.
ANSWERED_BY = """
    SELECT DISTINCT ON (queue) queue, q.id, q.name, b.id AS area_id, b.name AS area_name
    FROM post x JOIN area a ON a.id = x.area_id CROSS JOIN unnest(x.queues) AS queue
    LEFT JOIN (post q JOIN post_holding h ON h.post_id = q.id AND h.until IS NULL JOIN area b ON b.id = q.area_id)
        ON q.area_id = ANY (a.lineage) AND queue = ANY (q.queues) AND q.closed_at IS NULL
    WHERE x.id = $1 ORDER BY queue, cardinality(b.lineage) DESC NULLS LAST, q.id <> x.id, q.id
"""
HOLDINGS = """
    SELECT h.id, h.since, h.until, h.person_id, p.sealed, u.nickname FROM post_holding h
    JOIN person p ON p.id = h.person_id LEFT JOIN "user" u ON u.id = p.user_id
    WHERE h.post_id = $1 AND h.id < $2 ORDER BY h.id DESC LIMIT $3
"""
FIND_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1"
# Locked before it is joined: a join that waited for a post which went to another area meanwhile would find nothing.
LOCK = "SELECT FROM post WHERE id = $1 FOR NO KEY UPDATE"
FIND = """
    SELECT x.id, x.area_id, x.role, x.closed_at, a.lineage && $2::uuid[] AS in_scope,
        a.lineage && $3::uuid[] AS administers
    FROM post x JOIN area a ON a.id = x.area_id WHERE x.id = $1
"""
FIND_HOLDING = "SELECT id, person_id FROM post_holding WHERE post_id = $1 AND until IS NULL"
END_HOLDING = "UPDATE post_holding SET until = greatest(since, $2) WHERE id = $1"
END_GRANT = 'DELETE FROM "grant" WHERE holding_id = $1 RETURNING id'
END_GRANTS_OF = """
    DELETE FROM "grant" g USING post_holding h WHERE h.id = g.holding_id AND h.person_id = $1 AND g.user_id = $2
    RETURNING g.id
"""
USER_OF = "SELECT user_id FROM person WHERE id = $1"
EDIT = "UPDATE post SET name = $2, duty = $3, queues = $4, role = $5 WHERE id = $1"
CLOSE = "UPDATE post SET closed_at = $2 WHERE id = $1"
UNGRANTED = """
    SELECT h.id, p.user_id, x.role, x.area_id, h.appointed_by FROM post_holding h
    JOIN post x ON x.id = h.post_id JOIN person p ON p.id = h.person_id
    WHERE h.person_id = $1 AND h.until IS NULL AND x.role IS NOT NULL AND p.user_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM "grant" g WHERE g.holding_id = h.id)
    ORDER BY h.id
"""


async def create(connection: Connection, caller: Caller, form: PostIn) -> UUID:
    """Make a post in an area; return its id.

    Raises ``area-unknown``, ``not-allowed`` (a post with a role is for administrators to make), ``post-name-taken``.
    """
    area = await connection.fetchrow(FIND_AREA, form.area_id, caller.scope(_maker_of(form.role)))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    post = Post(id=new_id(), area_id=form.area_id, **_fields(form))
    await insert(connection, post)
    await transitions.log(connection, "post", post.id, "create", "vacant", Mover(Party.STAFF, caller.id))
    return post.id


async def edit(connection: Connection, caller: Caller, post_id: UUID, form: PostEditIn) -> None:
    """Change what a post is. Locks its row.

    Raises ``not-found``, ``not-allowed``, ``post-closed``, ``post-held`` (what a holder may do does not change under
    them), ``post-name-taken``.
    """
    post = await _lock(connection, caller, post_id)
    if form.role is not None and not post["administers"]:
        raise Problem("not-allowed")
    if form.role != post["role"] and await connection.fetchrow(FIND_HOLDING, post_id) is not None:
        raise Problem("post-held")
    fields = _fields(form)
    await connection.execute(EDIT, post_id, fields["name"], fields["duty"], fields["queues"], fields["role"])
    await transitions.log(connection, "post", post_id, "edit", "open", Mover(Party.STAFF, caller.id))


async def appoint(connection: Connection, secret: str, caller: Caller, post_id: UUID, form: AppointIn) -> None:
    """Put somebody on a post; whoever was there hands it over in the same moment. Locks the post's row.

    With the person comes the post's role, at once or when they are known as a user. Raises ``not-found``,
    ``not-allowed``, ``post-closed``, ``own-interest`` (nobody raises themselves, I2), ``post-holder-same``,
    ``user-unknown``.
    """
    post = await _lock(connection, caller, post_id)
    person_id = await _person(connection, secret, form)
    if await connection.fetchval(USER_OF, person_id) == caller.id:
        raise Problem("own-interest")
    moment = now()
    earlier = await connection.fetchrow(FIND_HOLDING, post_id)
    if earlier is not None:
        if earlier["person_id"] == person_id:
            raise Problem("post-holder-same")
        await _end(connection, caller, post_id, earlier["id"], note=None)
    holding = PostHolding(id=new_id(), post_id=post_id, person_id=person_id, appointed_by=caller.id, since=moment)
    # The foreign key holds the person still: whoever is being identified at this moment gets the grant there or here.
    await insert(connection, holding)
    facts = {"holding_id": holding.id, "role": post["role"]}
    mover = Mover(Party.STAFF, caller.id)
    from_state = "vacant" if earlier is None else "held"
    await transitions.log(connection, "post", post_id, "appoint", "held", mover, from_state=from_state, facts=facts)
    await give_grants(connection, person_id)


async def vacate(connection: Connection, caller: Caller, post_id: UUID, reason: str) -> None:
    """Take the holder off a post, and the post's role off them; its queues fall to the post above. Locks the row.

    Raises ``not-found``, ``not-allowed``, ``post-closed``, ``post-vacant``.
    """
    await _lock(connection, caller, post_id)
    holding = await connection.fetchrow(FIND_HOLDING, post_id)
    if holding is None:
        raise Problem("post-vacant")
    await _end(connection, caller, post_id, holding["id"], note=reason)


async def close(connection: Connection, caller: Caller, post_id: UUID) -> None:
    """Do away with a post; who held it stays written. Raises ``not-found``, ``not-allowed``, ``post-held``, and
    ``post-closed`` of one that is gone. Locks the post's row.
    """
    await _lock(connection, caller, post_id)
    if await connection.fetchrow(FIND_HOLDING, post_id) is not None:
        raise Problem("post-held")
    await connection.execute(CLOSE, post_id, now())
    mover = Mover(Party.STAFF, caller.id)
    await transitions.log(connection, "post", post_id, "close", "closed", mover, from_state="vacant")


async def give_grants(connection: Connection, person_id: UUID) -> None:
    """Give a person who is a user the roles of the posts they hold; done twice, nothing is left to do."""
    for row in await connection.fetch(UNGRANTED, person_id):
        grant = Grant(
            id=new_id(),
            user_id=row["user_id"],
            role=Role(row["role"]),
            area_id=row["area_id"],
            granted_by=row["appointed_by"],
            holding_id=row["id"],
        )
        await insert(connection, grant)
        mover = Mover(Party.STAFF, row["appointed_by"]) if row["appointed_by"] else transitions.SYSTEM
        await transitions.log(connection, "grant", grant.id, "give_with_post", row["role"], mover)


async def take_grants(connection: Connection, person_id: UUID, user_id: UUID, mover: Mover) -> None:
    """Take the roles of a person's posts from a user who is that person no more."""
    for row in await connection.fetch(END_GRANTS_OF, person_id, user_id):
        await transitions.log(connection, "grant", row["id"], "revoke_with_post", "revoked", mover)


async def list_of_area(
    reads: Reads,
    secret: str,
    caller: Caller | None,
    area_id: UUID,
    *,
    is_vacant: bool,
    include_closed: bool,
    request: PageRequest,
) -> dict[str, Any]:
    """Return the posts of an area and all below it, each in the form for the caller; ``is_vacant``: those without a
    holder alone.
    """
    filters = ("posts", area_id, is_vacant, include_closed)
    last_id = request.above(*filters)
    arguments = (_scope(caller), area_id, last_id, request.rows, include_closed, not is_vacant)
    rows = await reads.fetch(LIST, *arguments)
    return page(rows, request, lambda row: _view(row, secret, caller), *filters)


async def get(reads: Reads, secret: str, caller: Caller | None, post_id: UUID) -> dict[str, Any]:
    """Return one post, to staff with its holder and who works on its queues. Raises ``not-found``."""
    row = await reads.fetchrow(GET, _scope(caller), post_id)
    if row is None:
        raise Problem("not-found")
    view = _view(row, secret, caller)
    if row["in_scope"]:
        view["answered_by"] = [
            {
                "queue": found["queue"],
                "post_id": found["id"],
                "post_name": found["name"],
                "area": found["id"] and {"id": found["area_id"], "name": found["area_name"]},
            }
            for found in await reads.fetch(ANSWERED_BY, post_id)
        ]
    return view


async def list_holdings(
    reads: Reads, secret: str, caller: Caller, post_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return who held a post when, newest first, to staff. Raises ``not-found`` and ``not-allowed``."""
    filters = ("holdings", post_id)
    last_id = request.below(*filters)
    row = await reads.fetchrow(GET, _scope(caller), post_id)
    if row is None:
        raise Problem("not-found")
    if not row["in_scope"]:
        raise Problem("not-allowed")
    rows = await reads.fetch(HOLDINGS, post_id, last_id, request.rows)
    return page(rows, request, lambda holding: _view_holding(holding, secret), *filters)


async def _lock(connection: Connection, caller: Caller, post_id: UUID) -> Record:
    """Return the post if the caller may change it: administrators, and staff as long as it has no role."""
    await connection.execute(LOCK, post_id)
    post = await connection.fetchrow(FIND, post_id, caller.scope(Role.STAFF), caller.scope(Role.ADMINISTRATOR))
    if post is None:
        raise Problem("not-found")
    if not (post["administers"] or (post["in_scope"] and post["role"] is None)):
        raise Problem("not-allowed")
    if post["closed_at"] is not None:
        raise Problem("post-closed")
    return post


async def _end(connection: Connection, caller: Caller, post_id: UUID, holding_id: UUID, *, note: str | None) -> None:
    mover = Mover(Party.STAFF, caller.id)
    await connection.execute(END_HOLDING, holding_id, now())
    for row in await connection.fetch(END_GRANT, holding_id):
        await transitions.log(connection, "grant", row["id"], "revoke_with_post", "revoked", mover)
    facts = {"holding_id": holding_id}
    await transitions.log(
        connection, "post", post_id, "vacate", "vacant", mover, from_state="held", note=note, facts=facts
    )


async def _person(connection: Connection, secret: str, form: AppointIn) -> UUID:
    if form.user_id is not None:
        return await people.of_user(connection, form.user_id)
    assert form.name is not None, "the form names somebody"
    assert form.phone is not None, "the form names somebody"
    return await people.enter(connection, secret, Contact(form.name, form.phone))


def _maker_of(role: str | None) -> Role:
    """Return as what one makes a post of ``role``: who gives a role away has to be able to grant it."""
    return Role.STAFF if role is None else Role.ADMINISTRATOR


def _fields(form: PostEditIn) -> dict[str, Any]:
    queues = [queue for queue in PostQueue if queue in form.queues]
    return {"name": form.name, "duty": form.duty, "queues": queues, "role": form.role and Role(form.role)}


def _scope(caller: Caller | None) -> list[UUID]:
    return caller.scope(Role.STAFF) if caller else []


def _view(row: Record, secret: str, caller: Caller | None) -> dict[str, Any]:
    view = {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "name": row["name"],
        "duty": row["duty"],
        "queues": row["queues"],
        "role": row["role"],
        "is_held": row["holding_id"] is not None,
        "closed_at": row["closed_at"],
        "actions": _actions(row, caller),
    }
    if not row["in_scope"]:
        return view
    return view | {"holder": row["holding_id"] and _holder(row, secret)}


def _holder(row: Record, secret: str) -> dict[str, Any]:
    contact = people.read(secret, row["person_id"], row["sealed"])
    return {
        "name": contact and contact.name,
        "nickname": row["nickname"],
        "phone": contact and contact.masked_phone,
        "since": row["since"],
    }


def _view_holding(row: Record, secret: str) -> dict[str, Any]:
    contact = people.read(secret, row["person_id"], row["sealed"])
    return {
        "id": row["id"],
        "name": contact and contact.name,
        "nickname": row["nickname"],
        "since": row["since"],
        "until": row["until"],
        "actions": [],
    }


def _actions(row: Record, caller: Caller | None) -> list[str]:
    if caller is None or row["closed_at"] is not None:
        return []
    administers = bool(set(row["lineage"]) & set(caller.scope(Role.ADMINISTRATOR)))
    if not (administers or (row["in_scope"] and row["role"] is None)):
        return []
    return ["edit", "appoint", "vacate"] if row["holding_id"] else ["edit", "appoint", "close"]
