"""What must be true after a run: what the terminals heard, held against what is in the books."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from bench.faults.terminals import Answer, Scan, Terminals

STATES = "SELECT id, status FROM voucher WHERE id = ANY($1)"
REDEMPTIONS = "SELECT id, voucher_id FROM redemption WHERE voucher_id = ANY($1)"
CLOSINGS = """
    SELECT reference_id, kind, count(*) AS legs, sum(points)::int AS points FROM ledger_transfer
    WHERE reference_id = ANY($1) AND kind IN ('settle', 'release') GROUP BY reference_id, kind
"""
EVENTS = """
    SELECT count(*) FROM (
        SELECT FROM event WHERE subject_id = ANY($1) AND from_state = 'held' GROUP BY subject_id HAVING count(*) > 1
    ) AS twice
"""
STORED = """
    SELECT k.key, k.status, k.body FROM idempotency_key k WHERE k.key = ANY($1)
"""
HELD = """
    SELECT coalesce(sum(b.points), 0)::int FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
    WHERE a.kind = 'held'
"""
OVERDUE = """
    SELECT coalesce(sum(b.points), 0)::int FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
    WHERE a.expires_on < (now() AT TIME ZONE 'Asia/Shanghai')::date
"""
WRONG_BALANCES = """
    SELECT count(*) FROM ledger_balance b, LATERAL (
        SELECT coalesce(sum(points), 0) AS points, count(*) AS moves FROM (
            SELECT points FROM ledger_transfer WHERE credit_account_id = b.account_id
            UNION ALL SELECT -points FROM ledger_transfer WHERE debit_account_id = b.account_id
        ) AS side
    ) AS moved
    WHERE b.points <> moved.points OR b.version <> moved.moves OR b.points < 0
"""
SUM = """
    SELECT (SELECT coalesce(sum(points), 0) FROM ledger_balance) + (
        SELECT coalesce(sum(CASE WHEN t.credit_account_id = a.id THEN t.points ELSE -t.points END), 0)
        FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.credit_account_id, t.debit_account_id)
        WHERE a.kind NOT IN ('held', 'waiting', 'wallet')
    )
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """A number that was counted, and what it must be."""

    name: str
    found: int
    wanted: int

    @property
    def is_right(self) -> bool:
        """Whether it is what it must be."""
        return self.found == self.wanted


async def of_scans(
    connection: asyncpg.Connection, terminals: Terminals, vouchers: Sequence[UUID], settled: int
) -> list[Finding]:
    """Return what a run of scans proves: ``settled`` of the vouchers are settled, and what was said is true."""
    answers = terminals.answers
    ids = list(vouchers)
    states = Counter(row["status"] for row in await connection.fetch(STATES, ids))
    redemptions = {row["id"]: row["voucher_id"] for row in await connection.fetch(REDEMPTIONS, ids)}
    accepted = {answer.redemption_id: answer.scan.voucher_id for answer in answers if answer.status == 201}
    return [
        Finding("attempts answered", len(answers), terminals.wanted),
        Finding("vouchers settled", states["settled"], settled),
        Finding("redemptions", len(redemptions), settled),
        Finding("vouchers settled twice", len(redemptions) - len(set(redemptions.values())), 0),
        Finding("scans acknowledged", len(accepted), settled),
        Finding("acknowledged and not in the books", len(accepted.items() - redemptions.items()), 0),
        Finding("settled and never acknowledged", len(redemptions.items() - accepted.items()), 0),
        Finding("keys with two different answers", _differing(answers), 0),
        Finding("answers that differ from the stored one", await _unlike_stored(connection, answers), 0),
        Finding("refusals other than `voucher-settled`", _strange(answers), 0),
        *await of_books(connection, ids),
    ]


async def of_books(connection: asyncpg.Connection, ids: Sequence[UUID]) -> list[Finding]:
    """Return what the books alone prove, whoever scanned: each voucher closed once, wholly and in one way."""
    closings = await connection.fetch(CLOSINGS, ids)
    states = {row["id"]: row["status"] for row in await connection.fetch(STATES, ids)}
    untrue = sum(
        (row["kind"] == "settle") != (states[row["reference_id"]] == "settled") or row["legs"] != 2 for row in closings
    )
    return [
        Finding("vouchers closed in the ledger", len({row["reference_id"] for row in closings}), len(ids)),
        Finding(
            "vouchers both settled and given back", len(closings) - len({row["reference_id"] for row in closings}), 0
        ),
        Finding("vouchers whose state and transfers differ", untrue, 0),
        Finding("vouchers with two events of closing", await connection.fetchval(EVENTS, ids), 0),
        Finding("points still held", await connection.fetchval(HELD), 0),
        Finding("sum over all accounts", int(await connection.fetchval(SUM)), 0),
        Finding("balances that differ from their transfers", await connection.fetchval(WRONG_BALANCES), 0),
    ]


def falsely_refused(answers: Sequence[Answer]) -> int:
    """Return how many were told that somebody had settled the voucher, when nobody else was there."""
    return sum(answer.code == "voucher-settled" for answer in answers)


def _differing(answers: Sequence[Answer]) -> int:
    heard: dict[Scan, set[tuple[int, bytes]]] = {}
    for answer in answers:
        heard.setdefault(answer.scan, set()).add((answer.status, answer.body))
    return sum(len(different) > 1 for different in heard.values())


def _strange(answers: Sequence[Answer]) -> int:
    return sum(answer.code not in {"", "voucher-settled"} for answer in answers)


async def _unlike_stored(connection: asyncpg.Connection, answers: Sequence[Answer]) -> int:
    rows = await connection.fetch(STORED, list({answer.scan.key for answer in answers}))
    stored = {row["key"]: (row["status"], bytes(row["body"] or b"")) for row in rows}
    return sum(stored.get(answer.scan.key) != (answer.status, answer.body) for answer in answers)
