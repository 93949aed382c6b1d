"""The lifecycles of orders (派单) and of the part that each area has in one."""

from app.domain.lifecycle import Lifecycle, Party, row

OWNER, STAFF, SYSTEM = Party.OWNER, Party.STAFF, Party.SYSTEM

AREA_ORDER = Lifecycle(
    subject="area_order",
    states=("open", "closed", "cancelled"),
    initial="open",
    transitions=(
        # Staff of the area that ordered. Nothing is closed as long as somebody still has a part to do.
        row("open", "close", "closed", OWNER),
        row("open", "cancel", "cancelled", OWNER),
    ),
)

ORDER_PART = Lifecycle(
    subject="order_part",
    states=("sent", "confirmed", "reported", "accepted", "cancelled"),
    initial="sent",
    transitions=(
        # Staff are those of the area that has to do it, or of one between it and the area that ordered.
        row("sent", "confirm", "confirmed", STAFF),
        row("confirmed", "report", "reported", STAFF),
        row("reported", "accept", "accepted", OWNER),
        # To be done again, and reported anew.
        row("reported", "return", "confirmed", OWNER),
        # By the system when the area goes into another one that has the same to do.
        row("sent confirmed reported", "cancel", "cancelled", OWNER, SYSTEM),
    ),
)

UNREPORTED_PART_STATES = ("sent", "confirmed")
"""Somebody has still to say what was done; beyond the day on which the order is due such a part is overdue."""

OPEN_PART_STATES = (*UNREPORTED_PART_STATES, "reported")
"""Somebody has something to do or to decide."""

WORKED_PART_STATES = ("confirmed", "reported")
"""Tasks may be posted for it."""
