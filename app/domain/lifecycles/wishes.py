"""The lifecycle of wishes."""

from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, CLAIMANT, HELPER, STAFF, SYSTEM = Party.AUTHOR, Party.CLAIMANT, Party.HELPER, Party.STAFF, Party.SYSTEM

WISH = Lifecycle(
    subject="wish",
    states=(
        "checking",
        "reviewing",
        "published",
        "claimed",
        "delivered",
        "disputed",
        "fulfilled",
        "rejected",
        "withdrawn",
        "expired",
    ),
    initial="checking",
    transitions=(
        # The content check never publishes what WeChat did not pass (I10): doubt and failure wait for staff.
        row("checking", "pass_check", "reviewing", SYSTEM),
        # Also when WeChat, too busy at first, judges it while it waits for staff.
        row("checking reviewing", "pass_check_unreviewed", "published", SYSTEM),
        row("checking", "hold_check", "reviewing", SYSTEM),
        row("checking", "reject_check", "rejected", SYSTEM),
        row("reviewing", "approve", "published", STAFF),
        # Its words turn out not to be fit to stand: whoever claimed it and has not begun is freed. Once there is work
        # in it, the words are hidden and it goes on.
        row("reviewing published claimed", "reject", "rejected", STAFF),
        row("checking reviewing published", "withdraw", "withdrawn", AUTHOR),
        row("published", "expire", "expired", SYSTEM),
        row("published", "claim", "claimed", HELPER),
        row("claimed", "release", "published", CLAIMANT),
        row("claimed", "cannot", "published", CLAIMANT),
        row("claimed", "lapse", "published", SYSTEM),
        row("claimed", "deliver", "delivered", CLAIMANT),
        row("delivered", "confirm", "fulfilled", AUTHOR),
        row("delivered", "confirm_silent", "fulfilled", SYSTEM),
        # What was delivered is a part: that is verified, and the rest is there to be claimed.
        row("delivered", "confirm_part", "published", AUTHOR),
        row("delivered", "confirm_silent_part", "published", SYSTEM),
        row("delivered disputed", "verify_part", "published", STAFF),
        row("delivered", "dispute", "disputed", AUTHOR),
        row("delivered disputed", "verify", "fulfilled", STAFF),
        row("delivered disputed", "return", "claimed", STAFF),
        row("delivered disputed", "refuse", "published", STAFF),
        # It would be there to be claimed again, but its words are hidden.
        row("published", "take_down", "rejected", SYSTEM),
    ),
)

PART_ACTIONS = frozenset({"confirm_part", "confirm_silent_part", "verify_part"})
"""What confirming and verifying come to where the delivery is a part; nobody chooses them."""
