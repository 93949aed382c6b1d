"""The lifecycle of seats that a group takes for people whom it names one after another."""

from app.domain.lifecycle import Lifecycle, Party, row

OWNER, STAFF, SYSTEM = Party.OWNER, Party.STAFF, Party.SYSTEM

PLEDGE = Lifecycle(
    subject="pledge",
    states=("held", "withdrawn", "ended"),
    initial="held",
    transitions=(
        # By the leader of the team or the secretary of the branch, or by staff for them.
        row("held", "name", "held", OWNER, STAFF),
        # Somebody of the group names themselves.
        row("held", "claim", "held", Party.HELPER),
        row("held", "change", "held", OWNER, STAFF),
        # Whoever is named goes on; the seats of all others are free.
        row("held", "withdraw", "withdrawn", OWNER, STAFF),
        # The time to name people is over, the task has ended, or the group is no more.
        row("held", "end", "ended", SYSTEM),
    ),
)
