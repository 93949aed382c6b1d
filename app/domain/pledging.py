"""What groups may pledge people for, and until when they have to be named (pure)."""

from datetime import datetime, timedelta

from app.domain.kinds import TaskKind

PLEDGED_KINDS = (TaskKind.LISTED, TaskKind.ACTIVITY, TaskKind.PATROL, TaskKind.PAIRING, TaskKind.EMERGENCY)
"""Never what one person asked for: that a group has to be refused somebody would tell who complained."""

NAMED_WITHIN = timedelta(days=7)
"""How long a group has to name its people where nothing of the task is sooner."""


def name_by(moment: datetime, *deadlines: datetime | None) -> datetime:
    """Return until when people are named for a pledge made at ``moment``: the first of the task's own deadlines.

    Deadlines that are over do not count.
    """
    return min([when for when in deadlines if when is not None and when > moment], default=moment + NAMED_WITHIN)
