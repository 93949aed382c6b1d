"""The lifecycle of content checks, and what becomes of one that is open when the thing itself moves."""

from collections.abc import Mapping
from types import MappingProxyType

from app.domain.kinds import CheckedPart
from app.domain.lifecycle import Lifecycle, Party, row

AUTHOR, STAFF, ALLIANCE, SYSTEM = Party.AUTHOR, Party.STAFF, Party.ALLIANCE, Party.SYSTEM

CONTENT_CHECK = Lifecycle(
    subject="content_check",
    states=("asked", "held", "passed", "sampled", "rejected", "moot"),
    initial="asked",
    transitions=(
        row("asked", "pass_check", "passed", SYSTEM),
        # Doubt, failure, and what people read first in any case.
        row("asked", "hold_check", "held", SYSTEM),
        row("asked", "reject_check", "rejected", SYSTEM),
        # What a machine let through is looked at by people now and then; it stands until one of them says no.
        row("passed", "sample", "sampled", SYSTEM),
        row("held sampled", "pass", "passed", STAFF, ALLIANCE, SYSTEM),
        row("held sampled", "reject", "rejected", STAFF, ALLIANCE),
        # The words are gone or are others now: nobody has to look any more.
        row("asked held sampled", "drop", "moot", AUTHOR, STAFF, ALLIANCE, SYSTEM),
    ),
)

OPEN_CHECK_STATES = ("held", "sampled")
"""People have to look."""

CHECK_MOVES: Mapping[str, Mapping[str, tuple[CheckedPart, str]]] = MappingProxyType(
    {
        kind: {action: (CheckedPart.WORDS, move) for action, move in moves.items()}
        for kind, moves in {
            "wish": {"approve": "pass", "reject": "reject", "withdraw": "drop", "expire": "drop"},
            "errand": {"approve": "pass", "reject": "reject", "withdraw": "drop", "end": "drop", "expire": "drop"},
            "complaint": {"admit": "pass", "reject": "reject", "withdraw": "drop", "merge": "drop"},
            "task": {"open": "pass", "pass": "pass", "edit": "drop", "cancel": "reject", "take_down": "reject"},
            "task_series": {"open": "pass", "edit": "drop", "end": "reject"},
            "offer": {"approve": "pass", "reject": "reject", "edit": "drop", "end": "drop"},
        }.items()
    }
    | {
        "media": {
            "pass": (CheckedPart.PICTURE, "pass"),
            "reject": (CheckedPart.PICTURE, "reject"),
            "remove": (CheckedPart.PICTURE, "drop"),
        }
    }
)
"""What an action on a thing says of the open check of its words: whoever decides the one has decided the other.

What is turned down or taken off by anybody but staff and alliance is dropped: nobody has read it."""
