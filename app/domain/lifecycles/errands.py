"""The lifecycle of errands."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, SYSTEM = Party.AUTHOR, Party.STAFF, Party.SYSTEM

ERRAND = Lifecycle(
    subject="errand",
    states=("checking", "reviewing", "approved", "done", "rejected", "withdrawn", "ended"),
    initial="checking",
    transitions=(
        # Staff always read it before helpers do: somebody's papers are at stake.
        row("checking", "pass_check", "reviewing", SYSTEM),
        row("checking", "hold_check", "reviewing", SYSTEM),
        row("checking", "reject_check", "rejected", SYSTEM),
        row("reviewing", "approve", "approved", STAFF),
        row("reviewing", "reject", "rejected", STAFF),
        # While nobody works on it; from then on staff end it, under whoever claimed it too.
        row("checking reviewing approved", "withdraw", "withdrawn", AUTHOR),
        row("approved", "end", "ended", STAFF),
        row("approved", "expire", "ended", SYSTEM),
        # As its claim is confirmed or verified.
        row("approved", "complete", "done", AUTHOR, STAFF, SYSTEM),
    ),
)
