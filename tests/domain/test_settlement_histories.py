"""Random years of a shop: whatever was scanned, undone, disputed and paid, the statements sum to the ledger."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from app.core.clock import now
from app.domain import months
from tests.factories import World
from tests.people import Person
from tests.settlements import LAST_MONTH, REASON, lines_of, make_redemption, merchant_points, paid_points

STEPS = 60
MONTHS = [months.before(months.before(LAST_MONTH)), months.before(LAST_MONTH), LAST_MONTH, months.after(LAST_MONTH)]
OWED_BY_STATEMENTS = """
    SELECT s.month, s.status, s.total_points, s.line_count, coalesce(sum(l.points), 0) AS points, count(l.id) AS lines,
        coalesce(sum(l.points) FILTER (WHERE v.status <> 'settled'), 0) AS lost_points
    FROM settlement s LEFT JOIN settlement_line l ON l.settlement_id = s.id AND l.status <> 'removed'
    LEFT JOIN voucher v ON v.id = l.voucher_id
    WHERE s.merchant_id = $1 GROUP BY s.id
"""
STANDING = """
    SELECT coalesce(sum(v.points), 0) FROM redemption r JOIN voucher v ON v.id = r.voucher_id
    WHERE r.merchant_id = $1 AND v.status = 'settled'
        AND NOT EXISTS (SELECT FROM settlement_line l WHERE l.redemption_id = r.id AND l.status <> 'removed')
"""


@dataclass
class Years:
    """One shop, its customers and its alliance."""

    world: World
    chance: random.Random
    owner: Person
    holder: Person
    shop_id: UUID
    offers: list[UUID]
    redemptions: list[UUID] = field(default_factory=list)
    statements: dict[date, UUID] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def begin(cls, world: World, seed: int) -> "Years":
        owner, holder = await world.person(), await world.helper(points=5_000)
        shop_id = await world.shop(owner)
        offers = [await world.offer(shop_id, points=points, stock=1_000) for points in (1, 7, 50)]
        return cls(world, random.Random(seed), owner, holder, shop_id, offers)  # noqa: S311 - a repeatable walk

    async def step(self) -> None:
        verbs = (self.scan, self.scan, self.scan, self.undo, self.draft, self.act, self.act, self.dispute)
        await self.chance.choice(verbs)()

    async def scan(self) -> None:
        """Somewhere in a month, at its edges more often than anywhere else."""
        first, end = months.bounds(self.chance.choice(MONTHS))
        edge = timedelta(microseconds=1)
        moments: list[datetime] = [first, first + edge, end - edge, first + (end - first) * self.chance.random()]
        offer = self.chance.choice(self.offers)
        at = min(self.chance.choice(moments), now())
        self.redemptions.append(await make_redemption(self.world, self.owner, self.holder, offer, at=at))

    async def undo(self) -> None:
        if self.redemptions:
            redemption = self.chance.choice(self.redemptions)
            await self.post("undo", f"/v1/redemptions/{redemption}/reverse", self.world.alliance, REASON)

    async def draft(self) -> None:
        month = self.chance.choice(MONTHS)
        form = {"merchant_id": str(self.shop_id), "month": months.write(month)}
        made = await self.post("draft", "/v1/settlements", self.world.alliance, form)
        if made is not None:
            self.statements[month] = made

    async def act(self) -> None:
        if self.statements:
            action = self.chance.choice(("refresh", "agree", "agree", "reopen", "pay"))
            form = {"reopen": REASON, "pay": {"document": "转账"}}.get(action)
            person = self.owner if action == "agree" else self.world.alliance
            path = f"/v1/settlements/{self.chance.choice(list(self.statements.values()))}/{action}"
            await self.post(action, path, person, form)

    async def dispute(self) -> None:
        """Doubt a line, and mostly answer it."""
        if self.statements:
            settlement_id = self.chance.choice(list(self.statements.values()))
            lines = await lines_of(self.world, settlement_id, self.owner)
            if lines:
                path = f"/v1/settlements/{settlement_id}/lines/{self.chance.choice(lines)['id']}"
                await self.post("dispute", f"{path}/dispute", self.owner, REASON)
                if self.chance.random() < 0.8:
                    form = {"decision": self.chance.choice(("accepted", "removed")), "answer": "核对过了。"}
                    await self.post("answer", f"{path}/answer", self.world.alliance, form)

    async def post(self, verb: str, path: str, person: Person, form: dict[str, str] | None) -> UUID | None:
        response = await self.world.api.post(path, person, form)
        assert response.status_code in {200, 201, 409}, response.text
        self.answered[f"{verb} {response.status_code}"] += 1
        return UUID(response.json()["id"]) if response.status_code < 300 else None

    async def check(self) -> None:
        """What each statement says is what its lines say; what is closed is the ledger's; nothing is owed twice."""
        rows = await self.world.database.reads.fetch(OWED_BY_STATEMENTS, self.shop_id)
        owed, paid = await merchant_points(self.world, self.shop_id), await paid_points(self.world, self.shop_id)
        for row in rows:
            assert (row["total_points"], row["line_count"]) == (row["points"], row["lines"])
            assert row["status"] == "draft" or row["lost_points"] == 0, "what was agreed to is not undone"
        assert sum(row["total_points"] for row in rows if row["status"] == "paid") == paid
        standing = await self.world.database.reads.fetchval(STANDING, self.shop_id)
        on_statements = sum(row["points"] - row["lost_points"] for row in rows)
        assert on_statements + standing == owed + paid, "all statements and what stands on none: the ledger"
        day = (await self.world.api.get(f"/v1/merchants/{self.shop_id}/day", self.owner)).json()
        assert day["open_settlement"]["points"] == owed

    async def close_everything(self) -> None:
        """Draft, answer, agree to and pay every month that is over; what was scanned into one late joins it."""
        for month in MONTHS[:-1]:
            await self.post(
                "draft",
                "/v1/settlements",
                self.world.alliance,
                {"merchant_id": str(self.shop_id), "month": months.write(month)},
            )
        rows = await self.world.database.reads.fetch(
            "SELECT id, status FROM settlement WHERE merchant_id = $1", self.shop_id
        )
        for row in rows:
            path = f"/v1/settlements/{row['id']}"
            await self.post("reopen", f"{path}/reopen", self.world.alliance, REASON)
            answer = {"decision": "accepted", "answer": "核对过了。"}
            for line in await lines_of(self.world, row["id"], self.owner):
                if line["status"] == "disputed":
                    await self.post("answer", f"{path}/lines/{line['id']}/answer", self.world.alliance, answer)
            for action, person, form in (
                ("refresh", self.world.alliance, None),
                ("agree", self.owner, None),
                ("pay", self.world.alliance, {"document": "转账"}),
            ):
                await self.post(action, f"{path}/{action}", person, form)


@pytest.mark.parametrize("seed", range(5))
async def test_the_statements_of_all_months_sum_to_the_ledger(world: World, seed: int):
    years = await Years.begin(world, seed)
    for _ in range(STEPS):
        await years.step()
        await years.check()
    await years.close_everything()
    await years.check()
    open_statements = await world.database.reads.fetchval(
        "SELECT count(*) FROM settlement WHERE merchant_id = $1 AND status <> 'paid'", years.shop_id
    )
    assert open_statements == 0
    standing = await world.database.reads.fetchval(STANDING, years.shop_id)
    assert await merchant_points(world, years.shop_id) == standing, "left are this month's and what was removed"
    assert {"agree 200", "pay 200", "undo 200", "draft 201", "draft 409"} <= set(years.answered), years.answered
