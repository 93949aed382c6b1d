"""What a helper has of a resident in hand: picked up with the resident there, given back before the work counts.

By the code that the resident shows, or by the word of the resident or of staff. Locks the caller's tries where a code
was typed, then the claim.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import CLAIM
from app.domain.shielding import mask_numbers
from app.domain.texts import LIST_SEPARATOR
from app.schemas.errands import HandBackIn, PickUpIn
from app.services import areas, check_ins, claims, shown_codes, transitions
from app.services.complainants import hash_of
from app.services.pages import PageRequest, page
from app.services.shown_codes import Subject
from app.services.transitions import Mover

FIND = f"""
    SELECT c.user_id AS claimant_id, t.id AS task_id, t.errand_id, {claims.PARTS}
    FROM claim c JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id WHERE c.id = $1
"""
PICK_UP = """
    UPDATE claim x SET things_since = coalesce(x.things_since, $3),
        things = x.things || ARRAY(SELECT n FROM unnest($2::varchar[]) AS new (n) WHERE n <> ALL (x.things))
    WHERE x.id = $1 AND x.status IN ('active', 'returned') RETURNING x.status
"""
HAND_BACK = """
    WITH held AS (
        SELECT id, status, things FROM claim WHERE id = $1 AND things <> '{}' FOR NO KEY UPDATE
    ), given AS (
        UPDATE claim SET things = '{}', things_since = NULL FROM held WHERE claim.id = held.id
    )
    SELECT status, things FROM held
"""
LIST = """
    SELECT c.id, c.status, c.things, c.things_since, e.id AS errand_id, e.title, a.id AS area_id, a.name AS area_name,
        u.nickname
    FROM claim c JOIN task t ON t.id = c.task_id JOIN errand e ON e.id = t.errand_id JOIN area a ON a.id = t.area_id
    JOIN "user" u ON u.id = c.user_id
    WHERE c.things <> '{}' AND a.lineage @> ARRAY[$1::uuid] AND c.id < $2 ORDER BY c.id DESC LIMIT $3
"""


async def pick_up(
    connection: Connection, secrets: tuple[str, str], caller: Caller, claim_id: UUID, form: PickUpIn
) -> None:
    """Note what the helper of a claim was given; numbers in it are masked. May be done again for more.

    ``secrets`` open who complained, and sign codes. Raises ``not-found``, ``not-allowed``, ``state-conflict``, what
    ``_require_word`` raises, and by the database ``things-too-many``.
    """
    row, party = await _find(connection, secrets[0], caller, claim_id)
    await _require_word(connection, secrets[1], caller, row["task_id"], party, form)
    things = list(dict.fromkeys(mask_numbers(thing) for thing in form.things))
    status = await connection.fetchval(PICK_UP, claim_id, things, now())
    if status is None:
        raise Problem("state-conflict")
    await _log(connection, Mover(party, caller.id), claim_id, "pick_up", status, things)


async def hand_back(
    connection: Connection, secrets: tuple[str, str], caller: Caller, claim_id: UUID, form: HandBackIn
) -> None:
    """Note that the resident has all of it again, whatever became of the claim meanwhile.

    Raises ``not-found``, ``not-allowed``, ``nothing-in-hand``, and what ``_require_word`` raises.
    """
    row, party = await _find(connection, secrets[0], caller, claim_id)
    await _require_word(connection, secrets[1], caller, row["task_id"], party, form)
    held = await connection.fetchrow(HAND_BACK, claim_id)
    if held is None:
        raise Problem("nothing-in-hand")
    await _log(connection, Mover(party, caller.id), claim_id, "hand_back", held["status"], held["things"])


async def list_of_area(reads: Reads, caller: Caller, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the claims of an area and all below it with things in hand, to its staff. Raises ``not-allowed``."""
    filters = ("errand-things", area_id)
    below = request.below(*filters)
    if not await areas.is_in_scope(reads, area_id, caller.scope(Role.STAFF)):
        raise Problem("not-allowed")
    rows = await reads.fetch(LIST, area_id, below, request.rows)
    return page(rows, request, _view, *filters)


async def _find(connection: Connection, secret: str, caller: Caller, claim_id: UUID) -> tuple[Record, Party]:
    """Return the claim and the part in which the caller says what became of the things."""
    row = await connection.fetchrow(FIND, claim_id, caller.scope(Role.STAFF), hash_of(secret, caller.id))
    if row is None:
        raise Problem("not-found")
    parties = claims.parties_of(row, caller) & claims.PARTIES_TO_A_CLAIM
    if not parties:
        raise Problem("not-found")
    if row["errand_id"] is None:
        raise Problem("not-allowed")
    return row, min(parties)


async def _require_word(
    connection: Connection, secret: str, caller: Caller, task_id: UUID, party: Party, form: HandBackIn
) -> None:
    """Refuse a helper's word alone: with them the resident's code speaks. Others' own word is enough.

    Raises ``shown-code-invalid``, ``check-in-elsewhere``, ``scan-too-old``, ``too-many-tries``.
    """
    if party is not Party.CLAIMANT:
        return
    if form.code is None:
        raise Problem("shown-code-invalid")
    scanned_at = shown_codes.time_of_scan(form.scanned_at, now())
    subject = Subject(check_ins.PURPOSE, task_id)
    if shown_codes.is_of_another(secret, subject, form.code, scanned_at):
        raise Problem("check-in-elsewhere")
    await shown_codes.require(connection, secret, caller.id, subject, form.code, scanned_at)


async def _log(
    connection: Connection, mover: Mover, claim_id: UUID, action: str, state: str, things: Sequence[str]
) -> None:
    await transitions.log_act(connection, CLAIM, claim_id, action, mover, state=state, note=LIST_SEPARATOR.join(things))


def _view(row: Record) -> dict[str, Any]:
    kept = ("id", "errand_id", "title", "status", "things", "things_since")
    return {
        **{name: row[name] for name in kept},
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "helper": {"nickname": row["nickname"]},
        "actions": ["hand_back"],
    }
