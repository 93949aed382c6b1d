"""Reconciling the points: that all adds up, and that the halt of settling stands where it does not."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from asyncpg import Connection

from app import ledger
from app.services import transitions

ROWS_NAMED_MAX = 20
IDENTITY = "what was issued is what there is"
RULES = ledger.RULES | {
    "a user's vouchers hold what is held": f"""
        SELECT 'user ' || coalesce(held.user_id, open.user_id) AS subject,
            coalesce(open.points, 0) AS expected, coalesce(held.points, 0) AS found
        FROM {ledger.HELD_SQL} AS held
        FULL JOIN (
            SELECT user_id, sum(points) AS points FROM voucher WHERE status = 'held' GROUP BY user_id
        ) AS open ON open.user_id = held.user_id
        WHERE coalesce(open.points, 0) <> coalesce(held.points, 0)
    """,
    "a voucher's points moved as its state says": f"""
        SELECT 'voucher ' || coalesce(v.id, m.voucher_id) AS subject,
            CASE WHEN v.id IS NULL THEN 'no voucher' ELSE format('%s, %s points', v.status, v.points) END AS expected,
            format('held %s, settled %s, released %s, reversed %s',
                m.held_points, m.settled_points, m.released_points, m.reversed_points) AS found
        FROM voucher v FULL JOIN {ledger.VOUCHER_MOVES_SQL} m ON m.voucher_id = v.id
        WHERE (m.held_points, m.settled_points, m.released_points, m.reversed_points) IS DISTINCT FROM (
            v.points::bigint,
            CASE WHEN v.status IN ('settled', 'reversed') THEN v.points ELSE 0 END::bigint,
            CASE WHEN v.status IN ('cancelled', 'expired') THEN v.points ELSE 0 END::bigint,
            CASE WHEN v.status = 'reversed' THEN v.points ELSE 0 END::bigint
        )
    """,
}
FIRST_ROWS = """
    SELECT breach.subject, breach.expected::text, breach.found::text, count(*) OVER () AS rows
    FROM ({rule}) AS breach ORDER BY breach.subject LIMIT {limit}
"""
HALT = "ledger_halt"


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that breaks a rule: what it is, what it should be and what it is instead."""

    rule: str
    subject: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Where points came from and are, how many rows break each rule, and the first of them."""

    totals: dict[str, int]
    breaches: dict[str, int]
    differences: Sequence[Difference]

    @property
    def is_clean(self) -> bool:
        """Whether everything adds up."""
        return not self.differences

    @property
    def rows(self) -> int:
        """How many rows break a rule."""
        return sum(self.breaches.values())


async def reconcile(connection: Connection) -> Reconciliation:
    """Hold the ledger against itself and the vouchers. ``connection`` must see one moment throughout."""
    row = await ledger.sum_up(connection)
    totals = {name: int(row[name]) for name in (*ledger.ISSUED, *ledger.PRESENT)}
    issued = totals["awarded"] - totals["taken_back"] + totals["given_by_hand"] - totals["taken_by_hand"]
    present = sum(totals[name] for name in ledger.PRESENT)
    breaches = {IDENTITY: int(issued != present)}
    differences = [Difference(IDENTITY, "all points", str(issued), str(present))] if issued != present else []
    for rule, statement in RULES.items():
        rows = await connection.fetch(FIRST_ROWS.format(rule=statement, limit=ROWS_NAMED_MAX))
        breaches[rule] = rows[0]["rows"] if rows else 0
        differences += [Difference(rule, row["subject"], str(row["expected"]), str(row["found"])) for row in rows]
    return Reconciliation(totals, breaches, differences)


async def halt(connection: Connection, found: Reconciliation) -> UUID | None:
    """Stop settling because of what was found; return the halt's id, None when one was open already."""
    halt_id = await ledger.raise_halt(connection, [asdict(difference) for difference in found.differences])
    if halt_id is not None:
        await transitions.log(connection, HALT, halt_id, "raise", "open", transitions.SYSTEM)
    return halt_id


async def lift(connection: Connection, by: str, reason: str) -> UUID | None:
    """Let settling go on, by an operator's hand; return the halt's id, None when none is open.

    Whoever calls it has just found that everything adds up.
    """
    halt_id = await ledger.lift_halt(connection, by, reason)
    if halt_id is not None:
        await transitions.log(
            connection, HALT, halt_id, "lift", "lifted", transitions.SYSTEM, from_state="open", note=reason
        )
    return halt_id
