"""Checking in: from when on and until when one may, when one has left who forgot to say so, how long one was there."""

from datetime import datetime, timedelta

from app.domain.kinds import TaskKind

EARLY = timedelta(minutes=30)
"""How long before the beginning one may check in."""
UNPLANNED = timedelta(hours=4)
"""How long somebody is taken to stay where nothing is planned and they forget to check out."""
FORGOTTEN_AFTER = timedelta(hours=2)
"""How long after the planned end one may still say when one left; work takes longer than planned."""
DAY = timedelta(days=1)
"""A longer window tells of weeks in which to come, not of hours in which to be there."""
DISTANCE_STEP_M = 100
DISTANCE_MAX_M = 100_000
MINUTES_MAX = 1440

TICKED_KINDS = frozenset({TaskKind.LISTED, TaskKind.ACTIVITY, TaskKind.PATROL, TaskKind.EMERGENCY})
"""What many do together: having been there is the delivery."""


def find_window_problem(moment: datetime, starts_at: datetime | None, ends_at: datetime | None) -> str | None:
    """Return the problem of checking in at ``moment`` for work in this window, or None."""
    if starts_at is None or ends_at is None:
        return None
    if moment < starts_at - EARLY:
        return "early"
    return "late" if moment > ends_at else None


def planned_end(
    checked_in_at: datetime, starts_at: datetime | None, ends_at: datetime | None, minutes: int | None
) -> datetime:
    """Return when somebody has left who forgets to say so: at the end, else after ``minutes``, else after 4 hours."""
    begins_at = max(checked_in_at, starts_at) if starts_at else checked_in_at
    stay = timedelta(minutes=minutes) if minutes else UNPLANNED
    if ends_at is None or starts_at is None:
        return begins_at + stay
    return ends_at if ends_at - starts_at <= DAY else min(ends_at, begins_at + stay)


def minutes_there(
    checked_in_at: datetime, checked_out_at: datetime, starts_at: datetime | None, ends_at: datetime | None
) -> int:
    """Return the whole minutes that count of somebody's stay, at least 1: those in the window where there is one."""
    begins_at = max(checked_in_at, starts_at) if starts_at else checked_in_at
    left_at = min(checked_out_at, ends_at) if ends_at else checked_out_at
    return min(MINUTES_MAX, max(1, (left_at - begins_at) // timedelta(minutes=1)))


def minutes_most(starts_at: datetime | None, ends_at: datetime | None) -> int:
    """Return how many minutes of work a helper may say by themselves: those of the window, where it tells hours."""
    if starts_at is None or ends_at is None or ends_at - starts_at > DAY:
        return MINUTES_MAX
    return max(1, (ends_at - starts_at) // timedelta(minutes=1))


def hint_m(distance_m: float) -> int:
    """Return a distance as it is kept: to the hundred metres, and no more than a hundred kilometres."""
    return min(DISTANCE_MAX_M, round(distance_m / DISTANCE_STEP_M) * DISTANCE_STEP_M)
