"""Taking tasks down whose words are not fit to stand: nobody reads them any more but those whom they concern.

What helpers have done stays theirs: it is verified, and its points are awarded, as if the words stood there yet.
"""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Connection

from app.domain.caller import Caller
from app.domain.errors import Problem
from app.services import posted_tasks, users, waiting
from app.services.transitions import Mover

HAS_NOT_BEGUN = "c.status = 'active' AND NOT EXISTS (SELECT FROM attendance h WHERE h.id = c.id)"


async def reject(connection: Connection, secret: str, caller: Caller, task_id: UUID, reason: str) -> None:
    """Take a task down as its staff. Locks the complaint that it is for, then what ``take_down`` locks.

    Raises what ``posted_tasks.permit`` and ``take_down`` do, and ``state-conflict`` where it did not stand.
    """
    mover = await posted_tasks.permit(connection, secret, caller, task_id)
    if not await take_down(connection, task_id, mover, reason):
        raise Problem("state-conflict")


async def take_down(connection: Connection, task_id: UUID, mover: Mover, note: str) -> bool:
    """Take a task down; return whether it stood there.

    Where it still calls for people, those who have not begun are freed and told. Who was there or has delivered goes
    on, as does everybody at work on one that is closed. Locks and raises as ``posted_tasks.call_off`` does.
    """
    if await posted_tasks.call_off(connection, task_id, mover, note, which=HAS_NOT_BEGUN) is not None:
        return True
    return await waiting.end_task(connection, task_id, "take_down", mover, note=note) is not None


async def take_down_all(connection: Connection, task_ids: Sequence[UUID], mover: Mover, note: str) -> None:
    """Take tasks down one after the other. Locks everybody at work on one of them, then each as ``take_down`` does."""
    await users.lock(connection, await posted_tasks.list_claimants(connection, *task_ids))
    for task_id in task_ids:
        await take_down(connection, task_id, mover, note)


async def withhold(connection: Connection, task_id: UUID, mover: Mover, note: str) -> None:
    """Take a task down under nobody: all who are at work on it go on. Locks the task, then whoever waits for a seat."""
    for action in ("cancel", "take_down"):
        if await waiting.end_task(connection, task_id, action, mover, note=note) is not None:
            return
