"""The lifecycle of call-outs (集结)."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, SYSTEM = Party.AUTHOR, Party.STAFF, Party.SYSTEM

CALL_OUT = Lifecycle(
    subject="call_out",
    states=("ordered", "gathering", "stood_down", "refused", "withdrawn"),
    initial="ordered",
    transitions=(
        # Two people: whoever ordered it is never one of those who may confirm it (I2).
        row("ordered", "confirm", "gathering", STAFF),
        row("ordered", "refuse", "refused", STAFF),
        row("ordered", "withdraw", "withdrawn", AUTHOR),
        # Nobody confirmed it in time: an order of yesterday calls nobody today.
        row("ordered", "lapse", "withdrawn", SYSTEM),
        row("gathering", "stand_down", "stood_down", AUTHOR, STAFF),
    ),
)

ACTIVE_CALL_OUT_STATES = ("ordered", "gathering")
"""An area has one call-out in one of these, and beside it one drill."""

CALLED_STATES = ("gathering", "stood_down")
"""People were called: they see it, and so do staff of the areas below."""
