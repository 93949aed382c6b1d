"""A resident's things in a helper's hands: telling staff when their claim ends before they gave them back."""

from asyncpg import Connection, Record

from app.domain.message_kinds import MessageKind
from app.services import grants, messages


async def tell_staff(connection: Connection, claim: Record) -> None:
    """Tell the staff nearest to the task of a claim that ended with things in hand, if it did; never who has them."""
    if not claim["things"]:
        return
    staff = await grants.list_staff_near_task(connection, claim["task_id"], claim["user_id"])
    await messages.tell(connection, staff, MessageKind.THINGS_IN_HAND, claim["id"])
