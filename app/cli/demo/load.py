"""Loading one district in one transaction: all of it is there afterwards, or nothing."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import asyncpg
from asyncpg import Connection
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.cli.demo import words
from app.cli.demo.complaints import Category, ComplaintMaker
from app.cli.demo.neighbourhood import NeighbourhoodMaker
from app.cli.demo.people import PEOPLE, name_in_round
from app.cli.demo.shops import ShopMaker
from app.cli.demo.statements import draw_up
from app.cli.demo.town import Size, Town
from app.cli.demo.wishes import WishMaker
from app.core.clock import now
from app.core.db import WRITE_SETTINGS, Database
from app.core.settings import Settings, SettingsError
from app.domain.kinds import Urgency
from app.domain.texts import HELD_FOR_REVIEW
from app.ledger import Books, seal_loaded
from app.services import similar, task_words
from app.wechat.simulator import openid_of

# One statement writes up to 5,000 rows, with every trigger of theirs: the service's own limits are not meant for it.
LIFT_LIMITS = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
COUNT_OPEN_CLAIMS = """
    UPDATE "user" SET open_claims = counted.claims
    FROM unnest($1::uuid[], $2::int[]) AS counted (id, claims) WHERE "user".id = counted.id
"""
IS_TAKEN = "SELECT EXISTS (SELECT FROM area WHERE parent_id IS NULL AND name = $1)"
FIND_KNOWN = """
    SELECT u.id, u.openid, EXISTS (SELECT FROM "grant" g WHERE g.user_id = u.id)
        OR EXISTS (SELECT FROM person p WHERE p.user_id = u.id)
        OR EXISTS (SELECT FROM clerk c WHERE c.user_id = u.id) AS has_part
    FROM "user" u WHERE u.openid = ANY($1)
"""
LIST_CATEGORIES = "SELECT code, urgency, is_confidential FROM complaint_category"
DATABASE_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError)
HOLD_WHAT_WAITS = """
    WITH kept AS (
        INSERT INTO content_check (id, subject_kind, subject_id, part, status, suggest, label, trace_id, note)
        SELECT uuid_v7(), waiting.kind, waiting.id, 'words', 'held', 'review', 10001, 'demo', $1 FROM (
            SELECT 'wish' AS kind, id FROM wish WHERE status = 'reviewing'
            UNION ALL SELECT 'complaint', id FROM complaint WHERE status = 'reviewing'
            UNION ALL SELECT 'offer', id FROM offer WHERE status = 'reviewing'
        ) AS waiting
        WHERE NOT EXISTS (SELECT FROM content_check k WHERE k.subject_id = waiting.id) ORDER BY waiting.id RETURNING id
    )
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, party, note)
    SELECT uuid_v7(), 'content_check', id, 'hold_check', 'held', 'system', $1 FROM kept
