"""The lifecycles of tasks, their series, claims, stays and places in line."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, CLAIMANT, HELPER, STAFF, SYSTEM = Party.AUTHOR, Party.CLAIMANT, Party.HELPER, Party.STAFF, Party.SYSTEM

TASK = Lifecycle(
    subject="task",
    states=("draft", "open", "closed", "cancelled"),
    initial="draft",
    transitions=(
        row("draft", "open", "open", STAFF, SYSTEM),
        # Its words have passed, and it waits for the publication of its list.
        row("draft", "pass", "draft", STAFF, SYSTEM),
        # What staff write anew is checked anew; nobody has claimed it yet.
        row("draft open", "edit", "draft", STAFF),
        # More are welcome, or some did a part of it and the rest is left: whoever waits moves up.
        row("open", "add_seats", "open", STAFF, SYSTEM),
        # All teams of an alliance are called, by staff or by the secretary of a branch over its area.
        row("open", "call", "open", STAFF, Party.OWNER),
        row("open", "close", "closed", AUTHOR, STAFF, SYSTEM),
        row("draft open", "cancel", "cancelled", AUTHOR, STAFF, SYSTEM),
        # It has called for nobody else, and its words turn out not to be fit to stand.
        row("closed", "take_down", "cancelled", STAFF),
    ),
)

PUBLIC_TASK_STATES = ("open", "closed")
"""What everybody may see of tasks: closed to others, or done."""

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

CLAIM = Lifecycle(
    subject="claim",
    states=("active", "submitted", "returned", "verified", "released", "lapsed", "refused"),
    initial="active",
    transitions=(
        row("active returned", "submit", "submitted", CLAIMANT),
        row("active returned", "release", "released", CLAIMANT),
        # They say why it cannot be done: staff are told, and it is no lapse.
        row("active returned", "cannot", "released", CLAIMANT),
        row("active returned", "lapse", "lapsed", SYSTEM),
        # The task is cancelled under the claimant.
        row("active returned", "call_off", "released", STAFF, SYSTEM),
        row("submitted", "confirm", "verified", AUTHOR),
        row("submitted", "confirm_silent", "verified", SYSTEM),
        row("submitted", "verify", "verified", STAFF),
        # They were there, and whoever runs the activity ticks them off: no word of theirs is needed.
        row("active returned", "tick", "verified", STAFF),
        row("submitted", "return", "returned", STAFF),
        row("submitted", "refuse", "refused", STAFF),
    ),
)

LIVE_CLAIM_STATES = ("active", "submitted", "returned")
"""A claim in one of these takes a seat (I1)."""

ATTENDANCE = Lifecycle(
    subject="attendance",
    states=("present", "left"),
    initial="present",
    transitions=(
        row("present", "check_out", "left", CLAIMANT, STAFF),
        # They forgot to: at the planned hour.
        row("present", "close", "left", SYSTEM),
    ),
)

WAITER = Lifecycle(
    subject="waiter",
    states=("waiting", "moved_up", "left", "ended"),
    initial="waiting",
    transitions=(
        # A seat was free, and they were the first who might take it.
        row("waiting", "move_up", "moved_up", SYSTEM),
        # They found a free seat and took it themselves; a job tidies up what they did with two telephones at once.
        row("waiting", "claim", "moved_up", HELPER, SYSTEM),
        row("waiting", "leave", "left", AUTHOR),
        # The task ended.
        row("waiting", "end", "ended", SYSTEM),
    ),
)
