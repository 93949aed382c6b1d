"""Awards: what a verified claim was promised becomes points, as the policy in force then caps, delays and ends them."""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app import ledger
from app.core.clock import local_date
from app.core.db import insert
from app.domain import points
from app.models.policy import Award
from app.services import policies
from app.services.transitions import Mover

# The database's own clock: the transfer that follows is dated by it, and by its day the next award counts this one.
LOCK_USER = 'SELECT now() FROM "user" WHERE id = $1 FOR NO KEY UPDATE'
IS_BELOW_THRESHOLD_SQL = f"""(
    NOT EXISTS (SELECT FROM voucher WHERE user_id = {{user_id}})
    AND {ledger.AWARDED_POINTS_SQL} < coalesce({policies.THRESHOLD_SQL}, 0)
)"""
"""Whether somebody who never took a voucher was awarded too little for a first one; format it with both ids."""


async def begin(connection: Connection, user_id: UUID) -> datetime:
    """Lock the row of whoever shall be awarded, before all other locks; return the moment of the award.

    Two awards to one user come after one another, so that they cannot pass a cap together.
    """
    moment: datetime = await connection.fetchval(LOCK_USER, user_id)
    return moment


async def grant(connection: Connection, task: Record, claim: Record, mover: Mover, moment: datetime) -> None:
    """Grant what ``task`` promised for the verified ``claim``, and keep how it came to that; ``begin`` comes first.

    The promise is the task's; caps, waiting and expiry are those of the policy in force in its area at ``moment``.
    """
    user_id, day = claim["user_id"], local_date(moment)
    terms_of_area = await policies.find(connection, task["area_id"], moment)
    terms = terms_of_area.terms
    promised = points.promised_points(task["reward_points"], task["hourly_points"], claim["minutes"])
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
