"""What a file says of those who import it: nobody gives themselves a post, a shop or a hat (I2)."""

from collections.abc import Iterable

from app.services import people
from app.services.imports.kind import Desk
from app.services.people import Contact

USERS = "SELECT id, user_id FROM person WHERE id = ANY($1) AND user_id IS NOT NULL"


async def contacts(desk: Desk, told: Iterable[Contact]) -> frozenset[Contact]:
    """Return which of the people that a file tells of are importing it; two statements."""
    found = await people.find_many(desk.connection, desk.secret, list(told))
    rows = await desk.connection.fetch(USERS, list(found.values()))
    theirs = {row["id"] for row in rows if row["user_id"] in desk.importers}
    return frozenset(contact for contact, person_id in found.items() if person_id in theirs)
