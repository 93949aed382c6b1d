"""What must be true of any database, whoever filled it: each statement finds the rows that break a rule."""

import asyncpg

from app.domain.lifecycles import LIFECYCLES, TASK

# What a lifecycle's events lead to is what its row says (I7).
_STATUS_IS_LAST_EVENT = """
    SELECT x.id FROM {subject} x
    LEFT JOIN LATERAL (
        SELECT e.to_state FROM event e WHERE e.subject_kind = '{subject}' AND e.subject_id = x.id
        ORDER BY e.created_at DESC, e.id DESC LIMIT 1
    ) AS last ON true
    WHERE x.status IS DISTINCT FROM last.to_state
"""
_EVENTS_JOIN_UP = """
    SELECT id FROM (
        SELECT id, from_state, row_number() OVER history AS place, lag(to_state) OVER history AS before
        FROM event WHERE subject_kind = '{subject}'
        WINDOW history AS (PARTITION BY subject_id ORDER BY created_at, id)
    ) AS step WHERE from_state IS DISTINCT FROM before AND NOT (place = 1 AND from_state = '{draft}')
"""
TOLD = ("handler_id", "category", "urgency", "into", "accept_due_at", "answer_due_at", "outcome")
LAST_FACTS = ", ".join(
    f"(array_agg(facts ->> '{fact}' ORDER BY created_at DESC) FILTER (WHERE facts ? '{fact}'))[1] AS \"{fact}\""
    for fact in TOLD
)
"""What the events of one complaint told last of each of these."""

