"""What people decide on pictures; whose they may decide on, the review queue says."""

from uuid import UUID

from asyncpg import Connection

from app.domain.lifecycle import Party
from app.domain.lifecycles import MEDIA
from app.services import transitions
from app.services.transitions import Mover


async def let_through(connection: Connection, decider_id: UUID, media_id: UUID) -> None:
    """Show a picture to everybody who sees what it belongs to, and settle its check. Raises ``state-conflict``."""
    await transitions.move(connection, MEDIA, media_id, "pass", Mover(Party.STAFF, decider_id))


async def turn_down(connection: Connection, decider_id: UUID, media_id: UUID, reason: str) -> None:
    """Show a picture to nobody else any more, and settle its check. Raises ``state-conflict``."""
    await transitions.move(connection, MEDIA, media_id, "reject", Mover(Party.STAFF, decider_id), note=reason)
