"""Who and what takes part in a run: people with tokens, areas, wishes, complaints, tasks, shops, points to spend."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Literal, Self
from uuid import UUID

import asyncpg

from app.core.clock import now
from app.core.ids import new_id
from app.core.security import issue_token

PEOPLE = 2_000
POSTERS = 8_000
"""Nobody may post complaints fast: there are enough of them that nobody has to."""
Spread = Literal["even", "hot"]
"""Vouchers of all shops in turn, or all of one shop."""
PURSE_POINTS = 1_000_000
TOKEN_TTL = timedelta(days=1)

FIND_AREAS = "SELECT id FROM area WHERE kind = $1 ORDER BY id"
FIND_PUBLISHED = "SELECT id FROM wish WHERE status = 'published' ORDER BY id DESC LIMIT $1"
FIND_ON_WALL = "SELECT id FROM complaint WHERE is_on_wall ORDER BY id DESC LIMIT $1"
FIND_FREE_TASKS = "SELECT id FROM task WHERE status = 'open' AND seats = 1 AND seats_taken = 0 ORDER BY id LIMIT $1"
FIND_LABELS = """
    SELECT s.label_longitude AS longitude, s.label_latitude AS latitude
    FROM area_shape s JOIN area a ON a.id = s.area_id WHERE a.kind = 'grid' ORDER BY a.id
"""
FIND_MEMBERS = """
    SELECT u.id AS user_id FROM member m JOIN person p ON p.id = m.person_id JOIN "user" u ON u.id = p.user_id
    WHERE m.status = 'approved' AND u.open_claims < 3 AND NOT u.is_blocked AND u.token_version = 1
        AND NOT EXISTS (SELECT FROM "grant" g WHERE g.user_id = u.id)
        AND NOT EXISTS (SELECT FROM clerk c WHERE c.user_id = u.id)
    ORDER BY m.id LIMIT $1
"""
FIND_POSTERS = """
    SELECT u.id FROM "user" u WHERE NOT u.is_blocked AND u.token_version = 1
        AND NOT EXISTS (SELECT FROM "grant" g WHERE g.user_id = u.id)
    ORDER BY u.id LIMIT $1
"""
FIND_HOLDERS = """
    SELECT x.id AS post_id, p.user_id FROM post x JOIN area a ON a.id = x.area_id
    JOIN post_holding h ON h.post_id = x.id AND h.until IS NULL JOIN person p ON p.id = h.person_id
    WHERE a.kind = $1 AND p.user_id IS NOT NULL ORDER BY x.id
"""
FIND_STAFF = "SELECT user_id FROM \"grant\" WHERE role = 'administrator' ORDER BY id LIMIT 1"
FIND_OFFERS = """
    SELECT DISTINCT ON (o.id) o.id, o.merchant_id, c.user_id AS clerk_id
    FROM offer o JOIN clerk c ON c.merchant_id = o.merchant_id JOIN "user" u ON u.id = c.user_id
    WHERE o.status = 'listed' AND u.token_version = 1 AND NOT u.is_blocked ORDER BY o.id
"""
FILL_STOCK = """
    UPDATE offer SET points = 1, stock = 1000000, stock_left = 1000000, per_person_limit = NULL, per_day_limit = NULL
    WHERE status = 'listed'
"""
FILL_PURSES = """
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id)
    SELECT 'award', issuer.id, wallet.id, $2, gen_random_uuid()
    FROM ledger_account issuer, ledger_account wallet
    WHERE issuer.kind = 'issuer' AND wallet.kind = 'wallet' AND wallet.expires_on IS NULL AND wallet.owner_id = ANY($1)
"""
MAKE_VOUCHERS = """
    WITH made AS (
        INSERT INTO voucher (id, offer_id, merchant_id, user_id, handle, kind, title, points, status, expires_at)
        SELECT v.id, o.id, o.merchant_id, v.user_id, '7777', o.kind, o.title, 1, 'held',
            now() + interval '30 days'
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS v (id, offer_id, user_id) JOIN offer o ON o.id = v.offer_id
        RETURNING id, user_id, points
    )
    INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id)
    SELECT 'hold', wallet.id, held.id, made.points, made.id FROM made
    JOIN ledger_account wallet ON wallet.owner_id = made.user_id AND wallet.kind = 'wallet'
        AND wallet.expires_on IS NULL
    JOIN ledger_account held ON held.owner_id = made.user_id AND held.kind = 'held'
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to take a voucher of, and who settles it."""

    id: UUID
    merchant_id: UUID
    clerk_id: UUID


@dataclass(frozen=True, slots=True)
class HeldVoucher:
    """A voucher that waits for its scan, and who scans it where."""

    id: UUID
    merchant_id: UUID
    clerk_id: UUID


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a post."""

    post_id: UUID
    user_id: UUID


