"""Who verified whose services how often and how fast, and how many services a day had."""

from typing import Any

from asyncpg import Record

from app.services.anomalies.pattern import Pattern, figures, person

SAME_VERIFIER_COUNT_MIN = 5
"""More than one a week in a month: neighbours who like each other ask and help now and then, not again and again."""

SAME_VERIFIER_PERCENT_MIN = 50
"""Of the claimant's services: whoever helps everywhere meets the same worker or resident now and then."""

BURST_COUNT_MAX = 20
"""Within a minute. To read a delivery takes three seconds at least."""

DAY_COUNT_MAX = 10
"""Services on one day: with the way between them, more than ten leave less than an hour for each."""

DAY_MINUTES_MAX = 16 * 60
"""Of service on one day, by the claimant's own words: who sleeps and eats has no more."""

# Residents who confirm are verifiers like staff; those confirmed by silence count in the total alone. In a drill
# nothing was done.
VERIFIED = """
    SELECT e.actor_id AS verifier_id, e.created_at AS verified_at, c.user_id AS claimant_id, c.submitted_at, c.minutes
    FROM event e JOIN claim c ON c.id = e.subject_id JOIN task t ON t.id = c.task_id JOIN area a ON a.id = t.area_id
    WHERE e.subject_kind = 'claim' AND e.to_state = 'verified' AND e.created_at >= $2
        AND a.lineage @> ARRAY[$1::uuid] AND NOT t.is_drill
"""
FIND_SAME_VERIFIER = f"""
    WITH verified AS ({VERIFIED}), pair AS (
        SELECT verifier_id, claimant_id, count(*) AS count,
            (sum(count(*)) OVER (PARTITION BY claimant_id))::bigint AS total
        FROM verified GROUP BY verifier_id, claimant_id
    )
    SELECT pair.*, v.nickname AS verifier_name, c.nickname AS claimant_name
    FROM pair JOIN "user" v ON v.id = pair.verifier_id JOIN "user" c ON c.id = pair.claimant_id
    WHERE count >= $4 AND count * 100 >= total * $5
    ORDER BY count DESC, claimant_id, verifier_id LIMIT $3
"""
FIND_BURSTS = f"""
    WITH verified AS ({VERIFIED}), minute AS (
        SELECT verifier_id, verified_at, count(*) OVER (
            PARTITION BY verifier_id ORDER BY verified_at
            RANGE BETWEEN interval '1 minute' PRECEDING AND CURRENT ROW
        ) AS count
        FROM verified WHERE verifier_id IS NOT NULL
    ), worst AS (
        SELECT DISTINCT ON (verifier_id) verifier_id, count,
            (verified_at AT TIME ZONE 'Asia/Shanghai')::date AS day
        FROM minute WHERE count > $4 ORDER BY verifier_id, count DESC, verified_at
    )
    SELECT worst.*, v.nickname AS verifier_name FROM worst JOIN "user" v ON v.id = worst.verifier_id
    ORDER BY count DESC, verifier_id LIMIT $3
"""
FIND_IMPOSSIBLE_DAYS = f"""
    WITH verified AS ({VERIFIED}), daily AS (
        SELECT claimant_id, (submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*) AS count,
            coalesce(sum(minutes), 0) AS minutes
        FROM verified GROUP BY 1, 2
    )
    SELECT daily.*, c.nickname AS claimant_name FROM daily JOIN "user" c ON c.id = daily.claimant_id
    WHERE count > $4 OR minutes > $5 ORDER BY minutes DESC, count DESC, day DESC, claimant_id LIMIT $3
"""


def _same_verifier(row: Record) -> dict[str, Any]:
    people = [
        person(row["verifier_id"], row["verifier_name"], "verifier"),
        person(row["claimant_id"], row["claimant_name"], "claimant"),
    ]
    return figures(row["count"], row["total"], people=people)


def _burst(row: Record) -> dict[str, Any]:
    people = [person(row["verifier_id"], row["verifier_name"], "verifier")]
    return figures(row["count"], people=people, day=row["day"])


def _impossible_day(row: Record) -> dict[str, Any]:
    people = [person(row["claimant_id"], row["claimant_name"], "claimant")]
    return figures(row["count"], row["minutes"], people=people, day=row["day"])


SAME_VERIFIER = Pattern(FIND_SAME_VERIFIER, (SAME_VERIFIER_COUNT_MIN, SAME_VERIFIER_PERCENT_MIN), _same_verifier)
VERIFICATION_BURST = Pattern(FIND_BURSTS, (BURST_COUNT_MAX,), _burst)
IMPOSSIBLE_DAY = Pattern(FIND_IMPOSSIBLE_DAYS, (DAY_COUNT_MAX, DAY_MINUTES_MAX), _impossible_day)
