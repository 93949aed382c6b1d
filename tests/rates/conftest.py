"""A district of a database of its own, whose complaints are written as events alone, and published on some days."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic_core import to_json

from app.core.clock import SHANGHAI
from app.core.db import Database
from app.core.ids import new_id
from app.core.scratch_database import scratch_database
from app.domain.rates import Happening
from app.models import Area
from app.services import rates
from tests.api_client import ApiClient
from tests.complaint_lives import accept, answer, happening, opened, rate
from tests.core.service import running_app, settings_for
from tests.factories import World, make_unit

APRIL = 720
"""In hours from the start, like everything in ``complaint_lives``."""
PUBLISHED_ON = (date(2026, 3, 12), date(2026, 4, 2), date(2026, 4, 20), date(2026, 7, 31))
WRITE = """
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, party, facts, created_at)
    VALUES ($1, 'complaint', $2, $3, $4, $5, $6, $7, $8)
"""


def night(day: date) -> datetime:
    """Return when a day's figures are published: the midnight before it has passed."""
    return datetime.combine(day, time(0, 20), SHANGHAI)


@dataclass
class Published:
    """The district, its unit, and the means to write and publish more."""

    url: str
    api: ApiClient
    world: World
    unit: UUID

    @property
    def database(self) -> Database:
        return self.world.database

    async def write(self, life: Sequence[Happening]) -> UUID:
        """Write the events of a complaint, as the database would have them had all of it happened."""
        complaint_id, states = uuid4(), [None, *(happened.to_state for happened in life)]
        async with self.database.transaction() as connection:
            for (came_from, _), happened in zip(pairwise(states), life, strict=True):
                facts = to_json(dict(happened.facts)).decode()
                await connection.execute(
                    WRITE, new_id(), complaint_id, happened.action, came_from, happened.to_state, happened.party,
                    facts, happened.at,
                )  # fmt: skip
        return complaint_id

    async def tamper(self, statement: str, *arguments: object) -> None:
        """Do what the database refuses to everybody who leaves its triggers on."""
        superuser = await asyncpg.connect(self.url)
        async with superuser.transaction():
            await superuser.execute("SET LOCAL session_replication_role = replica")
            await superuser.execute(statement, *arguments)
        await superuser.close()


def content(hour: int, area: Area, category: str = "lighting") -> list[Happening]:
    """A complaint that is taken up, resolved and praised within three hours."""
    life = opened(hour, area_id=str(area.id), category=category)
    return [*life, accept(hour + 1), answer(hour + 2), rate(hour + 3, is_satisfied=True)]


def lives(world: World, unit: UUID) -> list[list[Happening]]:
    """Spring of the district: March in both grids, one complaint of April."""
    grid, other = str(world.grid.id), str(world.other_grid.id)
    explained = [
        [
            *opened(hour, area_id=other, category="noise"),
            answer(hour + 1, "explained"),
            rate(hour + 2, is_satisfied=False),
        ]
        for hour in (0, 50, 100)
    ]
    corrected = [
        *opened(30, area_id=grid, category="lighting"),
        accept(31),
        happening(32, "dispatch", "accepted", unit_ids=[str(unit)]),
        answer(40, unit_id=str(unit)),
        happening(1000, "correct", "answered", category="water", urgency="urgent"),
    ]
    forgotten = opened(20, area_id=grid, category="lighting")
    return [
        *[content(hour, world.grid) for hour in range(12)],
        *[content(hour, world.grid, "neighbours") for hour in range(2)],
        *explained,
        corrected,
        [*forgotten, happening(900, "accept", "accepted"), answer(1500)],
        content(APRIL, world.grid),
    ]


@pytest.fixture(scope="session")
def spring_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture(scope="session")
async def published(spring_url: str, simulator_url: str) -> AsyncIterator[Published]:
    settings = settings_for(spring_url, simulator_url)
    async with running_app(settings) as (app, api):
        world = await World.make(app.state.database, api, settings)
        spring = Published(spring_url, api, world, await make_unit(world.database, world.district))
        for life in lives(world, spring.unit):
            await spring.write(life)
        for day in PUBLISHED_ON:
            assert await rates.publish(world.database, night(day)) == rates.MONTHS_KEPT_OPEN + 1
        yield spring
