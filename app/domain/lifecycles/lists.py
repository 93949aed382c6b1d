"""The lifecycle of a month's list of tasks."""

from app.domain.lifecycle import Lifecycle, Party, row

STAFF, SYSTEM = Party.STAFF, Party.SYSTEM

TASK_LIST = Lifecycle(
    subject="task_list",
    states=("draft", "published", "closed", "cancelled"),
    initial="draft",
    transitions=(
        row("draft", "add_item", "draft", STAFF),
        # All items open with it, in the same transaction.
        row("draft", "publish", "published", STAFF),
        # Its month is over; what is open of it goes on.
        row("published", "close", "closed", SYSTEM),
        row("draft published", "cancel", "cancelled", STAFF),
    ),
)

PUBLIC_LIST_STATES = ("published", "closed")
"""What everybody may see of lists."""
