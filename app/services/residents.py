"""Telling residents what becomes of what they asked for, a wish or an errand: by their own names for it."""

from uuid import UUID

from asyncpg import Connection, Record

from app.domain.message_kinds import MessageKind
from app.services import messages

# A task that waits for its one helper again.
FIND_SEEKING = """
    SELECT t.wish_id, t.errand_id, t.author_id, t.title FROM task t
    WHERE t.id = $1 AND t.status = 'open' AND t.seats_taken = 0 AND (t.wish_id IS NOT NULL OR t.errand_id IS NOT NULL)
"""


async def tell_claimed(connection: Connection, task: Record) -> None:
    """Tell the resident that somebody claimed it. ``task`` has ``wish_id``, ``errand_id``, ``author_id``, ``title``."""
    await _tell(connection, task, MessageKind.WISH_CLAIMED, MessageKind.ERRAND_CLAIMED)


async def tell_seeking(connection: Connection, task_id: UUID) -> None:
    """Tell the resident that it waits for somebody again, if it does."""
    task = await connection.fetchrow(FIND_SEEKING, task_id)
    if task is not None:
        await _tell(connection, task, MessageKind.WISH_SEEKING, MessageKind.ERRAND_SEEKING)


async def tell_delivered(connection: Connection, task: Record) -> None:
    """Tell the resident that it is done, and ask them to confirm it."""
    await _tell(connection, task, MessageKind.WISH_DELIVERED, MessageKind.ERRAND_DELIVERED)


async def tell_confirm_soon(connection: Connection, task: Record, until: str) -> None:
    """Tell the resident from which day on it is confirmed without a word of theirs."""
    await _tell(connection, task, MessageKind.WISH_CONFIRM_SOON, MessageKind.ERRAND_CONFIRM_SOON, until=until)


async def _tell(
    connection: Connection, task: Record, of_wish: MessageKind, of_errand: MessageKind, **words: str
) -> None:
    """Tell whoever asked; a task that is for neither is its staff's own affair."""
    kind, subject_id = (of_wish, task["wish_id"]) if task["wish_id"] else (of_errand, task["errand_id"])
    if subject_id is not None:
        await messages.tell(connection, [task["author_id"]], kind, subject_id, title=task["title"], **words)