"""
LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('echowall demo'))"
CHUNK_WITHIN_S = 60
"""A second or two is usual. asyncpg waits for ever on a connection that broke while COPY had more to send."""
READ_AT_ONCE = 300
"""So many complaints are found by their words at once; the worker reads the others."""
VACUUM_LIMIT_S = 120


@dataclass(frozen=True, slots=True)
class Loaded:
    """What stands in the database now."""

    district: str
    round_number: int


async def load(settings: Settings, size: Size, *, once: bool) -> Loaded | None:
    """Load a district of ``size``; with ``once`` only where there is no area yet, else return None.

    Raises SettingsError when the database cannot be used or another load is under way.
    """
    database = Database(settings.require_database_url(), settings)
    try:
        if await has_area(database) and once:
            return None
        async with database.transaction() as connection:
            await connection.execute(LIFT_LIMITS)
            if not await connection.fetchval(LOCK):
                raise SettingsError("Another `echowall demo` is loading into this database: wait until it is done.")
            loaded = await _load(connection, settings, size)
    except DATABASE_LOST as error:
        raise SettingsError(
            "The database went away in the middle. Nothing was kept: start again when it is back."
        ) from error
    finally:
        database.close()
    await _vacuum(settings)
    return loaded


async def has_area(database: Database) -> bool:
    """Whether there is any area, from whatever hand. Raises SettingsError when there is no database to ask."""
    try:
        return bool(await database.reads.fetchval("SELECT EXISTS (SELECT FROM area)"))
    except asyncpg.UndefinedTableError as error:
        raise SettingsError("The database has no tables yet: run `echowall migrate` first.") from error
    except (OSError, asyncpg.PostgresError) as error:
        raise SettingsError(
            f"The database cannot be used ({error}): start it with `make run`, or correct ECHOWALL_DATABASE_URL."
        ) from error


async def _load(connection: Connection, settings: Settings, size: Size) -> Loaded:
    town = await _found(connection, settings, size)
    books = await Books.open(connection, list(town.known_ids.values()))
    people_count = size.members + size.volunteers + size.residents + size.merchants - 1
    with Progress(
        TextColumn("{task.description:<10}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    ) as progress:

        async def write(name: str, total: int, chunks: Iterator[int]) -> None:
            bar = progress.add_task(name, total=max(total, 1))
            made = next(chunks, None)
            while made is not None:
                rows = town.hand_over()
                # The next chunk is made while the database works on this one.
                async with asyncio.timeout(CHUNK_WITHIN_S):
                    coming, _ = await asyncio.gather(
                        asyncio.to_thread(next, chunks, None), rows.write(connection, books)
                    )
                progress.advance(bar, made)
                made = coming
            progress.update(bar, completed=max(total, 1))

        town.make_areas()
        town.make_named_people()
        await write("people", people_count, town.make_unnamed_people())
        NeighbourhoodMaker(town).make()
        wishes = WishMaker(town)
        await write("wishes", size.wishes, wishes.make_many())
        wishes.make_stories()
        shops = ShopMaker(town)
        await write("shops", size.merchants, shops.make(wishes.earned))
        found = await connection.fetch(LIST_CATEGORIES)
        categories = {code: Category(code, Urgency(urgency), is_shut) for code, urgency, is_shut in found}
        complaints = ComplaintMaker(town, categories)
        complaints.make_stories()
        await write("complaints", size.complaints, complaints.make_many())
    await draw_up(connection, town, shops.statement_shops)
    await seal_loaded(connection)
    await connection.execute(COUNT_OPEN_CLAIMS, list(town.open_claims), list(town.open_claims.values()))
    await connection.execute(HOLD_WHAT_WAITS, HELD_FOR_REVIEW)
    await similar.read_unread(connection, READ_AT_ONCE)
    await task_words.read_unread(connection, READ_AT_ONCE)
    return Loaded(town.name, town.round_number)


async def _found(connection: Connection, settings: Settings, size: Size) -> Town:
    """Return a new town under the first name that is free, its people under the first names that have no part yet.

    Somebody who has logged in under such a name and is nothing in particular takes the part.
    """
    for round_number in count(1):
        turn, place = divmod(round_number - 1, len(words.DISTRICTS))
        name = f"{words.DISTRICTS[place]}{turn + 1 if turn else ''}"
        openids = [openid_of(settings.wechat_appid, name_in_round(who.name, round_number)) for who in PEOPLE]
        known = await connection.fetch(FIND_KNOWN, openids)
        if not await connection.fetchval(IS_TAKEN, name) and not any(row["has_part"] for row in known):
            return Town(settings, size, now(), round_number, name, {row["openid"]: row["id"] for row in known})
    raise AssertionError("numbers do not end")


async def _vacuum(settings: Settings) -> None:
    """Tell the planner what is there, and tidy up now rather than in the middle of the next measurement."""
    limits = WRITE_SETTINGS | {"statement_timeout": f"{VACUUM_LIMIT_S}s"}
    connection = await asyncpg.connect(settings.require_database_url(), server_settings=limits)
    try:
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
