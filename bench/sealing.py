"""``python -m bench.sealing``: what seals cost, on the transfers of one large day.

Awards are made in rounds, in turn without a sealer and with one that seals each second; the service's own seals each
minute.
"""

import argparse
import asyncio
import statistics
import time
from uuid import UUID

import asyncpg
from alembic import command

from app import ledger
from app.cli.database import alembic_config
from app.core.db import Database
from app.core.ids import new_id
from app.core.scratch_database import running_server, scratch_database
from app.core.settings import Settings
from app.domain.seals import LOOK_BACK, SHORT_LOOK_BACK, unsealed_from
from app.ledger.sealing import FIND_UNSEALED, NEWEST, SEAL_LEAVES_MAX
from app.services import reconciliation, seals

USERS = 20_000
CHUNK = 20_000
CLIENTS = 8
ROUND_S = 5
PAUSE_S = 1
DAY_MS = 86_000_000
OPEN = """
    WITH opened AS (
        INSERT INTO ledger_account (id, kind, owner_id)
        SELECT uuid_v7(), kind, owner_id FROM unnest($1::uuid[]) AS owner_id, unnest(ARRAY['wallet', 'held']) AS kind
        RETURNING id
    )
    INSERT INTO ledger_balance (account_id, points) SELECT id, 0 FROM opened
"""
FILL = """
    INSERT INTO ledger_transfer (id, kind, debit_account_id, credit_account_id, points, reference_id)
    SELECT encode(overlay(uuid_send(uuid_v7()) PLACING substring(int8send(
            (extract(epoch FROM now()) * 1000)::bigint - $2::bigint - 4 * place) FROM 3) FROM 1 FOR 6), 'hex')::uuid,
        'award', issuer.id, wallet.id, 10, uuid_v7()
    FROM (SELECT id FROM ledger_account WHERE kind = 'issuer') AS issuer,
        (SELECT id, row_number() OVER (ORDER BY id) AS place FROM ledger_account WHERE kind = 'wallet') AS wallet
    LIMIT $1
"""


async def run(url: str, transfers: int, rounds: int) -> None:
    """Measure all of it on a database, and print what was seen."""
    database = Database(url, Settings(_env_file=None, database_pool_size=CLIENTS + 2))
    plain = await asyncpg.connect(url)
    users = [new_id() for _ in range(USERS)]
    await plain.execute(OPEN, users)
    began_s = time.perf_counter()
    for chunk in range(transfers // CHUNK):
        await plain.execute(FILL, CHUNK, DAY_MS * chunk // (transfers // CHUNK))
    print(f"filled with {transfers:,} transfers in {time.perf_counter() - began_s:.0f} s")
    await plain.execute("VACUUM (ANALYZE)")
    await measure_seals(database)
    await plain.execute("VACUUM (ANALYZE)")
    await explain(plain)
    await measure_checks(database)
    await measure_awards(database, users, rounds)
    database.close()
    await plain.close()


async def measure_seals(database: Database) -> None:
    """Seal all there is."""
    times_s: list[float] = []
    above: UUID | None = None
    while True:
        began_s = time.perf_counter()
        async with database.transaction() as connection:
            made = await ledger.seal(connection, above)
        if made is None:
            break
        times_s.append(time.perf_counter() - began_s)
        above = made.last_id
    print(
        f"{len(times_s)} seals of {SEAL_LEAVES_MAX:,}: median {statistics.median(times_s):.2f} s, "
        f"slowest {max(times_s):.2f} s, {len(times_s) * SEAL_LEAVES_MAX / sum(times_s):,.0f} transfers/s"
    )
    for name, look_back in (("each minute", SHORT_LOOK_BACK), ("each hour", LOOK_BACK)):
        began_s = time.perf_counter()
        await seals.seal_all(database, look_back)
        print(f"the run of {name} with nothing to seal: {(time.perf_counter() - began_s) * 1000:.0f} ms")


async def explain(connection: asyncpg.Connection) -> None:
    """Print how the unsealed are found."""
    newest = await connection.fetchrow(NEWEST)
    for look_back in (SHORT_LOOK_BACK, LOOK_BACK):
        above = unsealed_from(newest["transfer_id"], newest["sealed_at"], look_back)
        print(f"EXPLAIN of looking back {look_back}:")
        for row in await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {FIND_UNSEALED}", above, SEAL_LEAVES_MAX):
            print("   ", row[0])


async def measure_checks(database: Database) -> None:
    """Verify and reconcile."""
    async with database.snapshot() as connection:
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        found = await ledger.verify(connection)
        print(
            f"verified {found.leaves:,} transfers in {time.perf_counter() - began_s:.1f} s, "
            f"{time.process_time() - began_cpu_s:.1f} s of CPU; sound: {found.is_sound}"
        )
        began_s = time.perf_counter()
        reconciled = await reconciliation.reconcile(connection)
        print(f"reconciled in {time.perf_counter() - began_s:.1f} s; clean: {reconciled.is_clean}")


async def measure_awards(database: Database, users: list[UUID], rounds: int) -> None:
    """Award as fast as possible, in turn without a sealer and with one that seals each second."""
    per_second: dict[bool, list[float]] = {False: [], True: []}
    sealed = 0
    for _ in range(rounds):
        for is_sealing in (False, True):
            stop = asyncio.Event()
            sealer = asyncio.create_task(seal_until(database, stop)) if is_sealing else None
            deadline_s = time.perf_counter() + ROUND_S
            done = await asyncio.gather(*[award_until(database, users, deadline_s, start) for start in range(CLIENTS)])
            stop.set()
            sealed += await sealer if sealer else 0
            per_second[is_sealing].append(sum(done) / ROUND_S)
            if not is_sealing:
                await seals.seal_all(database)
    for is_sealing, rates in per_second.items():
        told = ", ".join(f"{rate:,.0f}" for rate in rates)
        print(
            f"awards/s {'beside a sealer' if is_sealing else 'alone'}: median {statistics.median(rates):,.0f} ({told})"
        )
    print(f"{sealed:,} transfers were sealed meanwhile")


async def award_until(database: Database, users: list[UUID], deadline_s: float, start: int) -> int:
    """Award to one user after another; return how often."""
    done = 0
    while time.perf_counter() < deadline_s:
        async with database.transaction() as connection:
            await ledger.award(connection, users[(start + done * CLIENTS) % len(users)], 10, new_id())
        done += 1
    return done


async def seal_until(database: Database, stop: asyncio.Event) -> int:
    """Seal each second; return how many transfers."""
    sealed = 0
    while not stop.is_set():
        sealed += await seals.seal_all(database, SHORT_LOOK_BACK)
        await asyncio.sleep(PAUSE_S)
    return sealed


def main() -> None:
    """Measure on a database made for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    with running_server() as server, scratch_database(server) as url:
        command.upgrade(alembic_config(url), "head")
        asyncio.run(run(url, asked.transfers, asked.rounds))


if __name__ == "__main__":
    main()
