"""The lifecycles of merchants, what they offer, and vouchers."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, ALLIANCE, CLERK, OWNER, SYSTEM = Party.AUTHOR, Party.ALLIANCE, Party.CLERK, Party.OWNER, Party.SYSTEM

MERCHANT = Lifecycle(
    subject="merchant",
    states=("applied", "approved", "suspended", "refused", "left"),
    initial="applied",
    transitions=(
        row("applied", "approve", "approved", ALLIANCE),
        row("applied", "refuse", "refused", ALLIANCE),
        row("refused", "reapply", "applied", AUTHOR),
        # Open vouchers of a suspended shop are honoured or given back, as the alliance decides; who leaves gives back.
        row("approved", "suspend", "suspended", ALLIANCE),
        row("suspended", "resume", "approved", ALLIANCE),
        row("approved suspended", "leave", "left", AUTHOR),
    ),
)

LIVE_MERCHANT_STATES = ("applied", "approved", "suspended")
"""A licence stands on one shop in one of these at most."""

OFFER = Lifecycle(
    subject="offer",
    states=("checking", "reviewing", "listed", "paused", "rejected", "ended"),
    initial="checking",
    transitions=(
        row("checking reviewing", "pass_check", "listed", SYSTEM),
        row("checking", "hold_check", "reviewing", SYSTEM),
        row("checking", "reject_check", "rejected", SYSTEM),
        row("reviewing", "approve", "listed", ALLIANCE),
        row("reviewing listed paused", "reject", "rejected", ALLIANCE),
        row("listed", "pause", "paused", AUTHOR, ALLIANCE),
        row("paused", "resume", "listed", AUTHOR, ALLIANCE),
        row("listed paused", "end", "ended", AUTHOR),
        # Other words are checked like new ones. What was taken before keeps what it was taken with.
        row("reviewing listed paused rejected", "edit", "checking", AUTHOR),
    ),
)

VOUCHER = Lifecycle(
    subject="voucher",
    states=("held", "settled", "reversed", "cancelled", "expired"),
    initial="held",
    transitions=(
        row("held", "settle", "settled", CLERK),
        row("settled", "reverse", "reversed", OWNER, ALLIANCE),
        row("held", "cancel", "cancelled", AUTHOR),
        row("held", "expire", "expired", SYSTEM),
        row("held", "give_back", "cancelled", SYSTEM),
    ),
)
