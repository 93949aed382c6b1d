"""The lifecycles of what is owed for points, and of their adjustments."""

from app.domain.lifecycle import Lifecycle, Party, row

STAFF, ALLIANCE, OWNER, SYSTEM = Party.STAFF, Party.ALLIANCE, Party.OWNER, Party.SYSTEM

SETTLEMENT = Lifecycle(
    subject="settlement",
    states=("draft", "agreed", "paid"),
    initial="draft",
    transitions=(
        # Two hands: the shop agrees to what the alliance drafted, and the alliance pays what the shop agreed to (I2).
        row("draft", "agree", "agreed", OWNER),
        row("agreed", "reopen", "draft", ALLIANCE),
        row("agreed", "pay", "paid", ALLIANCE),
    ),
)

SETTLEMENT_LINE = Lifecycle(
    subject="settlement_line",
    states=("open", "disputed", "accepted", "removed"),
    initial="open",
    transitions=(
        row("open accepted removed", "dispute", "disputed", OWNER, ALLIANCE),
        row("disputed", "accept", "accepted", ALLIANCE),
        row("disputed", "remove", "removed", ALLIANCE),
        # Its redemption was reversed: nothing is owed for it any more, whatever was said of it.
        row("open disputed accepted", "leave", "removed", SYSTEM),
    ),
)

ADJUSTMENT = Lifecycle(
    subject="adjustment",
    states=("proposed", "approved", "refused"),
    initial="proposed",
    transitions=(
        # Staff are whoever neither proposed it nor has points or a service at stake: always a second person (I2).
        row("proposed", "approve", "approved", STAFF),
        row("proposed", "refuse", "refused", STAFF),
    ),
)
