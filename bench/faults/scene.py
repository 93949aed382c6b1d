"""Who takes part: shops with clerks, people with points of two dates, and vouchers that hold points of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID, uuid4

import asyncpg

from app import ledger
from app.core.clock import now, today
from app.core.db import insert
from app.core.ids import new_id
from app.core.security import issue_token
from app.domain.kinds import AreaKind, OfferKind
from app.models import Area, Clerk, Merchant, Offer, User
from bench.place import SECRET

SHOPS, CLERKS, HOLDERS = 4, 64, 100
POINTS = 3
HELD_AGO = timedelta(days=40)
"""Vouchers were taken so long ago that the first of their points could not be spent today any more."""
FILL_PURSES = """
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, created_at)
    SELECT 'award', issuer.id, wallet.id, $2, gen_random_uuid(), $3
    FROM ledger_account issuer, ledger_account wallet
    WHERE issuer.kind = 'issuer' AND wallet.kind = 'wallet' AND wallet.owner_id = ANY($1)
"""
MAKE_VOUCHERS = """
    WITH made AS (
        INSERT INTO voucher
            (id, offer_id, merchant_id, user_id, handle, kind, title, points, status, expires_at, created_at)
        SELECT v.id, o.id, o.merchant_id, v.user_id, '7777', o.kind, o.title, o.points, 'held', v.expires_at, $5
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS v (id, offer_id, user_id, expires_at)
        JOIN offer o ON o.id = v.offer_id
        RETURNING id, user_id, points
    )
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, leg, created_at)
    SELECT 'hold', wallet.id, held.id, leg.points, made.id, leg.number, $5
    FROM made
    CROSS JOIN LATERAL (VALUES (0, 1, $6::date), (1, made.points - 1, $7::date)) AS leg (number, points, expires_on)
    JOIN ledger_account wallet ON wallet.owner_id = made.user_id AND wallet.kind = 'wallet'
        AND wallet.expires_on IS NOT DISTINCT FROM leg.expires_on
    JOIN ledger_account held ON held.owner_id = made.user_id AND held.kind = 'held'
"""


@dataclass(frozen=True, slots=True)
class Voucher:
    """A held voucher, and the tokens of those who may scan it."""

    id: UUID
    clerks: Sequence[str]
    expires_at: datetime


class Scene:
    """What every run takes its vouchers from."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.offer_ids: list[UUID] = []
        self.clerks: list[list[str]] = []
        self.holder_ids: list[UUID] = []
        self.expired_on = today() - timedelta(days=1)

    @classmethod
    async def make(cls, connection: asyncpg.Connection) -> Self:
        """Make shops, clerks and people with points, in one transaction."""
        scene = cls(connection)
        async with connection.transaction():
            area_id = new_id()
            await insert(connection, Area(id=area_id, kind=AreaKind.DISTRICT, name="故障区", lineage=[area_id]))
            for _ in range(SHOPS):
                await scene._make_shop(area_id)
            for _ in range(HOLDERS):
                await scene._make_holder()
        return scene

    async def make_vouchers(self, count: int, expires_at: Sequence[datetime] | None = None) -> list[Voucher]:
        """Return new vouchers of every shop and person in turn, each holding points of two dates."""
        purse_points = -(-count // HOLDERS) * POINTS
        await self.connection.execute(FILL_PURSES, self.holder_ids, purse_points, now() - HELD_AGO)
        moments = expires_at or [now() + timedelta(days=1)] * count
        made = [Voucher(new_id(), self.clerks[n % SHOPS], moments[n]) for n in range(count)]
        await self.connection.execute(
            MAKE_VOUCHERS,
            [voucher.id for voucher in made],
            [self.offer_ids[n % SHOPS] for n in range(count)],
            [self.holder_ids[n % HOLDERS] for n in range(count)],
            [voucher.expires_at for voucher in made],
            now() - HELD_AGO,
            self.expired_on,
            None,
            timeout=120,
        )
        return made

    async def _make_user(self) -> UUID:
        user = User(id=new_id(), openid=f"o{uuid4().hex[:27]}", nickname="邻居0001")
        await insert(self.connection, user)
        await ledger.open_wallet(self.connection, user.id)
        return user.id

    async def _make_shop(self, area_id: UUID) -> None:
        user_ids = [await self._make_user() for _ in range(CLERKS // SHOPS)]
        shop = Merchant(id=new_id(), owner_id=user_ids[0], area_id=area_id, name="故障小店", status="approved")
        offer = Offer(
            id=new_id(),
            merchant_id=shop.id,
            area_id=area_id,
            kind=OfferKind.GOODS,
            title="一碗面",
            description="一碗面",
            points=POINTS,
            stock=1_000_000,
            stock_left=500_000,
            status="listed",
        )
        await insert(self.connection, shop)
        await ledger.open_merchant(self.connection, shop.id)
        for user_id in user_ids:
            await insert(self.connection, Clerk(id=new_id(), merchant_id=shop.id, user_id=user_id))
        await insert(self.connection, offer)
        self.offer_ids.append(offer.id)
        self.clerks.append([issue_token(SECRET, user_id, 1, now(), timedelta(days=1)) for user_id in user_ids])

    async def _make_holder(self) -> None:
        user_id = await self._make_user()
        await ledger.award(self.connection, user_id, POINTS, uuid4(), expires_on=self.expired_on)
        self.holder_ids.append(user_id)
