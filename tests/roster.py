"""People whom the office knows and who have not logged in."""

from uuid import uuid4

from app.core.db import insert
from app.core.ids import new_id
from app.domain.kinds import MemberKind
from app.models import Area, Member, Volunteer
from app.services import people
from app.services.people import Contact
from tests.factories import World


def new_contact(name: str = "王小明") -> Contact:
    """Return somebody with a number that nobody else has."""
    return Contact(name, f"139{uuid4().int % 10**8:08}")


async def enrol(world: World, contact: Contact, *, area: Area | None = None, volunteer: bool = False) -> Contact:
    """Put somebody on the roster as an approved member and, if asked, as a volunteer; return them."""
    home_area_id = (area or world.grid).id
    async with world.database.transaction() as connection:
        person_id = await people.enter(connection, world.settings.data_key.get_secret_value(), contact)
        member = Member(
            id=new_id(),
            person_id=person_id,
            kind=MemberKind.IN_SERVICE,
            unit_id=world.unit_id,
            home_area_id=home_area_id,
            status="approved",
        )
        await insert(connection, member)
        if volunteer:
            row = Volunteer(id=new_id(), person_id=person_id, home_area_id=home_area_id, skills=[], status="approved")
            await insert(connection, row)
    return contact
