"""The controls: what is wrong on purpose and must be found out, or the runs that hold prove nothing."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from app import ledger
from app.core.ids import new_id
from bench.faults import checks
from bench.faults.checks import Finding
from bench.faults.runs import Arena, Run, chance
from bench.faults.strikes import Strikes
from bench.faults.terminals import THREADS, Scan, Terminals

NAIVE_TABLES = """
    CREATE TABLE naive_voucher (id uuid PRIMARY KEY, status text NOT NULL DEFAULT 'held');
    CREATE TABLE naive_redemption (id uuid PRIMARY KEY, voucher_id uuid NOT NULL);
"""
ROUNDS_MAX = 5


def naive(arena: Arena, vouchers: int = 100, attempts: int = 100) -> Run:
    """Read, check, then write, without a lock and without constraints: as the bug is written everywhere."""
    name = f"{vouchers * attempts:,} naive attempts on {vouchers} vouchers"
    ids = [new_id() for _ in range(vouchers)]

    async def attack() -> int:
        pool = await asyncpg.create_pool(arena.system.url, min_size=THREADS, max_size=THREADS)
        async with pool:
            await pool.execute(NAIVE_TABLES)
            await pool.executemany("INSERT INTO naive_voucher (id) VALUES ($1)", [(voucher_id,) for voucher_id in ids])
            order = [voucher_id for voucher_id in ids for _ in range(attempts)]
            await _settle_naively(pool, order, "naive_voucher", "INSERT INTO naive_redemption VALUES ($1, $2)")
            settled: int = await pool.fetchval("SELECT count(*) FROM naive_redemption")
            await pool.execute("DROP TABLE naive_voucher, naive_redemption")
        return settled

    settled = arena.system.run(attack())
    print(f"  {name:<46}{settled:>7,} settled")
    return Run(name, [Finding("redemptions", settled, vouchers)], is_control=True)


def naive_but_guarded(arena: Arena, vouchers: int = 100, attempts: int = 100) -> Run:
    """Do the same to the real tables: the code is as wrong, and the database lets none through twice."""
    name = "naive code on the real tables"
    made = arena.system.run(arena.make_vouchers(vouchers))
    ids = [voucher.id for voucher in made]
    insert = f"""
        WITH scanned AS (
            INSERT INTO redemption (id, voucher_id, merchant_id, clerk_id, step, is_typed, scanned_at)
            SELECT $1, v.id, v.merchant_id, m.owner_id, 0, false, now()
            FROM voucher v JOIN merchant m ON m.id = v.merchant_id
            WHERE v.id = $2 RETURNING voucher_id, merchant_id
        )
        {ledger.settle_sql("scanned")}
    """

    async def attack() -> tuple[int, int, list[Finding]]:
        pool = await asyncpg.create_pool(arena.system.url, min_size=THREADS, max_size=THREADS)
        async with pool:
            order = [voucher_id for voucher_id in ids for _ in range(attempts)]
            refused = await _settle_naively(pool, order, "voucher", insert)
            settled = await pool.fetchval("SELECT count(*) FROM redemption WHERE voucher_id = ANY($1)", ids)
            return settled, refused, await checks.of_books(pool, ids)

    settled, refused, findings = arena.system.run(attack())
    print(f"  {name:<46}{settled:>7,} settled, {refused:,} refused by the database")
    return Run(name, [Finding("redemptions", settled, vouchers), *findings], [("refused by the database", refused)])


async def _settle_naively(pool: asyncpg.Pool, order: Sequence[UUID], table: str, insert: str) -> int:
    """Settle in the wrong way, many at once; return how many the database refused."""
    attempts, refused = iter(order), 0

    async def clerk() -> None:
        nonlocal refused
        for voucher_id in attempts:
            async with pool.acquire() as connection:
                try:
                    async with connection.transaction():
                        if await connection.fetchval(f"SELECT status FROM {table} WHERE id = $1", voucher_id) != "held":
                            continue
                        await connection.execute(f"UPDATE {table} SET status = 'settled' WHERE id = $1", voucher_id)
                        await connection.execute(insert, new_id(), voucher_id)
                except asyncpg.IntegrityConstraintViolationError:
                    refused += 1

    await asyncio.gather(*(clerk() for _ in range(THREADS)))
    return refused


def asynchronous(arena: Arena, vouchers: int = 3_000) -> Run:
    """Answer before the commit is on the disk (``synchronous_commit = off``): what was acknowledged gets lost."""
    name = f"{vouchers:,} vouchers, `synchronous_commit` off"
    arena.system.run(_set_synchronous_commit(arena, "off"))
    for _ in arena.system.ports:  # connections made before keep the setting they had
        arena.system.kill_api()
    arena.system.wait_for_apis()
    lost = 0
    for _ in range(ROUNDS_MAX):
        terminals, ids = _scan_each(arena, name, vouchers, is_new_key_each_try=False)
        findings = arena.system.run(arena.examine(terminals, ids, vouchers))
        lost = next(finding.found for finding in findings if finding.name == "acknowledged and not in the books")
        if lost:
            break
    arena.system.run(_set_synchronous_commit(arena, "on"))
    return Run(name, [Finding("acknowledged and not in the books", lost, 0)], is_control=True)


async def _set_synchronous_commit(arena: Arena, setting: str) -> None:
    connection = await arena.system.connect()
    try:
        await connection.execute(f"ALTER DATABASE echowall SET synchronous_commit = {setting}")
    finally:
        await connection.close()


def new_keys(arena: Arena, vouchers: int = 3_000) -> Run:
    """Repeat with a new key each time: whose first try had been committed hears that the voucher is used already."""
    name = f"{vouchers:,} vouchers, a new key for each try"
    refused = 0
    for _ in range(ROUNDS_MAX):
        terminals, _ids = _scan_each(arena, name, vouchers, is_new_key_each_try=True)
        refused = checks.falsely_refused(terminals.answers)
        if refused:
            break
    return Run(name, [Finding("scans told that somebody else had settled", refused, 0)], is_control=True)


def _scan_each(arena: Arena, name: str, vouchers: int, *, is_new_key_each_try: bool) -> tuple[Terminals, list[UUID]]:
    made = arena.system.run(arena.make_vouchers(vouchers))
    scans = [Scan(voucher.id, chance.choice(voucher.clerks)) for voucher in made]
    terminals = Terminals(arena.system.ports, scans, is_new_key_each_try=is_new_key_each_try)
    strikes = Strikes(arena.system, name, vouchers, databases=3, apis=0 if not is_new_key_each_try else 5)
    terminals.run(strikes)
    strikes.end(len(terminals.answers))
    return terminals, [voucher.id for voucher in made]
