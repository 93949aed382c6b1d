"""Making settlements and what they are made of, at any time: straight into the tables."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app import ledger
from app.core.clock import local_date, now, today
from app.core.db import insert
from app.core.ids import new_id, new_id_at
from app.domain import codes, months
from app.domain.lifecycle import Party
from app.domain.lifecycles import SETTLEMENT, SETTLEMENT_LINE, VOUCHER
from app.models import Redemption, Settlement, SettlementLine
from app.services import transitions
from app.services.transitions import Mover
from tests.factories import World
from tests.people import Person
from tests.random_words import letters

LAST_MONTH = months.before(months.of(today()))
POINTS = 5
STOCK = 20
REASON = {"reason": "这笔没有印象。"}


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
    settlement = Settlement(id=new_id(), merchant_id=merchant_id, month=month, number=f"TEST-{letters(12)}")
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


async def draft(world: World, merchant_id: UUID, month: date = LAST_MONTH) -> UUID:
    """Draft a statement through the API as the alliance; return its id."""
    form = {"merchant_id": str(merchant_id), "month": months.write(month)}
    response = await world.api.post("/v1/settlements", world.alliance, form)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def lines_of(world: World, settlement_id: UUID, reader: Person) -> list[dict[str, Any]]:
    """Return the lines of a statement, as the API tells them."""
    response = await world.api.get(f"/v1/settlements/{settlement_id}/lines", reader, limit=50)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


@dataclass
class Shop:
    """A shop with three redemptions in the last month."""

    world: World
    owner: Person
    holder: Person
    id: UUID
    offer_id: UUID
    redemptions: list[UUID]

    @classmethod
    async def open(cls, world: World, count: int = 3) -> "Shop":
        owner, holder = await world.person(), await world.helper(points=100)
        shop_id = await world.shop(owner)
        shop = cls(world, owner, holder, shop_id, await world.offer(shop_id, points=POINTS, stock=STOCK), [])
        for hour in range(count):
            await shop.settle(hour)
        return shop

    async def settle(self, hour: int) -> UUID:
        """Scan a voucher so many hours after the beginning of the last month."""
        at = months.start(LAST_MONTH) + timedelta(hours=hour)
        redemption = await make_redemption(self.world, self.owner, self.holder, self.offer_id, at=at)
        self.redemptions.append(redemption)
        return redemption

    async def act(
        self, settlement_id: UUID, action: str, person: Person, form: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Act on a statement; it must go well."""
        response = await self.world.api.post(f"/v1/settlements/{settlement_id}/{action}", person, form)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def agreed(self) -> UUID:
        settlement_id = await draft(self.world, self.id)
        await self.act(settlement_id, "agree", self.owner)
        return settlement_id

    async def paid(self) -> UUID:
        settlement_id = await self.agreed()
        await self.act(settlement_id, "pay", self.world.alliance, {"document": "转账0001"})
        return settlement_id

    async def in_state(self, state: str) -> UUID:
        if state == "draft":
            return await draft(self.world, self.id)
        return await (self.agreed() if state == "agreed" else self.paid())

    async def answer(
        self, settlement_id: UUID, line: dict[str, Any], decision: str, *, by: Person | None = None
    ) -> dict[str, Any]:
        """Dispute a line as the owner and have it answered."""
        path = f"lines/{line['id']}"
        await self.act(settlement_id, f"{path}/dispute", by or self.owner, REASON)
        form = {"decision": decision, "answer": "核对过了。"}
        return await self.act(settlement_id, f"{path}/answer", self.world.alliance, form)


async def merchant_points(world: World, merchant_id: UUID) -> int:
    """Return what a shop has settled and was not paid for, as its account in the ledger says."""
    return await _sum_of(
        world,
        merchant_id,
        "CASE WHEN t.credit_account_id = a.id THEN t.points ELSE -t.points END",
        "a.id IN (t.credit_account_id, t.debit_account_id)",
    )


async def paid_points(world: World, merchant_id: UUID) -> int:
    """Return what a shop was paid for, as the ledger says."""
    return await _sum_of(world, merchant_id, "t.points", "a.id = t.debit_account_id AND t.kind = 'pay'")


async def _sum_of(world: World, merchant_id: UUID, points: str, condition: str) -> int:
    return int(
        await world.database.reads.fetchval(
            f"SELECT coalesce(sum({points}), 0) FROM ledger_account a JOIN ledger_transfer t ON {condition} "
            "WHERE a.owner_id = $1 AND a.kind = 'merchant'",
            merchant_id,
        )
    )
