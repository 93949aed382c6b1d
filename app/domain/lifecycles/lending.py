"""The lifecycles of lending: plans, their lines, the people asked, and loans."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, SYSTEM = Party.AUTHOR, Party.STAFF, Party.SYSTEM

LENDING_PLAN = Lifecycle(
    subject="lending_plan",
    states=("computing", "ready", "failed"),
    initial="computing",
    transitions=(
        row("computing", "finish", "ready", SYSTEM),
        row("computing", "fail", "failed", SYSTEM),
    ),
)

LENDING_LINE = Lifecycle(
    subject="lending_line",
    states=("proposed", "asking", "filled", "refused", "ended"),
    initial="proposed",
    transitions=(
        row("proposed", "accept", "asking", STAFF),
        row("proposed", "refuse", "refused", STAFF),
        # As many agreed as were to be lent: the others who were asked need not answer any more.
        row("asking", "fill", "filled", SYSTEM),
        row("asking", "stop", "ended", STAFF),
        row("proposed asking", "lapse", "ended", SYSTEM),
    ),
)

LOAN_REQUEST = Lifecycle(
    subject="loan_request",
    states=("open", "agreed", "declined", "withdrawn"),
    initial="open",
    transitions=(
        # Nobody is sent: whoever is asked says so themselves, gives no reason, and may say nothing.
        row("open", "agree", "agreed", AUTHOR),
        row("open", "decline", "declined", AUTHOR),
        row("open", "withdraw", "withdrawn", SYSTEM),
    ),
)

LOAN = Lifecycle(
    subject="loan",
    states=("running", "ended"),
    initial="running",
    transitions=(
        row("running", "end", "ended", AUTHOR, STAFF),
        row("running", "expire", "ended", SYSTEM),
    ),
)