class Cast:
    """Everything a run needs of the database."""

    def __init__(self, connection: asyncpg.Connection, secret: str) -> None:
        self.connection = connection
        self.secret = secret
        self.random = random.Random(1)  # noqa: S311 - the same choices in every run, no secrets
        self.areas: dict[str, list[UUID]] = {}
        self.members: list[UUID] = []
        self.posters: list[UUID] = []
        self.wishes: list[UUID] = []
        self.complaints: list[UUID] = []
        self.tasks: list[UUID] = []
        self.labels: list[tuple[float, float]] = []
        self.offers: list[Offer] = []
        self.holders: dict[str, list[Holder]] = {}
        self.administrator_id = UUID(int=0)

    @classmethod
    async def meet(cls, connection: asyncpg.Connection, secret: str) -> Self:
        """Find everybody and everything; fill the purses and the stocks, which no scenario is to run out of."""
        cast = cls(connection, secret)
        for kind in ("district", "community", "grid"):
            cast.areas[kind] = [row["id"] for row in await connection.fetch(FIND_AREAS, kind)]
        cast.members = [row["user_id"] for row in await connection.fetch(FIND_MEMBERS, PEOPLE)]
        cast.posters = [row["id"] for row in await connection.fetch(FIND_POSTERS, POSTERS)]
        cast.wishes = [row["id"] for row in await connection.fetch(FIND_PUBLISHED, PEOPLE)]
        cast.complaints = [row["id"] for row in await connection.fetch(FIND_ON_WALL, PEOPLE)]
        cast.tasks = [row["id"] for row in await connection.fetch(FIND_FREE_TASKS, PEOPLE)]
        cast.labels = [(row["longitude"], row["latitude"]) for row in await connection.fetch(FIND_LABELS)]
        cast.offers = [
            Offer(row["id"], row["merchant_id"], row["clerk_id"]) for row in await connection.fetch(FIND_OFFERS)
        ]
        found = {len(those) for those in (cast.members, cast.wishes, cast.complaints, cast.tasks)}
        for kind in ("community", "grid"):
            holders = await connection.fetch(FIND_HOLDERS, kind)
            cast.holders[kind] = [Holder(row["post_id"], row["user_id"]) for row in holders]
        cast.administrator_id = await connection.fetchval(FIND_STAFF)
        assert all(cast.holders.values()), "nobody holds a post: fill the district anew with --fresh"
        assert found == {PEOPLE}, "the district is not filled"
        assert cast.offers, "no shop offers anything"
        await connection.execute(FILL_STOCK)
        await connection.execute(FILL_PURSES, cast.members, PURSE_POINTS)
        cast.random.shuffle(cast.tasks)
        return cast

    def token(self, user_id: UUID) -> str:
        """Return what ``user_id`` logs in with."""
        return issue_token(self.secret, user_id, 1, now(), TOKEN_TTL)

    def offers_of(self, spread: Spread) -> list[Offer]:
        """Return the offers of all shops, or those of the shop that has the most."""
        if spread == "even":
            return self.offers
        hot, _ = Counter(offer.merchant_id for offer in self.offers).most_common(1)[0]
        return [offer for offer in self.offers if offer.merchant_id == hot]

    async def make_vouchers(self, count: int, spread: Spread) -> list[HeldVoucher]:
        """Return new vouchers of members and offers in turn, their points held."""
        pairs = zip(cycle(self.offers_of(spread)), cycle(self.members), strict=False)
        made = [(new_id(), offer, member) for _, (offer, member) in zip(range(count), pairs, strict=False)]
        await self.connection.execute(
            MAKE_VOUCHERS,
            [voucher_id for voucher_id, _, _ in made],
            [offer.id for _, offer, _ in made],
            [member for _, _, member in made],
            timeout=120,
        )
        return [HeldVoucher(voucher_id, offer.merchant_id, offer.clerk_id) for voucher_id, offer, _ in made]
