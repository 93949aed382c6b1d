"""Lives of wishes: who does what, moment by moment. The lifecycles alone say which state each step leads to (pure)."""

from dataclasses import dataclass

from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import CLAIM, LIVE_CLAIM_STATES, TASK, WISH

AUTHOR, CLAIMANT, HELPER, STAFF, SYSTEM = Party.AUTHOR, Party.CLAIMANT, Party.HELPER, Party.STAFF, Party.SYSTEM
CREATE = "create"
BY_SUBJECT: dict[str, Lifecycle] = {lifecycle.subject: lifecycle for lifecycle in (WISH, TASK, CLAIM)}
CREATED_BY = {"wish": AUTHOR, "claim": HELPER}

Moment = tuple[tuple[str, str, Party], ...]
"""What one use case does at once: subject, action, and the part in which it is done."""

POST: Moment = (("wish", CREATE, AUTHOR),)
PASS_CHECK: Moment = (("wish", "pass_check", SYSTEM),)
REJECT_CHECK: Moment = (("wish", "reject_check", SYSTEM),)
APPROVE: Moment = (("wish", "approve", STAFF), ("task", "open", STAFF))
REJECT: Moment = (("wish", "reject", STAFF),)
WITHDRAW: Moment = (("task", "cancel", AUTHOR), ("wish", "withdraw", AUTHOR))
TAKE: Moment = (("claim", CREATE, HELPER), ("wish", "claim", HELPER))
RELEASE: Moment = (("claim", "release", CLAIMANT), ("wish", "release", CLAIMANT))
DELIVER: Moment = (("claim", "submit", CLAIMANT), ("wish", "deliver", CLAIMANT))
DISPUTE: Moment = (("wish", "dispute", AUTHOR),)
SEND_BACK: Moment = (("claim", "return", STAFF), ("wish", "return", STAFF))
CONFIRM: Moment = (("task", "close", AUTHOR), ("claim", "confirm", AUTHOR), ("wish", "confirm", AUTHOR))
VERIFY: Moment = (("task", "close", STAFF), ("claim", "verify", STAFF), ("wish", "verify", STAFF))
CONFIRM_SILENT: Moment = (
    ("task", "close", SYSTEM),
    ("claim", "confirm_silent", SYSTEM),
    ("wish", "confirm_silent", SYSTEM),
)
EXPIRE: Moment = (("task", "cancel", SYSTEM), ("wish", "expire", SYSTEM))


@dataclass(frozen=True, slots=True)
class Step:
    """One state change; ``moment`` is its place in the life's moments."""

    subject: str
    action: str
    source: str | None
    target: str
    party: Party
    moment: int


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """A wish's way so far: its steps and the states in which wish, task and claim stand after them."""

    moments: tuple[Moment, ...]
    steps: tuple[Step, ...]
    states: dict[str, str]

    def place_of(self, moment: Moment) -> int | None:
        """Return where ``moment`` last stands in this life, or None."""
        places = [place for place, other in enumerate(self.moments) if other is moment]
        return places[-1] if places else None

    @property
    def takes_seat(self) -> bool:
        return self.states.get("claim") in {*LIVE_CLAIM_STATES, "verified"}

    @property
    def counts_as_open_claim(self) -> bool:
        return self.states.get("claim") in {"active", "returned"}

    @property
    def is_verified(self) -> bool:
        return self.states.get("claim") == "verified"

    @property
    def goes_on(self) -> bool:
        """Whether the wish waits for something that a deadline would end: its last step must be recent."""
        return self.states["wish"] in {"claimed", "delivered", "disputed", "reviewing"}


def life(*moments: Moment) -> Life:
    """Return the life that takes these moments in turn. Raises ValueError when the lifecycles forbid one of them."""
    states: dict[str, str] = {}
    steps = []
    for place, moment in enumerate(moments):
        for subject, action, party in moment:
            source, target = _walk(states.get(subject), subject, action, party)
            states[subject] = target
            steps.append(Step(subject, action, source, target, party, place))
    return Life(moments, tuple(steps), states)


def _walk(state: str | None, subject: str, action: str, party: Party) -> tuple[str | None, str]:
    """Return the states before and after an action. A task's first event leads from its draft, as at a publication."""
    lifecycle = BY_SUBJECT[subject]
    if state is None and action == CREATE and party is CREATED_BY[subject]:
        return None, lifecycle.initial
    source = lifecycle.initial if state is None and subject == "task" else state
    row = lifecycle.find(source, action) if source else None
    if row is None or party not in row.who:
        raise ValueError(f"{party} may not {action} a {subject} that is {state}")
    return source, row.target


REVIEWING = life(POST, PASS_CHECK)
REJECTED_BY_CHECK = life(POST, REJECT_CHECK)
REJECTED = life(POST, PASS_CHECK, REJECT)
WITHDRAWN = life(POST, PASS_CHECK, APPROVE, WITHDRAW)
PUBLISHED = life(POST, PASS_CHECK, APPROVE)
RELEASED = life(POST, PASS_CHECK, APPROVE, TAKE, RELEASE)
CLAIMED = life(POST, PASS_CHECK, APPROVE, TAKE)
DELIVERED = life(POST, PASS_CHECK, APPROVE, TAKE, DELIVER)
DISPUTED = life(POST, PASS_CHECK, APPROVE, TAKE, DELIVER, DISPUTE)
RETURNED = life(POST, PASS_CHECK, APPROVE, TAKE, DELIVER, SEND_BACK)
CONFIRMED = life(POST, PASS_CHECK, APPROVE, TAKE, DELIVER, CONFIRM)
VERIFIED = life(POST, PASS_CHECK, APPROVE, TAKE, DELIVER, VERIFY)
CONFIRMED_SILENTLY = life(POST, PASS_CHECK, APPROVE, TAKE, DELIVER, CONFIRM_SILENT)
EXPIRED = life(POST, PASS_CHECK, APPROVE, EXPIRE)
