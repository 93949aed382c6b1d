"""How much of what an area credited to people came from hands."""

from typing import Any

from asyncpg import Record

from app import ledger
from app.services.anomalies.pattern import Pattern, figures

PERIOD_DAYS = 90
"""A quarter: corrections come in heaps, after a holiday or a fault, and even out."""

SHARE_PERCENT_MAX = 20
"""One point of five given by hand is more than corrections explain."""

POINTS_MIN = 50
"""Below a few services' worth any share says nothing."""

# Counted for the asked area and for each one below it, so that a community does not vanish in its district.
FIND_MANUAL_SHARES = f"""
    WITH place AS (
        SELECT id, name, lineage FROM area WHERE lineage @> ARRAY[$1::uuid]
    ), given AS (
        SELECT p.lineage, x.points AS by_hand, 0 AS awarded
        FROM adjustment x JOIN place p ON p.id = x.area_id
        WHERE x.status = 'approved' AND x.points > 0 AND x.decided_at >= $2
        UNION ALL
        SELECT p.lineage, 0, {ledger.CLAIM_POINTS_SQL.format(claim_id="e.subject_id")}
        FROM event e JOIN claim c ON c.id = e.subject_id JOIN task t ON t.id = c.task_id
            JOIN place p ON p.id = t.area_id
        WHERE e.subject_kind = 'claim' AND e.to_state = 'verified' AND e.created_at >= $2
    ), share AS (
        SELECT above.id, sum(by_hand) AS count, sum(by_hand) + coalesce(sum(awarded), 0)::bigint AS total
        FROM given CROSS JOIN unnest(given.lineage) AS above (id) GROUP BY above.id
    )
    SELECT share.*, place.name FROM share JOIN place USING (id)
    WHERE count >= $5 AND count * 100 > total * $4 ORDER BY count DESC, id LIMIT $3
"""


def _manual_share(row: Record) -> dict[str, Any]:
    return figures(row["count"], row["total"], area={"id": row["id"], "name": row["name"]})


MANUAL_SHARE = Pattern(FIND_MANUAL_SHARES, (SHARE_PERCENT_MAX, POINTS_MIN), _manual_share, PERIOD_DAYS)
