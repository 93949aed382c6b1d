"""Reconciling: one statement a rule finds every row that breaks it. Each must see the same moment of the database.

The triggers keep these rules for whatever is written through them; this finds what was done past the triggers, and what
a fault of ours would do.
"""

from asyncpg import Connection, Record

USER_KINDS = "('waiting', 'wallet', 'held')"
MOVED_SQL = """(
    SELECT account_id, sum(points)::bigint AS points, count(*) AS moves FROM (
        SELECT credit_account_id AS account_id, points FROM ledger_transfer
        UNION ALL SELECT debit_account_id, -points FROM ledger_transfer
    ) AS side GROUP BY account_id
)"""
"""What the transfers did to each account."""

HELD_SQL = """(
    SELECT a.owner_id AS user_id, b.points
    FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.kind = 'held'
)"""
"""A relation of users and what their open vouchers hold, for a statement of a service."""

VOUCHER_MOVES_SQL = """(
    SELECT reference_id AS voucher_id, count(*) FILTER (WHERE kind = 'hold') AS holds,
        coalesce(sum(points) FILTER (WHERE kind = 'hold'), 0)::bigint AS held_points,
        count(*) FILTER (WHERE kind = 'settle') AS settles,
        coalesce(sum(points) FILTER (WHERE kind = 'settle'), 0)::bigint AS settled_points,
        count(*) FILTER (WHERE kind = 'release') AS releases,
        coalesce(sum(points) FILTER (WHERE kind = 'release'), 0)::bigint AS released_points,
        count(*) FILTER (WHERE kind = 'reverse') AS reverses,
        coalesce(sum(points) FILTER (WHERE kind = 'reverse'), 0)::bigint AS reversed_points,
        count(*) FILTER (WHERE kind = 'pay') AS pays,
        coalesce(sum(points) FILTER (WHERE kind = 'pay'), 0)::bigint AS paid_points
    FROM ledger_transfer WHERE kind IN ('hold', 'settle', 'release', 'reverse', 'pay') GROUP BY reference_id
)"""
"""A relation of vouchers and how their points moved, in legs and points, for a statement of a service."""

RULES = {
    "the sum over all accounts is zero": f"""
        SELECT 'all accounts' AS subject, 0 AS expected, sum(points) AS found FROM (
            SELECT points FROM ledger_balance
            UNION ALL
            SELECT m.points FROM {MOVED_SQL} m JOIN ledger_account a ON a.id = m.account_id
            WHERE a.kind NOT IN {USER_KINDS}
        ) AS balance HAVING sum(points) <> 0
    """,
    "a balance is what its transfers made it": f"""
        SELECT 'account ' || a.id AS subject, coalesce(m.points, 0) AS expected, b.points AS found
        FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id
        LEFT JOIN {MOVED_SQL} m ON m.account_id = a.id
        WHERE a.kind IN {USER_KINDS} AND b.points IS DISTINCT FROM coalesce(m.points, 0)
    """,
    "a balance has as many versions as transfers": f"""
        SELECT 'account ' || b.account_id AS subject, coalesce(m.moves, 0) AS expected, b.version AS found
        FROM ledger_balance b LEFT JOIN {MOVED_SQL} m ON m.account_id = b.account_id
        WHERE b.version <> coalesce(m.moves, 0)
    """,
    "a transfer joins two accounts": """
        SELECT 'transfer ' || t.id AS subject, 2 AS expected,
            (debit.id IS NOT NULL)::int + (credit.id IS NOT NULL)::int AS found
        FROM ledger_transfer t LEFT JOIN ledger_account debit ON debit.id = t.debit_account_id
        LEFT JOIN ledger_account credit ON credit.id = t.credit_account_id
        WHERE debit.id IS NULL OR credit.id IS NULL
    """,
    "what was held is closed wholly and in one way": f"""
        SELECT 'voucher ' || voucher_id AS subject, held_points AS expected,
            format('settled %s, released %s, reversed %s, paid %s',
                settled_points, released_points, reversed_points, paid_points) AS found
        FROM {VOUCHER_MOVES_SQL} m
        WHERE NOT (settles IN (0, holds) AND releases IN (0, holds) AND (settles = 0 OR releases = 0)
            AND reverses IN (0, settles) AND pays IN (0, settles) AND (reverses = 0 OR pays = 0)
            AND settled_points IN (0, held_points) AND released_points IN (0, held_points)
            AND reversed_points IN (0, settled_points) AND paid_points IN (0, settled_points))
    """,
    "a merchant's account is not below zero": f"""
        SELECT 'account ' || a.id AS subject, 0 AS expected, m.points AS found
        FROM {MOVED_SQL} m JOIN ledger_account a ON a.id = m.account_id WHERE a.kind = 'merchant' AND m.points < 0
    """,
}
"""What must be true of the ledger by itself; each statement has a row of subject, expected and found for a breach."""

TOTALS = f"""
    SELECT coalesce((SELECT sum(points) FROM ledger_transfer WHERE kind = 'award'), 0)::bigint AS awarded,
        coalesce((SELECT sum(points) FROM ledger_transfer WHERE kind = 'take_back'), 0)::bigint AS taken_back,
        coalesce((SELECT sum(points) FROM ledger_transfer WHERE kind = 'adjust_up'), 0)::bigint AS given_by_hand,
        coalesce((SELECT sum(points) FROM ledger_transfer WHERE kind = 'adjust_down'), 0)::bigint AS taken_by_hand,
        balances.*, others.*
    FROM (
        SELECT coalesce(sum(b.points) FILTER (WHERE a.kind = 'wallet'), 0)::bigint AS spendable,
            coalesce(sum(b.points) FILTER (WHERE a.kind = 'waiting'), 0)::bigint AS waiting,
            coalesce(sum(b.points) FILTER (WHERE a.kind = 'held'), 0)::bigint AS held
        FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
    ) AS balances, (
        SELECT coalesce(sum(m.points) FILTER (WHERE a.kind = 'merchant'), 0)::bigint AS settled,
            coalesce(sum(m.points) FILTER (WHERE a.kind = 'paid'), 0)::bigint AS paid,
            coalesce(sum(m.points) FILTER (WHERE a.kind = 'fund'), 0)::bigint AS donated,
            coalesce(sum(m.points) FILTER (WHERE a.kind = 'expired'), 0)::bigint AS expired
        FROM {MOVED_SQL} m JOIN ledger_account a ON a.id = m.account_id
    ) AS others
"""
ISSUED = ("awarded", "taken_back", "given_by_hand", "taken_by_hand")
PRESENT = ("spendable", "waiting", "held", "settled", "paid", "donated", "expired")


async def sum_up(connection: Connection) -> Record:
    """Return where all points came from (``ISSUED``) and where they are now (``PRESENT``)."""
    return await connection.fetchrow(TOTALS)
