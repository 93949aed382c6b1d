"""The example of ``docs/ledger.md`` is posted as it stands there, and ends as it says."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from uuid import UUID, uuid4

from app import ledger
from app.core.clock import SHANGHAI
from tests.ledger.conftest import Books

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/ledger.md"
ROW = re.compile(r"^\| ?([-\d]*) \| ?(\w*)[^|]*\| ([^|]+) · (\d) \| ([^|]+) \| ([^|]+) \| (\d+) \|$", re.MULTILINE)
LASTS = {"26": date(2026, 12, 31), "27": date(2027, 6, 30)}
POSTED = """
    SELECT t.kind, t.leg, t.points, d.kind AS debit, d.expires_on AS debit_day, c.kind AS credit,
        c.expires_on AS credit_day
    FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit_account_id
    JOIN ledger_account c ON c.id = t.credit_account_id
    WHERE $1 IN (d.owner_id, c.owner_id) OR $2 IN (d.owner_id, c.owner_id) ORDER BY t.cmin::text::bigint, t.leg
"""
CLOCK = """
    ALTER TABLE ledger_transfer ALTER COLUMN created_at SET DEFAULT current_setting('test.moment')::timestamptz
"""


@dataclass
class Story:
    """What the example tells, done by the ledger's verbs."""

    books: Books
    user: UUID = field(default_factory=uuid4)
    shop: UUID = field(default_factory=uuid4)
    first: UUID = field(default_factory=uuid4)
    second: UUID = field(default_factory=uuid4)

    async def on(self, day: date) -> date:
        moment = datetime.combine(day, time(12), SHANGHAI)
        await self.books.connection.execute("SELECT set_config('test.moment', $1, true)", moment.isoformat())
        return day

    async def account(self, kind: str, expires_on: date) -> UUID:
        found: UUID = await self.books.connection.fetchval(
            "SELECT id FROM ledger_account WHERE owner_id = $1 AND kind = $2 AND expires_on = $3",
            self.user,
            kind,
            expires_on,
        )
        return found

    async def tell(self) -> None:
        connection, user, shop = self.books.connection, self.user, self.shop
        early, late = LASTS.values()
        await ledger.open_wallet(connection, user)
        await ledger.open_merchant(connection, shop)
        await self.on(date(2026, 3, 2))
        await ledger.award(connection, user, 8, uuid4(), expires_on=early, available_on=date(2026, 3, 5))
        await self.on(date(2026, 3, 5))
        await ledger.mature(connection, await self.account("waiting", early), user, early)
        await self.on(date(2026, 7, 10))
        await ledger.award(connection, user, 10, uuid4(), expires_on=late)
        day = await self.on(date(2026, 7, 12))
        await ledger.hold(connection, user, 12, self.first, today=day)
        await ledger.settle(connection, self.first, shop)
        await self.on(date(2026, 8, 1))
        await ledger.pay(connection, [self.first])
        day = await self.on(date(2026, 8, 3))
        await ledger.hold(connection, user, 5, self.second, today=day)
        await ledger.settle(connection, self.second, shop)
        await ledger.reverse(connection, self.second, not_before=day)
        await self.on(date(2026, 8, 5))
        await ledger.adjust_up(connection, user, 3, uuid4())
        day = await self.on(date(2026, 8, 6))
        await ledger.donate(connection, user, 2, uuid4(), area_id=uuid4(), today=day)
        await self.on(date(2027, 7, 1))
        await ledger.expire(connection, await self.account("wallet", late))
        await self.books.end()


async def test_the_example_of_the_document(books: Books):
    await books.connection.execute(CLOCK)
    story = Story(books)
    await story.tell()
    posted = [
        (row["kind"], row["leg"], *written(row, "debit"), *written(row, "credit"), row["points"])
        for row in await books.connection.fetch(POSTED, story.user, story.shop)
    ]
    told, kind = [], ""
    for _, word, _, leg, debit, credit, points in ROW.findall(DOCUMENT.read_text("utf-8")):
        kind = {"adjust": "adjust_up"}.get(word, word) or kind
        told.append((kind, int(leg), *read(debit), *read(credit), int(points)))
    assert len(told) == 15
    assert posted == told
    balances: Counter[str] = Counter()
    for _, _, debit, _, credit, _, points in posted:
        balances[debit] -= points
        balances[credit] += points
    assert {kind: points for kind, points in balances.items() if points} == {
        "issuer": -18, "manual": -3, "paid": 12, "fund": 2, "expired": 4, "wallet": 3,
    }  # fmt: skip


def written(row: object, side: str) -> tuple[str, date | None]:
    return row[side], row[f"{side}_day"]  # type: ignore[index]


def read(cell: str) -> tuple[str, date | None]:
    """Return kind and last day of an account as the document names it."""
    kind, _, day = cell.replace(",", "").partition(" ")
    return kind, LASTS.get(day[:2])