BROKEN = {
    "the grant of a post is there for its holder, and for nobody else": """
        SELECT h.id FROM post_holding h JOIN post x ON x.id = h.post_id JOIN person p ON p.id = h.person_id
        FULL JOIN "grant" g ON g.holding_id = h.id
        WHERE (g.id IS NULL AND h.until IS NULL AND x.role IS NOT NULL AND p.user_id IS NOT NULL)
            OR (g.holding_id IS NOT NULL
                AND (h.until IS NOT NULL OR g.user_id <> p.user_id OR g.role <> x.role OR g.area_id <> x.area_id))
    """,
    "I3 the sum over all accounts is zero": """
        SELECT sum(points) FROM (
            SELECT -points AS points FROM ledger_transfer UNION ALL SELECT points FROM ledger_transfer
        ) AS sides HAVING sum(points) <> 0
    """,
    "I3 a balance is the sum of its transfers": """
        SELECT b.account_id FROM ledger_balance b WHERE b.points <>
            (SELECT coalesce(sum(t.points), 0) FROM ledger_transfer t WHERE t.credit_account_id = b.account_id)
            - (SELECT coalesce(sum(t.points), 0) FROM ledger_transfer t WHERE t.debit_account_id = b.account_id)
    """,
    "I3 a held account holds what open vouchers hold": """
        SELECT a.owner_id FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
        WHERE a.kind = 'held' AND b.points <>
            (SELECT coalesce(sum(v.points), 0) FROM voucher v WHERE v.user_id = a.owner_id AND v.status = 'held')
    """,
    "every user has a wallet": """
        SELECT u.id FROM "user" u
        WHERE 2 <> (SELECT count(*) FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
                    WHERE a.owner_id = u.id AND a.kind IN ('wallet', 'held') AND a.expires_on IS NULL)
    """,
    "every merchant has an account and its owner for a clerk": """
        SELECT m.id FROM merchant m
        WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.owner_id = m.id AND a.kind = 'merchant')
            OR NOT EXISTS (SELECT FROM clerk c WHERE c.merchant_id = m.id AND c.user_id = m.owner_id)
    """,
    "I1 taken seats are live and verified claims, and what groups hold for people they have not named": """
        SELECT t.id FROM task t WHERE t.seats_taken <> (
            SELECT count(*) FROM claim c
            WHERE c.task_id = t.id AND c.status IN ('active', 'submitted', 'returned', 'verified')
        ) + (
            SELECT coalesce(sum(p.heads - p.named), 0) FROM pledge p WHERE p.task_id = t.id AND p.status = 'held'
        )
    """,
    "a pledge has named as many as have claims of it that live or were verified": """
        SELECT p.id FROM pledge p WHERE p.named <> (
            SELECT count(*) FROM claim c
            WHERE c.pledge_id = p.id AND c.status IN ('active', 'submitted', 'returned', 'verified')
        )
    """,
    "a claim of a pledge is on its task": """
        SELECT c.id FROM claim c JOIN pledge p ON p.id = c.pledge_id WHERE c.task_id <> p.task_id
    """,
    "alliances are called to posted tasks alone": """
        SELECT c.id FROM task_call c JOIN task t ON t.id = c.task_id
        WHERE t.kind IN ('wish', 'complaint', 'errand')
    """,
    "seats are held of open tasks alone, by groups that there are, and never for what one person asked": """
        SELECT p.id FROM pledge p JOIN task t ON t.id = p.task_id
        LEFT JOIN team x ON x.id = p.team_id LEFT JOIN branch b ON b.id = p.branch_id
        WHERE t.kind IN ('wish', 'complaint', 'errand') OR p.status = 'held' AND (
            t.status <> 'open' OR x.status = 'dissolved' OR b.status = 'dissolved'
        )
    """,
    "I1 open claims are those with work to do": """
        SELECT u.id FROM "user" u WHERE u.open_claims <>
            (SELECT count(*) FROM claim c WHERE c.user_id = u.id AND c.status IN ('active', 'returned'))
    """,
    "I1 nobody holds more claims at once than one may": """
        SELECT user_id FROM claim WHERE status = 'active' GROUP BY user_id HAVING count(*) > 3
    """,
    "a limit is narrowed by two lapses": """
        SELECT u.id FROM "user" u WHERE u.narrowed_until IS NOT NULL
            AND 2 > (SELECT count(*) FROM claim c WHERE c.user_id = u.id AND c.status = 'lapsed')
    """,
    "who left came before, and nobody came for a claim that had ended": """
        SELECT h.id FROM attendance h JOIN claim c ON c.id = h.id
        WHERE (h.status = 'left') <> (h.checked_out_at IS NOT NULL) OR h.checked_in_at < c.created_at
            OR (c.status IN ('submitted', 'verified') AND h.status = 'present')
    """,
    "nobody waits for what has ended": """
        SELECT w.id FROM waiter w JOIN task t ON t.id = w.task_id
        WHERE w.status = 'waiting' AND t.status IN ('closed', 'cancelled')
    """,
    "nobody waits who has a seat": """
        SELECT w.id FROM waiter w JOIN claim c ON c.task_id = w.task_id AND c.user_id = w.user_id
        WHERE w.status = 'waiting' AND c.status IN ('active', 'submitted', 'returned')
    """,
    "nobody waits twice for one task": """
        SELECT task_id FROM waiter WHERE status = 'waiting' GROUP BY task_id, user_id HAVING count(*) > 1
    """,
    "nobody waits while a seat is free that they may take": """
        SELECT w.id FROM waiter w JOIN task t ON t.id = w.task_id JOIN "user" u ON u.id = w.user_id
        WHERE w.status = 'waiting' AND t.status = 'open' AND t.seats_taken < t.seats AND t.complaint_id IS NULL
            AND coalesce(t.claim_until > now(), true) AND coalesce(t.groups_until <= now(), true) AND NOT u.is_blocked
            AND u.open_claims < CASE WHEN u.narrowed_until > now() THEN 1 ELSE 3 END
            AND EXISTS (
                SELECT FROM person p LEFT JOIN member m ON m.person_id = p.id
                LEFT JOIN volunteer v ON v.person_id = p.id
                WHERE p.user_id = u.id AND (m.status = 'approved' OR v.status = 'approved')
            )
    """,
    "who moved up got a claim": """
        SELECT w.id FROM waiter w WHERE w.status = 'moved_up'
            AND NOT EXISTS (SELECT FROM claim c WHERE c.task_id = w.task_id AND c.user_id = w.user_id)
    """,
    "I2 nobody claims their own wish": """
        SELECT c.id FROM claim c JOIN task t ON t.id = c.task_id WHERE c.user_id = t.author_id
    """,
    "only approved members and volunteers have claims": """
        SELECT c.id FROM claim c
        WHERE NOT EXISTS (
            SELECT FROM person p JOIN member m ON m.person_id = p.id
            WHERE p.user_id = c.user_id AND m.status = 'approved'
        ) AND NOT EXISTS (
            SELECT FROM person p JOIN volunteer v ON v.person_id = p.id
            WHERE p.user_id = c.user_id AND v.status = 'approved'
        )
    """,
    "an order that has ended has nothing left to do": """
        SELECT o.id FROM area_order o WHERE o.status <> 'open' AND EXISTS (
            SELECT FROM order_part p WHERE p.order_id = o.id AND p.status IN ('sent', 'confirmed', 'reported')
        )
    """,
    "I2 nobody accepts what they reported": """
        SELECT id FROM order_part WHERE accepted_by = reported_by
    """,
    "nobody is lent who did not agree": """
        SELECT l.id FROM loan l JOIN loan_request r ON r.id = l.request_id
        WHERE r.status <> 'agreed' OR r.person_id <> l.person_id
    """,
    "a line has as many loans as people agreed, and no more than it asks for": """
        SELECT l.id FROM lending_line l JOIN loan_request r ON r.line_id = l.id LEFT JOIN loan o ON o.request_id = r.id
        GROUP BY l.id HAVING count(o.id) <> count(*) FILTER (WHERE r.status = 'agreed') OR count(o.id) > l.people
    """,
    "a verified claim has its award, and no other has": """
        SELECT c.id FROM claim c LEFT JOIN award w ON w.claim_id = c.id
        WHERE (c.status = 'verified') <> (w.claim_id IS NOT NULL) OR w.user_id <> c.user_id
    """,
    "an award brought the points that were granted, to an account of its dates": """
        SELECT w.claim_id FROM award w
        LEFT JOIN ledger_transfer t ON t.reference_id = w.claim_id AND t.kind = 'award'
        LEFT JOIN ledger_account a ON a.id = t.credit_account_id
        WHERE w.points_granted <> coalesce(t.points, 0) OR (t.id IS NOT NULL AND (
            a.owner_id <> w.user_id OR a.expires_on IS DISTINCT FROM w.expires_on
            OR a.available_on IS DISTINCT FROM w.available_on
        ))
    """,
    "an award is what the task promised": """
        SELECT w.claim_id FROM award w JOIN claim c ON c.id = w.claim_id JOIN task t ON t.id = c.task_id
        WHERE w.points_promised <> t.reward_points * coalesce(c.done_percent, 100) / 100
            + t.hourly_points * coalesce(c.minutes, 0) / 60
    """,
    "an open task belongs to a wish that waits or is worked on": """
        SELECT t.id FROM task t JOIN wish w ON w.id = t.wish_id
        WHERE (t.status = 'open') <> (w.status IN ('published', 'claimed', 'delivered', 'disputed'))
    """,
    "I2 nobody decided on their own service for a complaint": """
        SELECT c.id FROM claim c JOIN task t ON t.id = c.task_id JOIN event e ON e.subject_id = c.id
        WHERE t.complaint_id IS NOT NULL AND e.actor_id = c.user_id
            AND e.to_state IN ('verified', 'returned', 'refused')
    """,
    "helpers are called for complaints that somebody owes an answer to": """
        SELECT t.id FROM task t JOIN complaint c ON c.id = t.complaint_id
        WHERE t.status IN ('draft', 'open')
            AND (c.is_confidential OR c.status IN ('answered', 'closed', 'merged', 'rejected', 'withdrawn'))
    """,
    "a joint case is of one place and topic": """
        SELECT c.id FROM complaint c JOIN joint_case x ON x.id = c.case_id WHERE c.area_id <> x.area_id
    """,
    "what was published has a task": """
        SELECT w.id FROM wish w
        WHERE (w.published_at IS NOT NULL) <> EXISTS (SELECT FROM task t WHERE t.wish_id = w.id)
            OR (w.published_at IS NULL AND w.status NOT IN ('checking', 'reviewing', 'rejected', 'withdrawn'))
    """,
    "stock is what was not taken": """
        SELECT o.id FROM offer o WHERE o.stock - o.stock_left <>
            (SELECT count(*) FROM voucher v WHERE v.offer_id = o.id AND v.status IN ('held', 'settled'))
    """,
    "a person's count with an offer is what they hold and had": """
        SELECT offer_id FROM (SELECT offer_id, user_id, taken FROM offer_taker WHERE taken > 0) AS counted
        FULL JOIN (
            SELECT offer_id, user_id, count(*) AS taken FROM voucher WHERE status IN ('held', 'settled') GROUP BY 1, 2
        ) AS there USING (offer_id, user_id) WHERE counted.taken IS DISTINCT FROM there.taken
    """,
    "nobody has more of an offer than one may": """
        SELECT t.offer_id FROM offer_taker t JOIN offer o ON o.id = t.offer_id WHERE t.taken > o.per_person_limit
    """,
    "a voucher ends with its offer": """
        SELECT v.id FROM voucher v JOIN offer o ON o.id = v.offer_id WHERE v.expires_at > o.valid_until
    """,
    "a closed unit has nothing to do and nobody to do it": """
        SELECT n.id FROM unit n WHERE n.closed_at IS NOT NULL AND (
            n.contact_id IS NOT NULL OR EXISTS (SELECT FROM unit_worker w WHERE w.unit_id = n.id)
            OR EXISTS (SELECT FROM complaint_step s WHERE s.unit_id = n.id AND s.status = 'assigned')
        )
    """,
    "what is answered or ended waits for no unit": """
        SELECT s.id FROM complaint_step s JOIN complaint c ON c.id = s.complaint_id
        WHERE s.status = 'assigned' AND c.status NOT IN ('open', 'accepted', 'waiting', 'reopened')
    """,
    "what a unit is said to have answered stands in an answer": """
        SELECT s.id FROM complaint_step s JOIN complaint c ON c.id = s.complaint_id
        WHERE s.is_told AND c.answered_at IS NULL
    """,
    "I4 a settled voucher has its redemption, and no other has": """
        SELECT v.id FROM voucher v LEFT JOIN redemption r ON r.voucher_id = v.id
        WHERE (v.status IN ('settled', 'reversed')) <> (r.id IS NOT NULL)
            OR (v.status = 'reversed') <> (r.reversed_at IS NOT NULL)
    """,
    "a settlement is the sum of its lines": """
        SELECT s.id FROM settlement s WHERE (s.total_points, s.line_count::bigint) <> (
            SELECT coalesce(sum(l.points), 0), count(*) FROM settlement_line l
            WHERE l.settlement_id = s.id AND l.status <> 'removed'
        )
    """,
    "an agreed settlement is what the ledger settled, a paid one what it paid": """
        SELECT s.id FROM settlement s WHERE s.status <> 'draft' AND s.total_points <> (
            SELECT coalesce(sum(t.points), 0) FROM settlement_line l JOIN ledger_transfer t
                ON t.reference_id = l.voucher_id AND t.kind = CASE s.status WHEN 'paid' THEN 'pay' ELSE 'settle' END
            WHERE l.settlement_id = s.id AND l.status <> 'removed'
        )
    """,
    "what stands on a settlement was settled in its month, by its shop, and if agreed not undone": """
        SELECT l.id FROM settlement_line l JOIN settlement s ON s.id = l.settlement_id
        JOIN redemption r ON r.id = l.redemption_id JOIN voucher v ON v.id = r.voucher_id
        WHERE r.merchant_id <> s.merchant_id OR r.voucher_id <> l.voucher_id
            OR date_trunc('month', r.settled_at AT TIME ZONE 'Asia/Shanghai') <> s.month
            OR (s.status <> 'draft' AND l.status <> 'removed' AND v.status <> 'settled')
    """,
    "what was paid stands on a paid settlement": """
        SELECT t.id FROM ledger_transfer t WHERE t.kind = 'pay' AND NOT EXISTS (
            SELECT FROM settlement_line l JOIN settlement s ON s.id = l.settlement_id
            WHERE l.voucher_id = t.reference_id AND l.status <> 'removed' AND s.status = 'paid'
        )
    """,
    "I2 whoever pays a settlement is nobody of the shop": """
        SELECT s.id FROM settlement s JOIN clerk c ON c.merchant_id = s.merchant_id WHERE c.user_id = s.paid_by
    """,
    "settlements of a month are numbered without gaps": """
        SELECT month FROM settlement_counter n WHERE n.last_number <> (
            SELECT count(DISTINCT s.number) FROM settlement s
            WHERE s.month = n.month AND right(s.number, 6)::int BETWEEN 1 AND n.last_number
        )
    """,
    "I9 no event and no other row names whoever complained or joined in": """
        SELECT id FROM event WHERE subject_kind = 'complaint' AND party IN ('author', 'joiner')
            AND actor_id IS NOT NULL
    """,
    "I9 every complaint has one author, sealed": """
        SELECT c.id FROM complaint c WHERE 1 <> (
            SELECT count(*) FROM complaint_person p WHERE p.complaint_id = c.id AND p.part = 'author'
        )
    """,
    "as many joined as are counted": """
        SELECT c.id FROM complaint c WHERE c.joins <> (
            SELECT count(*) FROM complaint_person p WHERE p.complaint_id = c.id AND p.part = 'joiner'
        )
    """,
    "I7 what a complaint's events tell is what its row says": f"""
        SELECT c.id FROM complaint c CROSS JOIN LATERAL (
            SELECT {LAST_FACTS} FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id
        ) AS told
        WHERE (c.handler_id::text, c.category, c.urgency, c.merged_into_id::text)
                IS DISTINCT FROM (told.handler_id, told.category, told.urgency, told."into")
            OR (c.accept_due_at, c.answer_due_at)
                IS DISTINCT FROM (told.accept_due_at::timestamptz, told.answer_due_at::timestamptz)
            OR c.outcome IS DISTINCT FROM told.outcome
    """,
    "I7 who took a complaint on, and when it was answered and closed, is what its events say": """
        SELECT c.id FROM complaint c CROSS JOIN LATERAL (
            SELECT (array_agg(actor_id ORDER BY created_at DESC) FILTER (WHERE action = 'take_on'))[1] AS leader_id,
                max(created_at) FILTER (WHERE action = 'answer') AS answered_at,
                max(created_at) FILTER (WHERE action IN ('rate', 'close_silent') AND party <> 'joiner') AS closed_at,
                max(created_at) FILTER (WHERE action = 'publish_answer') AS published_at,
                max(created_at) FILTER (WHERE action IN ('pass_check', 'admit')) AS opened_at,
                bool_or(action = 'reopen' AND party = 'author') AS has_reopened
            FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id
        ) AS told
        WHERE c.leader_id IS DISTINCT FROM told.leader_id OR c.has_reopened <> told.has_reopened
            OR (c.answered_at IS NULL) <> (told.answered_at IS NULL)
            OR abs(extract(epoch FROM c.answered_at - told.answered_at)) > 5
            OR (c.opened_at IS NULL) <> (told.opened_at IS NULL)
            OR (c.status = 'closed') <> (c.closed_at IS NOT NULL)
            OR (c.status = 'closed' AND abs(extract(epoch FROM c.closed_at - told.closed_at)) > 5)
            OR (c.echo_id IS NOT NULL) <> coalesce(told.published_at >= told.answered_at, false)
    """,
    "what an author said of an answer is kept once": """
        SELECT c.id FROM complaint c WHERE (
            SELECT count(*) FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id
                AND e.action = 'rate' AND e.party = 'author'
        ) <> (SELECT count(*) FROM complaint_rating r WHERE r.complaint_id = c.id AND r.party = 'author')
    """,
    "a joint case was handed to those units that have a step, and answered by the lead": """
        SELECT c.id FROM complaint c CROSS JOIN LATERAL (
            SELECT array_agg(s.unit_id::text ORDER BY s.unit_id::text) AS unit_ids,
                max(s.unit_id::text) FILTER (WHERE s.is_lead) AS lead_id,
                bool_or(s.status <> 'answered' OR NOT s.is_told) AS is_open
            FROM complaint_step s WHERE s.complaint_id = c.id AND s.status <> 'cancelled'
        ) AS steps CROSS JOIN LATERAL (
            SELECT jsonb_path_query_array(
                    coalesce(jsonb_agg(facts -> 'unit_ids') FILTER (WHERE action = 'dispatch'), '[]'), '$[*][*]'
                ) AS unit_ids,
                (array_agg(facts ORDER BY created_at DESC) FILTER (WHERE action = 'answer'))[1] ->> 'unit_id' AS lead_id
            FROM event e WHERE e.subject_kind = 'complaint' AND e.subject_id = c.id
        ) AS told
        WHERE steps.unit_ids IS NOT NULL AND (
            NOT c.is_joint OR NOT steps.unit_ids <@ ARRAY(SELECT jsonb_array_elements_text(told.unit_ids))
            OR (c.status IN ('answered', 'closed') AND (steps.is_open OR told.lead_id IS DISTINCT FROM steps.lead_id))
        )
    """,
    "what was merged stands where somebody is answered, in no ring": """
        SELECT c.id FROM complaint c JOIN complaint o ON o.id = c.merged_into_id
        WHERE o.merged_into_id = c.id OR o.is_confidential <> c.is_confidential
    """,
    "nothing happened in the future": """
        SELECT id FROM event WHERE created_at > now()
        UNION ALL SELECT id FROM ledger_transfer WHERE created_at > now()
    """,
    "ids are in order of creation": """
        SELECT id FROM (
            SELECT id, created_at, lag(created_at) OVER (ORDER BY id) AS before FROM wish
        ) AS ordered WHERE date_trunc('milliseconds', created_at) < date_trunc('milliseconds', before)
        UNION ALL SELECT id FROM (
            SELECT id, created_at, lag(created_at) OVER (ORDER BY id) AS before FROM complaint
        ) AS ordered WHERE created_at < before - interval '1 second'
    """,
    "who is in a branch is a member of its grid": """
        SELECT x.id FROM branch_member x JOIN branch b ON b.id = x.branch_id JOIN member m ON m.id = x.member_id
        WHERE x.status = 'joined'
            AND NOT (b.status = 'active' AND m.status = 'approved' AND m.home_area_id = b.area_id)
    """,
    "who leads a branch or stands for it is in it": """
        SELECT t.id FROM (
            SELECT id, branch_id, member_id FROM branch_term WHERE ended_at IS NULL
            UNION ALL SELECT id, branch_id, member_id FROM branch_candidacy
            WHERE status IN ('asked', 'standing', 'accepted')
        ) t WHERE NOT EXISTS (
            SELECT FROM branch_member x
            WHERE x.branch_id = t.branch_id AND x.member_id = t.member_id AND x.status = 'joined'
        )
    """,
    "who led a branch was accepted": """
        SELECT t.id FROM branch_term t JOIN branch_candidacy c ON c.id = t.candidacy_id
        WHERE (c.status, c.branch_id, c.member_id) IS DISTINCT FROM ('in_office', t.branch_id, t.member_id)
        UNION ALL SELECT c.id FROM branch_candidacy c
        WHERE c.status = 'in_office' AND NOT EXISTS (SELECT FROM branch_term t WHERE t.candidacy_id = c.id)
    """,
    "no deadline ends anything at once": """
        SELECT id FROM claim WHERE status IN ('active', 'returned') AND due_at < now()
        UNION ALL SELECT id FROM wish WHERE status = 'delivered' AND delivered_at < now() - interval '7 days'
        UNION ALL SELECT id FROM wish WHERE status = 'published' AND published_at < now() - interval '90 days'
        UNION ALL SELECT id FROM voucher WHERE status = 'held' AND expires_at < now()
        UNION ALL SELECT id FROM complaint WHERE status = 'answered' AND answered_at < now() - interval '14 days'
    """,
} | {
    f"I7 each {lifecycle.subject}'s {rule}": statement.format(
        subject=lifecycle.subject, draft=lifecycle.initial if lifecycle is TASK else "-"
    )
    for lifecycle in LIFECYCLES
    for rule, statement in (("status is its last event's", _STATUS_IS_LAST_EVENT), ("events join up", _EVENTS_JOIN_UP))
}


async def broken(database_url: str) -> dict[str, int]:
    """Return the rules that some rows break, and how many do."""
    connection = await asyncpg.connect(database_url)
    try:
        counted = {rule: len(await connection.fetch(statement)) for rule, statement in BROKEN.items()}
    finally:
        await connection.close()
    return {rule: count for rule, count in counted.items() if count}
