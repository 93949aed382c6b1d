"""Putting right how somebody is called or called up on the roster, where it was entered wrongly (I12).

Name and number tell who somebody is, so that whoever changes them says who may be recognised as that person: only staff
may who could give away all that the person is, and whose are the units at which the person is called.
"""

from uuid import UUID

from asyncpg import Connection, Record

from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.lifecycle import Lifecycle, Party
from app.schemas.people import CorrectionIn
from app.services import binding, people, transitions
from app.services.people import Contact
from app.services.transitions import Mover

LOCK = "SELECT FROM person WHERE id = (SELECT person_id FROM {0} WHERE id = $1) FOR UPDATE"
FIND = f"""
    SELECT p.id, p.user_id, p.sealed,
        {binding.IS_BEYOND.format(person_id="p.id", staff="$2::uuid[]", administrator="$3::uuid[]")} OR EXISTS (
            SELECT FROM unit u JOIN area b ON b.id = u.area_id
            WHERE u.contact_id = p.id AND NOT b.lineage && $2::uuid[]
        ) AS is_beyond
    FROM {{0}} x JOIN person p ON p.id = x.person_id JOIN area a ON a.id = x.home_area_id
    WHERE x.id = $1 AND a.lineage && $2::uuid[]
"""
# Whoever was recognised as the person is still found beside what they said.
FOLLOW = "UPDATE identification SET identity_hash = $2 WHERE user_id = $1 AND status = 'approved'"


async def correct(
    connection: Connection, secret: str, lifecycle: Lifecycle, caller: Caller, subject_id: UUID, form: CorrectionIn
) -> None:
    """Write another name or number for whom the roster has in a hat; all other hats, posts and shops follow.

    Raises ``not-found`` outside the caller's areas, ``own-interest`` (I2), ``not-allowed`` when the person is more than
    the caller may give away, ``state-conflict`` for one who told neither in the app, and by the database
    ``person-exists``. Locks the person. The event tells what was changed, and neither the old nor the new.
    """
    row = await _lock(connection, lifecycle, caller, subject_id)
    contact = Contact(form.name, form.phone)
    present = people.read(secret, row["id"], row["sealed"])
    if present is None:
        raise Problem("state-conflict")
    changed = [name for name, value in contact.whole.items() if value != present.whole[name]]
    if not changed:
        return
    found_under = await people.correct(connection, secret, row["id"], contact)
    if row["user_id"] is not None:
        await connection.execute(FOLLOW, row["user_id"], found_under)
    mover, facts = Mover(Party.STAFF, caller.id), {"found_as": lifecycle.subject, "changed": changed}
    await transitions.log(connection, "person", row["id"], "correct", "known", mover, note=form.reason, facts=facts)


async def _lock(connection: Connection, lifecycle: Lifecycle, caller: Caller, subject_id: UUID) -> Record:
    await connection.execute(LOCK.format(lifecycle.subject), subject_id)
    scopes = caller.scope(Role.STAFF), caller.scope(Role.ADMINISTRATOR)
    row = await connection.fetchrow(FIND.format(lifecycle.subject), subject_id, *scopes)
    if row is None:
        raise Problem("not-found")
    if row["user_id"] == caller.id:
        raise Problem("own-interest")
    if row["is_beyond"]:
        raise Problem("not-allowed")
    return row
