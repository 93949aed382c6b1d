"""Going round what is due: each thing in a transaction of its own, until none is left."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import TypeVar

import structlog
from asyncpg import Connection

from app.core.clock import today
from app.core.db import Database, Reads
from app.domain.errors import Problem
from app.ledger import Cohort

log = structlog.get_logger(__name__)

BATCH = 500
"""How many things are looked up at a time."""

Due = TypeVar("Due")


async def in_batches(
    database: Database,
    find: Callable[[Reads, date, int], Awaitable[list[Cohort]]],
    act: Callable[[Connection, Cohort], Awaitable[None]],
    limit: int = BATCH,
) -> int:
    """Act on every account of points that is due today, ``limit`` a look, until none is left; return on how many."""
    done = 0
    while True:
        due = await find(database.reads, today(), limit)
        acted = await each(database, due, act)
        done += acted
        if len(due) < limit or not acted:
            return done


async def until_none(
    database: Database,
    find: Callable[[Connection, int], Awaitable[list[Due]]],
    act: Callable[[Connection, Due], Awaitable[None]],
) -> int:
    """Act on everything that ``find`` returns, until none is left; return on how many."""
    done = 0
    while True:
        async with database.transaction() as connection:
            due = await find(connection, BATCH)
        acted = await each(database, due, act)
        done += acted
        if len(due) < BATCH or not acted:
            return done


async def while_full(database: Database, act: Callable[[Connection, int], Awaitable[int]], limit: int = BATCH) -> int:
    """Act on ``limit`` things at a time, a transaction each time, until there are fewer; return on how many."""
    done, acted = 0, limit
    while acted == limit:
        async with database.transaction() as connection:
            acted = await act(connection, limit)
        done += acted
    return done


async def each(database: Database, due: Sequence[Due], act: Callable[[Connection, Due], Awaitable[None]]) -> int:
    """Act on each thing in a transaction of its own; what somebody moved meanwhile is left as it is."""
    done = 0
    for thing in due:
        try:
            async with database.transaction() as connection:
                await act(connection, thing)
            done += 1
        except Problem as problem:
            log.info("left to whoever moved it first", code=problem.type.code)
    return done
