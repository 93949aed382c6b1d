"""A shop's day at a glance, for the people behind its counter: one statement, however much there is to see."""

from typing import Any
from uuid import UUID

from app.core.clock import today
from app.core.db import Reads
from app.domain import months
from app.domain.caller import Caller
from app.domain.errors import Problem

LAST_SHOWN = 5
OFFERS_SHOWN = 50
# What is not paid for yet: the scans of the months without a paid statement, and those that were removed from a paid
# one. Paid months are passed by, so that the cost does not grow with the years.
DAY = f"""
    WITH scans AS MATERIALIZED (
        SELECT r.id, v.title, v.points, r.settled_at, v.status
        FROM redemption r JOIN voucher v ON v.id = r.voucher_id
        WHERE r.merchant_id = $1 AND r.settled_at >= $2
    ), latest AS (
        SELECT r.id, v.title, v.points, r.settled_at, v.status
        FROM redemption r JOIN voucher v ON v.id = r.voucher_id
        WHERE r.merchant_id = $1 ORDER BY r.settled_at DESC, r.id DESC LIMIT {LAST_SHOWN}
    ), month AS (
        SELECT first::date AS first FROM generate_series(
            date_trunc('month', (SELECT min(settled_at) FROM redemption WHERE merchant_id = $1) AT TIME ZONE $4),
            $3::date::timestamp, interval '1 month'
        ) AS first
    ), unpaid AS (
        SELECT v.points FROM month CROSS JOIN LATERAL (
            SELECT r.voucher_id FROM redemption r
            WHERE r.merchant_id = $1 AND r.settled_at >= month.first::timestamp AT TIME ZONE $4
                AND r.settled_at < (month.first + interval '1 month') AT TIME ZONE $4
        ) AS r JOIN voucher v ON v.id = r.voucher_id
        WHERE v.status = 'settled' AND NOT EXISTS (
            SELECT FROM settlement s WHERE s.merchant_id = $1 AND s.month = month.first AND s.status = 'paid'
        )
        UNION ALL
        SELECT l.points FROM settlement s JOIN settlement_line l ON l.settlement_id = s.id AND l.status = 'removed'
        JOIN voucher v ON v.id = l.voucher_id AND v.status = 'settled'
        WHERE s.merchant_id = $1 AND s.status = 'paid'
    )
    SELECT
        (SELECT count(*) FROM scans WHERE status = 'settled') AS scans_count,
        (SELECT coalesce(sum(points), 0) FROM scans WHERE status = 'settled') AS scans_points,
        ARRAY(SELECT (id, title, points, settled_at, status) FROM latest) AS last_scans,
        (SELECT count(*) FROM unpaid) AS unpaid_count,
        (SELECT coalesce(sum(points), 0) FROM unpaid) AS unpaid_points,
        ARRAY(
            SELECT (id, title, stock_left, status) FROM offer WHERE merchant_id = $1 ORDER BY id DESC
            LIMIT {OFFERS_SHOWN}
        ) AS offers
"""
TIME_ZONE = "Asia/Shanghai"


async def get(reads: Reads, caller: Caller, merchant_id: UUID) -> dict[str, Any]:
    """Return today's scans, what is not paid for yet and the stock, to a shop's clerks. Raises ``not-found``."""
    if merchant_id not in caller.shop_ids:
        raise Problem("not-found")
    day = today()
    row = await reads.fetchrow(DAY, merchant_id, months.start(day), months.of(day), TIME_ZONE)
    assert row is not None, "it is a row of sums"
    return {
        "date": day,
        "redemptions": {"count": row["scans_count"], "points": row["scans_points"]},
        "last_redemptions": [
            {"id": id_, "offer_title": title, "points": points, "settled_at": settled_at, "status": status}
            for id_, title, points, settled_at, status in row["last_scans"]
        ],
        "open_settlement": {"count": row["unpaid_count"], "points": row["unpaid_points"]},
        "offers": [
            {"id": id_, "title": title, "stock_left": stock_left, "status": status}
            for id_, title, stock_left, status in row["offers"]
        ],
        "actions": [],
    }
