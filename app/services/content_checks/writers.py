"""Whose words stand in a thing now: of whoever gave them last. Nobody lets their own pass (I2)."""

WRITER = """(
    SELECT e.actor_id FROM event e
    WHERE e.subject_kind = '{kind}' AND e.subject_id = {subject_id} AND e.action IN ({actions})
    ORDER BY e.created_at DESC, e.id DESC LIMIT 1
)"""


def of_task(subject_id: str) -> str:
    """Return SQL for who wrote the words of a task; ``subject_id`` is its id in SQL. Null for what a job made."""
    return WRITER.format(kind="task", subject_id=subject_id, actions="'create', 'edit'")


def of_series(subject_id: str) -> str:
    """Return SQL for who wrote the words of a series; ``subject_id`` is its id in SQL."""
    return WRITER.format(kind="task_series", subject_id=subject_id, actions="'create', 'edit'")


def of_answer(subject_id: str) -> str:
    """Return SQL for who gave the last answer to a complaint; ``subject_id`` is its id in SQL."""
    return WRITER.format(kind="complaint", subject_id=subject_id, actions="'answer'")
