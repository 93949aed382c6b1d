"""The lifecycle of a series of tasks."""

from app.domain.lifecycle import Lifecycle, Party, row

STAFF, SYSTEM = Party.STAFF, Party.SYSTEM

TASK_SERIES = Lifecycle(
    subject="task_series",
    states=("draft", "open", "ended"),
    initial="draft",
    transitions=(
        # Its words are checked once, for all of its tasks.
        row("draft", "open", "open", STAFF, SYSTEM),
        row("draft open", "edit", "draft", STAFF),
        # By the system after its last day.
        row("draft open", "end", "ended", STAFF, SYSTEM),
    ),
)
