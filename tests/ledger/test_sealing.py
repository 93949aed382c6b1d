"""Sealing runs behind the writes: often, twice, in parallel, cut off; each transfer gets one place and nobody waits."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from app import ledger
from app.core.clock import now
from app.core.ids import new_id_at
from app.domain.kinds import TransferKind
from app.domain.seals import LOOK_BACK
from app.jobs import handlers
from app.jobs.handlers import Parts
from app.ledger import Books, Movement, sealing
from app.services import seals
from tests.conftest import Jobs
from tests.ledger.conftest import ROWS_A_SEAL, SEALS, Sealed

SEALED_ROWS = "SELECT count(*) FROM ledger_leaf"
SEAL_COUNT = "SELECT count(*) FROM ledger_seal"
BACKDATED = """
    INSERT INTO ledger_transfer (id, kind, debit_account_id, credit_account_id, points, reference_id)
    SELECT $1, 'award', debit_account_id, credit_account_id, 1, gen_random_uuid() FROM ledger_transfer LIMIT 1
"""


async def count(sealed: Sealed, query: str = SEALED_ROWS) -> int:
    return int(await sealed.superuser.fetchval(query))


async def test_in_the_order_of_ids_and_places_without_a_gap(sealed: Sealed):
    rows = await sealed.superuser.fetch("SELECT * FROM ledger_leaf ORDER BY seal_number, position")
    assert [row["transfer_id"] for row in rows] == sealed.ids
    places = [(number, position) for number in range(1, SEALS + 1) for position in range(ROWS_A_SEAL)]
    assert [(row["seal_number"], row["position"]) for row in rows] == places


async def test_a_second_run_changes_nothing(sealed: Sealed):
    assert await seals.seal_all(sealed.database) == 0
    assert await count(sealed, SEAL_COUNT) == SEALS


async def test_what_is_new_is_sealed_next(sealed: Sealed):
    new = await sealed.award()
    assert await seals.seal_all(sealed.database) == 1
    row = await sealed.superuser.fetchrow("SELECT seal_number, position FROM ledger_leaf WHERE transfer_id = $1", new)
    assert row is not None
    assert tuple(row) == (SEALS + 1, 0)


async def test_many_sealers_at_once_seal_each_row_once(sealed: Sealed):
    for _ in range(ROWS_A_SEAL * 2):
        await sealed.award()
    done = await asyncio.gather(*[seals.seal_all(sealed.database) for _ in range(6)])
    assert sum(done) == ROWS_A_SEAL * 2
    assert (await sealed.verify()).is_sound


async def test_a_sealer_that_dies_leaves_nothing_and_the_next_does_it(sealed: Sealed):
    """Its connection is cut before the commit."""
    await sealed.award()
    dying = await asyncpg.connect(sealed.url)
    await dying.execute("BEGIN")
    made = await ledger.seal(dying)
    assert made is not None
    assert await ledger.seal(sealed.superuser) is None, "one at a time"
    dying.terminate()
    for _ in range(250):
        if await seals.seal_all(sealed.database):
            break
        await asyncio.sleep(0.02)
    found = await sealed.verify()
    assert (found.is_sound, found.seals) == (True, SEALS + 1)


async def test_a_transfer_that_is_committed_late_is_sealed_later(sealed: Sealed):
    """Its id is older than some that were sealed while it was not yet committed."""
    async with sealed.database.transaction() as slow:
        reference = uuid4()
        await ledger.award(slow, sealed.users[1], 5, reference)
        younger = await sealed.award()
        assert await seals.seal_all(sealed.database) == 1
        late = await slow.fetchval("SELECT id FROM ledger_transfer WHERE reference_id = $1", reference)
        assert UUID(bytes=late.bytes) < younger
    assert await seals.seal_all(sealed.database) == 1
    assert (await sealed.verify()).is_sound


async def test_awards_do_not_wait_for_a_seal_nor_it_for_them(sealed: Sealed):
    """While a sealer has not committed, an award to the same wallet goes through; and the other way round."""
    await sealed.award()
    async with asyncio.timeout(2), sealed.database.transaction() as sealing_now:
        assert await ledger.seal(sealing_now) is not None
        await sealed.award()
    async with asyncio.timeout(2), sealed.database.transaction() as awarding:
        await ledger.award(awarding, sealed.users[0], 1, uuid4())
        assert await seals.seal_all(sealed.database) == 1


async def test_what_lies_within_a_day_is_looked_for_and_no_more(sealed: Sealed):
    """No transaction lasts so long that a row of the past could still come up (see the decision on sealing)."""
    recent, old = (new_id_at(now() - LOOK_BACK + shift) for shift in (timedelta(minutes=1), -timedelta(minutes=1)))
    for transfer_id in (recent, old):
        await sealed.superuser.execute(BACKDATED, transfer_id)
    assert await seals.seal_all(sealed.database) == 1
    found = await sealed.verify()
    assert found.first_row == ledger.Finding(ledger.Fault.INSERTED, transfer_id=old)


async def test_each_minute_looks_back_some_minutes_and_each_hour_a_day(sealed: Sealed, jobs: Jobs):
    parts = Parts(sealed.database, jobs.parts.wechat, jobs.parts.settings)
    for minutes in (9, 60):
        await sealed.superuser.execute(BACKDATED, new_id_at(now() - timedelta(minutes=minutes)))
    assert await handlers.seal_ledger(parts) == 1
    assert await handlers.seal_late(parts) == 1


async def test_an_id_of_the_future_does_not_hide_the_present(sealed: Sealed):
    await sealed.superuser.execute(BACKDATED, UUID(int=(1 << 128) - 1))
    assert await seals.seal_all(sealed.database) == 1
    await sealed.award()
    assert await seals.seal_all(sealed.database) == 1


async def test_what_is_loaded_with_times_of_the_past_is_sealed_with_the_load(sealed: Sealed):
    long_ago = now() - timedelta(days=90)
    async with sealed.database.transaction() as connection:
        books = await Books.open(connection, sealed.users)
        await books.post([Movement(TransferKind.AWARD, sealed.users[1], 3, uuid4(), long_ago) for _ in range(10)])
        await ledger.seal_loaded(connection)
    found = await sealed.verify()
    assert (found.is_sound, found.leaves) == (True, ROWS_A_SEAL * SEALS + 10)


async def test_a_run_ends_after_its_number_of_seals(sealed: Sealed, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealing, "SEAL_LEAVES_MAX", 1)
    monkeypatch.setattr(ledger, "SEAL_LEAVES_MAX", 1)
    monkeypatch.setattr(seals, "SEALS_A_RUN", 2)
    for _ in range(3):
        await sealed.award()
    assert [await seals.seal_all(sealed.database) for _ in range(3)] == [2, 1, 0]
