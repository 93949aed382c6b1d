"""The lifecycles of people: who they are, and whether they are members or volunteers."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, SYSTEM = Party.AUTHOR, Party.STAFF, Party.SYSTEM

DECISIONS = (row("applied", "approve", "approved", STAFF), row("applied", "refuse", "refused", STAFF))

IDENTIFICATION = Lifecycle(
    subject="identification",
    states=("applied", "approved", "refused"),
    initial="applied",
    transitions=(
        *DECISIONS,
        row("refused", "reapply", "applied", AUTHOR),
        # They were taken for somebody else, who is nobody's account again.
        row("approved", "undo", "refused", STAFF),
    ),
)

HAT_STATES = ("applied", "approved", "refused", "left")

HAT_TRANSITIONS = (
    *DECISIONS,
    row("refused left", "reapply", "applied", AUTHOR),
    # Staff put somebody back whom they turned away or who had left; whoever is new begins approved.
    row("refused left", "enter", "approved", STAFF),
    # To another grid, by staff of both.
    row("approved", "transfer", "approved", STAFF),
    row("approved", "leave", "left", AUTHOR, STAFF),
    # Somebody who applied in the app proves to be a person of the roster, who has this hat already.
    row("applied approved refused", "merge", "left", SYSTEM),
)

MEMBER = Lifecycle("member", HAT_STATES, "applied", HAT_TRANSITIONS)

VOLUNTEER = Lifecycle("volunteer", HAT_STATES, "applied", HAT_TRANSITIONS)
