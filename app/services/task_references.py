"""A task as that what hangs on it mentions it: claims and places in line."""

from typing import Any

from asyncpg import Record

COLUMNS = """t.id AS task_id, t.title, t.reward_points, t.hourly_points, t.wish_id, t.complaint_id, t.errand_id,
        a.id AS area_id, a.name AS area_name"""
"""What ``refer`` reads: of the task ``t`` and its area ``a``."""


def refer(row: Record) -> dict[str, Any]:
    """Return the task of a row that has ``COLUMNS``."""
    return {
        "id": row["task_id"],
        "title": row["title"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "reward_points": row["reward_points"],
        "hourly_points": row["hourly_points"],
        "wish_id": row["wish_id"],
        "complaint_id": row["complaint_id"],
        "errand_id": row["errand_id"],
    }
