"""Waiting lists: what becomes of a place in line, and for how many tasks one may wait."""

from app.domain.lifecycle import Lifecycle, Party, row

WAITER = Lifecycle(
    subject="waiter",
    states=("waiting", "moved_up", "left", "ended"),
    initial="waiting",
    transitions=(
        # A seat was free, and they were the first who might take it.
        row("waiting", "move_up", "moved_up", Party.SYSTEM),
        # They found a free seat and took it themselves; a job tidies up what they did with two telephones at once.
        row("waiting", "claim", "moved_up", Party.HELPER, Party.SYSTEM),
        row("waiting", "leave", "left", Party.AUTHOR),
        # The task ended.
        row("waiting", "end", "ended", Party.SYSTEM),
    ),
)

WAITING_MAX = 10
"""For how many tasks one person may wait at once."""
