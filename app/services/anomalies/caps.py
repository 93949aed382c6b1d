"""Awards that keep ending just under a cap of the policy: where nothing is ever cut, somebody may be counting."""

from typing import Any

from asyncpg import Record

from app.services.anomalies.pattern import Pattern, figures, person

WITHIN_PERCENT = 5
"""Under the cap or on it. A day whose awards were cut does not count: whoever works on does not stop at a cap."""

DAYS_MIN = 5
"""In a month: once or twice a day's work ends near a cap by chance."""

MONTHS_MIN = 2
"""In half a year, for the same reason."""

HALF_A_YEAR_DAYS = 183

# The cap is that of the nearest area whose policy has one; an award keeps its policies from the top of the tree down.
FIND_NEAR_CAPS = """
    WITH period AS (
        SELECT w.user_id, date_trunc('{unit}', w.created_at AT TIME ZONE 'Asia/Shanghai') AS began,
            sum(w.points_granted) AS points, coalesce(bool_or(w.cut_by = '{unit}'), false) AS is_cut,
            max(terms.cap) AS cap
        FROM event e JOIN award w ON w.claim_id = e.subject_id JOIN claim c ON c.id = w.claim_id
        JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id
        CROSS JOIN LATERAL (
            SELECT p.{unit}_cap AS cap FROM unnest(w.policy_ids) WITH ORDINALITY AS step (id, place)
            JOIN points_policy p ON p.id = step.id
            WHERE p.{unit}_cap IS NOT NULL ORDER BY step.place DESC LIMIT 1
        ) AS terms
        WHERE e.subject_kind = 'claim' AND e.to_state = 'verified' AND e.created_at >= $2
            AND a.lineage @> ARRAY[$1::uuid] AND NOT t.is_drill
        GROUP BY 1, 2
    ), near AS (
        SELECT user_id, count(*) AS total, count(*) FILTER (
            WHERE NOT is_cut AND points BETWEEN 1 AND cap AND points * 100 >= cap * (100 - $5::int)
        ) AS count
        FROM period GROUP BY user_id
    )
    SELECT near.*, c.nickname FROM near JOIN "user" c ON c.id = near.user_id
    WHERE count >= $4 ORDER BY count DESC, user_id LIMIT $3
"""


def _near_cap(row: Record) -> dict[str, Any]:
    return figures(row["count"], row["total"], people=[person(row["user_id"], row["nickname"], "claimant")])


NEAR_DAY_CAP = Pattern(FIND_NEAR_CAPS.format(unit="day"), (DAYS_MIN, WITHIN_PERCENT), _near_cap)
NEAR_MONTH_CAP = Pattern(FIND_NEAR_CAPS.format(unit="month"), (MONTHS_MIN, WITHIN_PERCENT), _near_cap, HALF_A_YEAR_DAYS)
