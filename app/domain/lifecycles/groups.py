"""The lifecycles of teams and branches, of who belongs to them, and of who stands for a branch's office."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, OWNER, SYSTEM = Party.AUTHOR, Party.STAFF, Party.OWNER, Party.SYSTEM

TEAM = Lifecycle(
    subject="team",
    states=("applied", "approved", "refused", "dissolved"),
    initial="applied",
    transitions=(
        row("applied", "approve", "approved", STAFF),
        row("applied", "refuse", "refused", STAFF),
        # What its leader writes anew is public once staff have read it (I10); what staff write is read already.
        row("applied approved refused", "edit", "applied", OWNER),
        row("approved", "correct", "approved", STAFF),
        row("applied approved refused", "dissolve", "dissolved", OWNER, STAFF),
    ),
)

TEAM_MEMBER = Lifecycle(
    subject="team_member",
    states=("asked", "joined", "refused", "left"),
    initial="asked",
    transitions=(
        row("asked", "admit", "joined", OWNER, STAFF),
        row("asked", "refuse", "refused", OWNER, STAFF),
        row("asked joined", "leave", "left", AUTHOR),
        row("joined", "remove", "left", OWNER, STAFF),
        row("refused left", "ask", "asked", AUTHOR),
    ),
)

BRANCH = Lifecycle(
    subject="branch",
    states=("active", "dissolved"),
    initial="active",
    transitions=(
        row("active", "edit", "active", STAFF),
        # By the system when its grid goes into another one that has a branch.
        row("active", "dissolve", "dissolved", STAFF, SYSTEM),
    ),
)

BRANCH_MEMBER = Lifecycle(
    subject="branch_member",
    states=("joined", "left"),
    initial="joined",
    # By the system when the membership ends, or goes to another grid.
    transitions=(row("joined", "leave", "left", AUTHOR, STAFF, SYSTEM),),
)

BRANCH_CANDIDACY = Lifecycle(
    subject="branch_candidacy",
    states=("asked", "standing", "accepted", "in_office", "declined", "rejected", "withdrawn", "lapsed"),
    # Who is recommended is asked first; who nominates themselves stands at once.
    initial="asked",
    transitions=(
        row("asked", "agree", "standing", AUTHOR),
        row("asked", "decline", "declined", AUTHOR),
        row("standing", "accept", "accepted", STAFF),
        row("asked standing accepted", "reject", "rejected", STAFF),
        row("standing accepted", "withdraw", "withdrawn", AUTHOR),
        row("accepted", "hand_over", "in_office", STAFF),
        # The candidate has left the branch, or the branch is no more.
        row("asked standing accepted", "lapse", "lapsed", SYSTEM),
    ),
)

OPEN_CANDIDACY_STATES = ("asked", "standing", "accepted")
"""It is not decided yet who leads the branch."""
