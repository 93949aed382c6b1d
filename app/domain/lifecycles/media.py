"""The lifecycle of pictures."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, SYSTEM = Party.AUTHOR, Party.STAFF, Party.SYSTEM

MEDIA = Lifecycle(
    subject="media",
    states=("checking", "passed", "held", "rejected", "removed"),
    initial="checking",
    transitions=(
        # What WeChat did not pass, or did not answer for, waits for a person: no picture is shown unchecked (I10).
        row("checking", "pass_check", "passed", SYSTEM),
        row("checking", "hold_check", "held", SYSTEM),
        row("checking", "reject_check", "rejected", SYSTEM),
        row("held", "pass", "passed", STAFF),
        # Patrols look at what a machine passed as well.
        row("held passed", "reject", "rejected", STAFF),
        row("checking passed held rejected", "remove", "removed", AUTHOR, SYSTEM),
    ),
)
