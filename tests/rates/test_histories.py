"""Ten thousand random lives: state and rates from the events are those from the rows, at the time and ever after (I7).

They are lived on the real services and a real PostgreSQL, whose clock and the process's go where the walk says. Each
walk is one transaction that is rolled back. On the way the rows are asked now and then; at its end the events, many of
them later, must say the same of each of those moments. ``COMPLAINT_EXAMPLES`` asks for more lives than the usual ones
(`make fuzz-complaints`).
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Connection

from app.core.db import Database
from app.core.scratch_database import scratch_database
from app.domain import months, rates
from app.domain.kinds import AreaKind
from app.domain.rates import Counts, Group, Standing
from app.services import calendars
from app.services.rates import reckon
from tests.core.service import settings_for
from tests.factories import make_area, make_unit, make_user
from tests.rates import fake_clock, rows
from tests.rates.walk import ACTIONS, STEPS_EACH, Town, Walk

EXAMPLES = int(os.environ.get("COMPLAINT_EXAMPLES", "200"))
LIVES_A_WALK = 25
LOOKS = 5
"""How often the rows are asked in a walk."""
WALKERS = 3
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
Look = tuple[datetime, dict[UUID, dict[str, Any]], dict[Group, Counts]]


@pytest.fixture(scope="module")
def walked_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture(scope="module")
async def towns(walked_url: str, simulator_url: str) -> AsyncIterator[list[Town]]:
    """A town for each walker, so that none waits for another."""
    await fake_clock.install(walked_url)
    settings = settings_for(walked_url, simulator_url)
    database = Database(walked_url, settings)
    async with database.transaction() as connection:
        await calendars.sync(connection)
    made = []
    for _ in range(WALKERS):
        lineage = [await make_area(database, None, AreaKind.DISTRICT)]
        for kind in (AreaKind.STREET, AreaKind.COMMUNITY):
            lineage.append(await make_area(database, lineage[-1], kind))
        grids = [await make_area(database, lineage[-1]) for _ in range(3)]
        staff = {area.id: (await make_user(database, settings)).id for area in (*lineage, *grids)}
        residents = [(await make_user(database, settings)).id for _ in range(LIVES_A_WALK)]
        units = [await make_unit(database, lineage[0]) for _ in range(3)]
        made.append(Town({grid.id: grid.lineage for grid in grids}, staff, residents, units))
    yield made
    database.close()


async def test_events_say_what_the_rows_said(walked_url: str, towns: list[Town]):
    seeds = list(range((EXAMPLES + LIVES_A_WALK - 1) // LIVES_A_WALK))
    taken: Counter[str] = Counter()
    counted: Counter[str] = Counter()

    async def live(town: Town) -> None:
        async with fake_clock.connected(walked_url) as connection:
            while seeds:
                await walk(connection, town, seeds.pop(0), taken, counted)

    async with asyncio.TaskGroup() as group:
        for town in towns:
            group.create_task(live(town))
    print(f"{taken.total():,} steps: {dict(taken.most_common())}; at the ends: {dict(counted)}")  # noqa: T201
    assert taken["create"] >= EXAMPLES
    assert {*ACTIONS, "remind", "escalate_overdue", "close_silent"} <= set(taken), "each kind of step was taken"
    assert all(counted[name] for name in (*rates.COUNTED, "led by units")), "each figure was counted"


async def walk(connection: Connection, town: Town, seed: int, taken: Counter[str], counted: Counter[str]) -> None:
    """Live some lives and hold the events against the rows; the seed names them."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable walk
    transaction = connection.transaction()
    await transaction.start()
    try:
        begin = FIRST_DAY + timedelta(days=chance.randrange(250), seconds=chance.randrange(86400))
        lives = Walk(connection, town, chance, LIVES_A_WALK, begin)
        looks: list[Look] = []
        while len(lives.authors) < LIVES_A_WALK or len(looks) < LOOKS:
            await lives.go(STEPS_EACH * LIVES_A_WALK // LOOKS)
            ids = [*lives.authors]
            seen = await rows.states(connection, ids)
            for found, state in seen.items():
                state["unit_id"] = lives.leads.get(found)
            looks.append((lives.moment, seen, await rows.counts(connection, ids, lives.moment, lives.leads)))
        for moment, seen, figures in looks:
            standings = await derive(connection, town, begin, moment)
            assert {found: told(standing) for found, standing in standings.items()} == seen, (seed, moment)
            assert rates.count(standings.values()) == figures, (seed, moment)
        taken += lives.taken
        for group, counts in figures.items():
            counted.update({name: getattr(counts, name) for name in rates.COUNTED})
            counted["led by units"] += counts.received if group.unit_id else 0
    finally:
        await transaction.rollback()


async def derive(connection: Connection, town: Town, begin: datetime, moment: datetime) -> dict[UUID, Standing]:
    """Return where the complaints of a town stood, from their events, month by month."""
    found: dict[UUID, Standing] = {}
    month = months.before(months.of(begin.date()))
    while months.start(month) <= moment:
        found |= await reckon(connection, month, moment, town.grids)
        month = months.after(month)
    return found


def told(standing: Standing) -> dict[str, Any]:
    """Return a standing in the words of the rows."""
    return {
        "status": standing.status,
        "area_id": standing.area_id,
        "handler_id": standing.handler_id,
        "category": standing.category,
        "urgency": standing.urgency,
        "accept_due_at": standing.accept_due_at,
        "answer_due_at": standing.answer_due_at,
        "answered_at": standing.answered_at,
        "outcome": standing.outcome,
        "merged_into_id": standing.merged_into,
        "unit_id": standing.unit_id,
        "created_at": standing.posted_at,
    }
