"""The lifecycle of what rings a phone beside a message in the app."""

from app.domain.lifecycle import Lifecycle, Party, row

SYSTEM = Party.SYSTEM

RING = Lifecycle(
    subject="ring",
    states=("waiting", "sending", "sent", "refused", "failed", "unknown", "expired"),
    initial="waiting",
    transitions=(
        # Committed before WeChat is called: from here on it is never sent a second time.
        row("waiting", "take", "sending", SYSTEM),
        # WeChat has surely done nothing: it was busy, too many came, or nobody could be reached.
        row("sending", "put_back", "waiting", SYSTEM),
        # The answer may come after somebody gave up waiting for it.
        row("sending unknown", "send", "sent", SYSTEM),
        # The user takes no more messages of this kind.
        row("waiting sending unknown", "refuse", "refused", SYSTEM),
        row("waiting sending unknown", "fail", "failed", SYSTEM),
        # Nobody knows whether WeChat sent it: the connection broke, or the worker was killed.
        row("sending", "give_up", "unknown", SYSTEM),
        # WeChat told later that it did not arrive.
        row("sent", "bounce", "failed", SYSTEM),
        # Read in the app, or the one to be rung is blocked, or rings by another template now.
        row("waiting", "drop", "expired", SYSTEM),
        # A day old.
        row("waiting", "expire", "expired", SYSTEM),
    ),
)
