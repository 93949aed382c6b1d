"""Taking pictures back: who may, until when, and the files that go with them."""

from uuid import UUID

from asyncpg import Connection

from app.core.queue import order
from app.core.store import Store
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.kinds import PictureOf
from app.domain.lifecycle import Party
from app.domain.lifecycles import MEDIA, RATED_COMPLAINT_STATES
from app.services import complainants, transitions
from app.services.media import files
from app.services.transitions import Mover

DELETE_FILES = "delete_picture_files"
STANDING = frozenset(MEDIA.states) - {"removed"}
UNSEEN = STANDING - {"passed"}
"""In these states nobody but whose it is and those who review it has seen a picture."""
REPORTS = (PictureOf.CLAIM, PictureOf.ANSWER)
"""What was delivered or answered: others have judged by its pictures, and so these stay once they have been seen."""

FIND_OF_COMPLAINT = "SELECT subject_id FROM media WHERE id = $1 AND subject_kind = 'complaint' AND status <> 'removed'"
LOCK_COMPLAINT = "SELECT status FROM complaint WHERE id = $1 FOR SHARE"
LOCK_OWN = "SELECT subject_kind, status FROM media WHERE id = $1 AND owner_id = $2 AND status <> 'removed' FOR UPDATE"


async def remove(connection: Connection, secret: str, caller: Caller, media_id: UUID) -> None:
    """Remove a picture of the caller's, or of a complaint of theirs, and its files.

    Raises ``not-found`` for others', ``state-conflict`` for one of a complaint that was answered, and for one of a
    delivery or an answer that others have seen. Locks the complaint, so that none is answered meanwhile, then the
    picture. No event names them (I9).
    """
    complaint_id = await connection.fetchval(FIND_OF_COMPLAINT, media_id)
    if complaint_id is None:
        picture = await connection.fetchrow(LOCK_OWN, media_id, caller.id)
        if picture is None:
            raise Problem("not-found")
        may_remove = picture["status"] in (UNSEEN if picture["subject_kind"] in REPORTS else STANDING)
    else:
        if not await complainants.is_author(connection, secret, complaint_id, caller.id):
            raise Problem("not-found")
        may_remove = await connection.fetchval(LOCK_COMPLAINT, complaint_id) not in RATED_COMPLAINT_STATES
    if not may_remove:
        raise Problem("state-conflict")
    await transitions.move(connection, MEDIA, media_id, "remove", Mover(Party.AUTHOR))
    await order(connection, DELETE_FILES, media_id)


async def delete_files(store: Store, media_id: UUID) -> None:
    """Delete the files of a picture that was removed. Done twice, nothing is left to do. Raises StoreError."""
    await store.delete(files.paths_of(media_id))
