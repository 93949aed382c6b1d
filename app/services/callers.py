"""Finding the caller: who they are and what they may, in one statement, so that a changed grant counts at once."""

from uuid import UUID

from app.core.db import Reads
from app.domain.caller import Caller, HeldGrant, Role
from app.domain.errors import Problem

IS_HELPER_SQL = """EXISTS (
    SELECT FROM person p LEFT JOIN member m ON m.person_id = p.id LEFT JOIN volunteer v ON v.person_id = p.id
    WHERE p.user_id = u.id AND (m.status = 'approved' OR v.status = 'approved')
)"""
"""Whether the user ``u`` may claim tasks."""
FIND_CALLER = f"""
    SELECT u.token_version, u.is_blocked,
        {IS_HELPER_SQL} AS is_helper,
        ARRAY(SELECT (g.role, g.area_id) FROM "grant" g WHERE g.user_id = u.id) AS grants,
        ARRAY(SELECT c.merchant_id FROM clerk c WHERE c.user_id = u.id) AS shop_ids
    FROM "user" u WHERE u.id = $1
"""


async def find(reads: Reads, user_id: UUID, token_version: int) -> Caller:
    """Return the caller that a token names. Raises ``token-invalid`` when the token was revoked or the user blocked."""
    row = await reads.fetchrow(FIND_CALLER, user_id)
    if row is None or row["is_blocked"] or row["token_version"] != token_version:
        raise Problem("token-invalid")
    return Caller(
        id=user_id,
        is_helper=row["is_helper"],
        grants=tuple(HeldGrant(Role(role), area_id) for role, area_id in row["grants"]),
        shop_ids=frozenset(row["shop_ids"]),
    )
