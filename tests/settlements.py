"""Making settlements and what they are made of, at any time: straight into the tables."""

from datetime import date, datetime
from uuid import UUID, uuid4

from app import ledger
from app.core.clock import local_date, now
from app.core.db import insert
from app.core.ids import new_id, new_id_at
from app.domain import codes
from app.domain.lifecycle import Party
from app.domain.lifecycles import SETTLEMENT, SETTLEMENT_LINE, VOUCHER
from app.models import Redemption, Settlement, SettlementLine
from app.services import transitions
from app.services.transitions import Mover
from tests.factories import World
from tests.people import Person


async def make_redemption(
    world: World, clerk: Person, holder: Person, offer_id: UUID, *, at: datetime | None = None
) -> UUID:
    """Take a voucher and settle it, as if the clerk had scanned it ``at`` that time."""
    voucher_id, moment = await world.voucher(holder, offer_id), at or now()
    async with world.database.transaction() as connection:
        moved = await transitions.move(connection, VOUCHER, voucher_id, "settle", Mover(Party.CLERK, clerk.id))
        redemption = Redemption(
            id=new_id_at(moment),
            voucher_id=voucher_id,
            merchant_id=moved["merchant_id"],
            clerk_id=clerk.id,
            points=moved["points"],
            step=codes.step_number(moment),
            is_typed=False,
            scanned_at=moment,
            settled_at=moment,
        )
        await insert(connection, redemption)
        await ledger.settle(connection, voucher_id, moved["merchant_id"])
    return redemption.id


async def reverse(world: World, redemption_id: UUID) -> None:
    """Undo a redemption as the alliance."""
    async with world.database.transaction() as connection:
        voucher_id = await connection.fetchval("SELECT voucher_id FROM redemption WHERE id = $1", redemption_id)
        await transitions.move(connection, VOUCHER, voucher_id, "reverse", Mover(Party.ALLIANCE, world.alliance.id))
        await ledger.reverse(connection, voucher_id, not_before=local_date(now()))


async def make_settlement(world: World, merchant_id: UUID, month: date) -> UUID:
    """Make a draft with nothing on it."""
    settlement = Settlement(id=new_id(), merchant_id=merchant_id, month=month, number=f"TEST-{uuid4().hex[:12]}")
    async with world.database.transaction() as connection:
        await insert(connection, settlement)
        await transitions.log_creation(connection, SETTLEMENT, settlement.id, transitions.SYSTEM)
    return settlement.id


async def make_line(world: World, settlement_id: UUID, redemption_id: UUID) -> UUID:
    """Put a redemption on a statement; return the line's id."""
    row = await world.database.reads.fetchrow(
        "SELECT r.*, v.points FROM redemption r JOIN voucher v ON v.id = r.voucher_id WHERE r.id = $1", redemption_id
    )
    assert row is not None
    line = SettlementLine(
        id=new_id(),
        settlement_id=settlement_id,
        redemption_id=redemption_id,
        voucher_id=row["voucher_id"],
        points=row["points"],
        settled_at=row["settled_at"],
    )
    async with world.database.transaction() as connection:
        await insert(connection, line)
        await transitions.log_creation(connection, SETTLEMENT_LINE, line.id, transitions.SYSTEM)
    return line.id
