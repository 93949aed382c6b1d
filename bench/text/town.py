"""A district with its complaints in a database of its own, filled for one run."""

import random
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from alembic import command

from app.cli.database import alembic_config
from app.core.clock import now
from app.core.db import READ_SETTINGS
from app.core.ids import new_id
from app.core.scratch_database import running_server, scratch_database
from app.domain import likeness, words
from app.services import similar
from bench.text import crowd
from bench.text.sets import Text

STREETS, COMMUNITIES, GRIDS = 10, 80, 486
PLACES_OF_COMMUNITY = 12
ON_OFFER_PERCENT = 10
"""Of all complaints of some years, those that are open or were closed within 90 days."""
STATES = ("open", "accepted", "waiting", "answered", "closed")
AREA_COLUMNS = ("id", "parent_id", "kind", "name", "lineage", "is_wish_review_required")
TEXT_COLUMNS = ("complaint_id", "lineage", "tokens", "title_tokens", "beginning", "learned_as")
COLUMNS = (
    *("id", "area_id", "handler_id", "category", "urgency", "title", "body", "status", "is_confidential", "channel"),
    *("joins", "has_reopened", "answer", "outcome", "closed_at"),
)


@dataclass
class Town:
    """Where complaints lie: for each community, its grids with their lineages."""

    connection: asyncpg.Connection
    chance: random.Random
    communities: list[list[list[UUID]]] = field(default_factory=list)

    async def build(self) -> None:
        """Make the areas."""
        district = new_id()
        rows: list[tuple[Any, ...]] = [(district, None, "district", "测区", [district], True)]
        streets = [new_id() for _ in range(STREETS)]
        rows += [(street, district, "street", f"街道{n}", [district, street], True) for n, street in enumerate(streets)]
        for number in range(COMMUNITIES):
            street, community = streets[number % STREETS], new_id()
            rows.append((community, street, "community", f"社区{number}", [district, street, community], True))
            self.communities.append([])
            for part in range(GRIDS // COMMUNITIES + (number < GRIDS % COMMUNITIES)):
                grid = new_id()
                lineage = [district, street, community, grid]
                rows.append((grid, community, "grid", f"网格{part}", lineage, True))
                self.communities[-1].append(lineage)
        await self.connection.copy_records_to_table("area", records=rows, columns=AREA_COLUMNS)

    async def crowd(self, count: int) -> None:
        """Fill the district with complaints that can all be offered: none was closed long ago."""
        names = crowd.places(self.chance, COMMUNITIES * PLACES_OF_COMMUNITY)
        of_community = [names[number::COMMUNITIES] for number in range(COMMUNITIES)]
        made = crowd.complaints(self.chance, of_community, count)
        while batch := [complaint for _, complaint in zip(range(10_000), made, strict=False)]:
            lineages = [self.chance.choice(self.communities[place]) for place, _, _, _ in batch]
            texts = [(category, title, body) for _, category, title, body in batch]
            await self._put(lineages, texts, [self.chance.choice(STATES) for _ in batch])
        for table in ("complaint", "complaint_text"):
            await self.connection.execute(f"VACUUM (ANALYZE) {table}")

    async def age(self) -> int:
        """Let most complaints be closed long ago, as in a district of some years; return how many are on offer."""
        await self.connection.execute(
            "UPDATE complaint SET status = 'closed', answer = '已处理。', outcome = 'resolved', closed_at = $1"
            " WHERE get_byte(uuid_send(id), 15) >= $2",
            now() - similar.LATELY - timedelta(days=1),
            256 * ON_OFFER_PERCENT // 100,
        )
        await similar.forget_old(self.connection)
        for table in ("complaint", "complaint_text"):
            await self.connection.execute(f"VACUUM (ANALYZE) {table}")
        left: int = await self.connection.fetchval("SELECT count(*) FROM complaint_text")
        return left

    async def add(self, texts: Collection[Text], category: str | None, status: str = "open") -> list[tuple[UUID, UUID]]:
        """Put complaints somewhere; return the id of each and another grid of its community, to be asked from."""
        lineages, neighbours = [], []
        for _ in texts:
            here, there = self.chance.sample(self.chance.choice(self.communities), 2)
            lineages.append(here)
            neighbours.append(there[-1])
        told = [(category or text.label, text.title, text.body) for text in texts]
        ids = await self._put(lineages, told, [status] * len(told), are_learned=False)
        return list(zip(ids, neighbours, strict=True))

    async def remove(self, ids: Collection[UUID]) -> None:
        """Take complaints away again, and all that was learned."""
        for statement in (
            "DELETE FROM complaint_text WHERE complaint_id = ANY ($1)",
            "DELETE FROM complaint WHERE id = ANY ($1)",
        ):
            await self.connection.execute(statement, list(ids))
        await self.connection.execute("DELETE FROM category_word")
        await self.connection.execute("UPDATE complaint_category SET learned = 0")

    async def _put(
        self,
        lineages: list[list[UUID]],
        texts: list[tuple[str, str, str]],
        states: list[str],
        *,
        are_learned: bool = True,
    ) -> list[UUID]:
        ids = [new_id() for _ in texts]
        lately = now() - timedelta(days=10)
        rows, read = [], []
        for complaint_id, lineage, (category, title, body), status in zip(ids, lineages, texts, states, strict=True):
            is_answered = status in {"answered", "closed"}
            answered = ("已处理。", "resolved") if is_answered else (None, None)
            fixed = (lineage[-1], lineage[-1], category, "ordinary", title, body, status, False, "app", 0, False)
            rows.append((complaint_id, *fixed, *answered, lately if status == "closed" else None))
            reading = likeness.read(title, body)
            learned_as = category if are_learned else None
            read.append((complaint_id, lineage, reading.tokens, reading.title_tokens, reading.beginning, learned_as))
        await self.connection.copy_records_to_table("complaint", records=rows, columns=COLUMNS)
        await self.connection.copy_records_to_table("complaint_text", records=read, columns=TEXT_COLUMNS)
        return ids


@contextmanager
def scratch_url() -> Iterator[str]:
    """Yield the URL of a migrated database that is gone afterwards."""
    words.load()
    with running_server() as server, scratch_database(server) as url:
        command.upgrade(alembic_config(url), "head")
        yield url


@asynccontextmanager
async def open_town(url: str, complaints: int, seed: int) -> AsyncIterator[Town]:
    """Yield a district with so many complaints."""
    connection = await asyncpg.connect(url, server_settings=READ_SETTINGS | {"statement_timeout": "0"})
    try:
        town = Town(connection, random.Random(seed))  # noqa: S311 - the same district each time
        await town.build()
        await town.crowd(complaints)
        yield town
    finally:
        await connection.close()
