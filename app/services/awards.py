"""Awards: what a verified claim was promised becomes points, as the policy in force then caps, delays and ends them."""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.clock import local_date
from app.core.db import insert
from app.domain import points
from app.domain.errors import Problem
from app.models.policy import Award
from app.services import policies
from app.services.transitions import Mover

# The database's own clock: the transfer that follows is dated by it, and by its day the next award counts this one.
LOCK_USER_AND_TASK = """
    SELECT now() AS moment, t.area_id, t.seats, t.title, t.reward_points, t.hourly_points FROM "user" u, task t
    WHERE u.id = $1 AND t.id = $2 AND t.status <> 'draft' FOR NO KEY UPDATE OF u, t
"""
IS_BELOW_THRESHOLD_SQL = f"""(
    NOT EXISTS (SELECT FROM voucher WHERE user_id = {{user_id}})
    AND {ledger.AWARDED_POINTS_SQL} < coalesce({policies.THRESHOLD_SQL}, 0)
)"""
"""Whether somebody who never took a voucher was awarded too little for a first one; format it with both ids."""


async def begin(connection: Connection, user_id: UUID, task_id: UUID) -> Record:
    """Lock the row of whoever shall be awarded, then the task's; return the task's promise and the moment of the award.

    Two awards to one user come after one another, so that they cannot pass a cap together; two of one task, so that the
    second finds the first. What was delivered before a task was called off counts. Raises ``state-conflict`` for a
    draft, at which nobody can be at work.
    """
    task = await connection.fetchrow(LOCK_USER_AND_TASK, user_id, task_id)
    if task is None:
        raise Problem("state-conflict")
    return task


async def grant(connection: Connection, task: Record, claim: Record, mover: Mover) -> int:
    """Grant what ``task``, as ``begin`` returned it, promised for the verified ``claim``; return how many points.

    The promise is the task's; caps, waiting and expiry are those of the policy in force in its area at the moment. How
    it came to that is kept.
    """
    moment: datetime = task["moment"]
    user_id, day = claim["user_id"], local_date(moment)
    terms_of_area = await policies.find(connection, task["area_id"], moment)
    terms = terms_of_area.terms
    promised = points.promised_points(
        task["reward_points"], task["hourly_points"], claim["minutes"], claim["done_percent"]
    )
    granted, cut_by = points.cap(promised, terms, await ledger.find_standing(connection, user_id, day))
    award = Award(
        claim_id=claim["id"],
        user_id=user_id,
        verifier_id=mover.id,
        points_promised=promised,
        points_granted=granted,
        cut_by=cut_by,
        policy_ids=list(terms_of_area.version_ids),
        available_on=points.available_on(terms, day) if granted else None,
        expires_on=points.expires_on(terms, day) if granted else None,
        created_at=moment,
    )
    await insert(connection, award)
    if granted:
        await ledger.award(
            connection,
            user_id,
            granted,
            award.claim_id,
            expires_on=award.expires_on,
            available_on=award.available_on,
        )
    return granted
