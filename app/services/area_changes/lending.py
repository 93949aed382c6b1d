"""Lending between grids that go: who is lent stays lent; what was only proposed for the grids there were is over."""

from uuid import UUID

from asyncpg import Connection

from app.services.lending import lines, loans, plans
from app.services.transitions import Mover


async def end_within(connection: Connection, source_id: UUID, into_id: UUID, mover: Mover) -> int:
    """End the loans between two grids that become one; return how many. Locks the loans."""
    return await loans.end_between(connection, source_id, into_id, mover)


async def lapse(connection: Connection) -> None:
    """Give up plans for closed areas and end the lines of grids that are closed or not in their plan's area any more.

    Nobody is asked for them any more; who agreed stays lent. Locks the plans, then the lines, then the requests.
    """
    await plans.give_up_closed(connection)
    await lines.lapse_displaced(connection)
