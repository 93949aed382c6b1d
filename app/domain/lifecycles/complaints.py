"""The lifecycles of complaints, of the steps that units take in them, and of joint cases."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, UNIT, SYSTEM = Party.AUTHOR, Party.STAFF, Party.UNIT, Party.SYSTEM

COMPLAINT = Lifecycle(
    subject="complaint",
    states=(
        "checking",
        "reviewing",
        "open",
        "accepted",
        "waiting",
        "answered",
        "closed",
        "reopened",
        "merged",
        "rejected",
        "withdrawn",
    ),
    initial="checking",
    transitions=(
        # No machine turns a complaint away: whatever the content check did not pass waits for a person (I10).
        row("checking reviewing", "pass_check", "open", SYSTEM),
        row("checking", "hold_check", "reviewing", SYSTEM),
        row("reviewing", "admit", "open", STAFF),
        row("reviewing open accepted reopened", "reject", "rejected", STAFF),
        row("open reopened", "accept", "accepted", STAFF),
        # A leader answers for it by name from here on (书记领办).
        row("open accepted reopened", "take_on", "accepted", STAFF),
        row("open accepted reopened", "answer", "answered", STAFF),
        # Up or down one level, where it has to be accepted anew. It keeps its number (I13).
        row("open accepted reopened", "escalate", "open", STAFF),
        row("open accepted reopened", "escalate_overdue", "open", SYSTEM),
        # The same was said in the same place again and again: those above look at once.
        row("open", "escalate_repeated", "open", SYSTEM),
        # Nobody has admitted it in time: those above look, and nothing becomes public by itself (I10).
        row("reviewing", "escalate_unreviewed", "reviewing", SYSTEM),
        row("open accepted reopened", "return", "open", STAFF),
        row("open accepted reopened", "merge", "merged", STAFF),
        row("accepted", "dispatch", "accepted", STAFF),
        row("accepted", "call_helpers", "accepted", STAFF),
        # The clock stands still while the resident is asked for something.
        row("accepted", "wait", "waiting", STAFF),
        row("waiting", "resume", "accepted", AUTHOR, STAFF, SYSTEM),
        row("checking reviewing open accepted waiting reopened", "withdraw", "withdrawn", AUTHOR),
        row("answered", "rate", "closed", AUTHOR),
        row("answered", "close_silent", "closed", SYSTEM),
        row("closed", "reopen", "reopened", AUTHOR, STAFF),
    ),
)

LIVE_COMPLAINT_STATES = ("checking", "reviewing", "open", "accepted", "waiting", "reopened")
"""Somebody still owes an answer."""

PUBLIC_COMPLAINT_STATES = ("open", "accepted", "waiting", "answered", "closed", "reopened", "merged")
"""What may stand on a wall: passed by the content check or by a person."""

HIDDEN_COMPLAINT_STATES = ("waiting", "answered", "closed", "merged")
"""Too late to turn it away: turning its words down takes them off the walls, and it goes on as it was."""

RATED_COMPLAINT_STATES = ("answered", "closed")
"""There is an answer to rate. Once closed, its author's word has been said or its time is over, not the others'."""

STEP = Lifecycle(
    subject="complaint_step",
    states=("assigned", "answered", "cancelled"),
    initial="assigned",
    transitions=(
        # What a unit answers on paper, staff type in for it; the event tells who did.
        row("assigned", "answer", "answered", UNIT, STAFF),
        row("answered", "send_back", "assigned", STAFF),
        row("assigned answered", "cancel", "cancelled", STAFF, SYSTEM),
    ),
)

JOINT_CASE = Lifecycle(
    subject="joint_case",
    states=("open", "closed"),
    initial="open",
    transitions=(
        # Staff above the grid.
        row("open", "close", "closed", STAFF),
    ),
)
