"""How much one person may take on, and what lapses do to that (pure)."""

from datetime import timedelta

LAPSE_WINDOW = timedelta(days=30)
"""Two lapses within this time narrow the limit."""

NARROWED_FOR = timedelta(days=30)
NARROWED_LIMIT = 1
"""How long after the second lapse, and to how many claims at once."""

WAITING_MAX = 10
"""For how many tasks one person may wait at once."""
