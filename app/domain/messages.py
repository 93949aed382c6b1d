"""What is told in the app: about which kind of thing each message is, and where the API shows that thing (pure)."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.kinds import MessageKind
from app.domain.texts import MESSAGES

PATHS = {
    "call_out": "/v1/call-outs/{}",
    "claim": "/v1/claims/{}",
    "waiter": "/v1/me/waiting",
    "wish": "/v1/wishes/{}",
    "pledge": "/v1/pledges/{}",
    "task_call": "/v1/task-calls/{}",
    "task_list": "/v1/task-lists/{}",
    "area_order": "/v1/orders/{}",
    "order_part": "/v1/order-parts/{}",
}
"""Where the things are that messages are about, by their kind."""
SUBJECTS = {
    MessageKind.CLAIM_CALLED_OFF: "claim",
    MessageKind.CLAIM_MOVED_UP: "claim",
    MessageKind.CLAIM_NAMED: "claim",
    MessageKind.LINE_ENDED: "waiter",
    MessageKind.CLAIM_DUE: "claim",
    MessageKind.CLAIM_LAPSED: "claim",
    MessageKind.CLAIM_CANNOT: "claim",
    MessageKind.WISH_PART_DONE: "wish",
    MessageKind.CLAIMS_NARROWED: "claim",
    MessageKind.TEAM_CALLED: "task_call",
    MessageKind.PLEDGE_SEAT_BACK: "pledge",
    MessageKind.PLEDGE_ENDED: "pledge",
    MessageKind.THINGS_IN_HAND: "claim",
    MessageKind.CALL_OUT: "call_out",
    MessageKind.CALL_OUT_OVER: "call_out",
    MessageKind.CALL_OUT_GROUP: "call_out",
    MessageKind.CALL_OUT_LAPSED: "call_out",
    MessageKind.DRILL: "call_out",
    MessageKind.DRILL_OVER: "call_out",
    MessageKind.LIST_PUBLISHED: "task_list",
    MessageKind.ORDER_SENT: "order_part",
    MessageKind.ORDER_DUE: "order_part",
    MessageKind.ORDER_OVERDUE: "area_order",
    MessageKind.ORDER_REPORTED: "order_part",
    MessageKind.ORDER_RETURNED: "order_part",
    MessageKind.ORDER_ACCEPTED: "order_part",
    MessageKind.ORDER_CANCELLED: "order_part",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """A message in words, and about which kind of thing it is."""

    subject_kind: str
    title: str
    body: str


def word(kind: MessageKind, words: dict[str, str]) -> Wording:
    """Return a message with ``words`` in their places: names of areas and groups, never of people (I12)."""
    title, body = MESSAGES[kind]
    return Wording(SUBJECTS[kind], title.format(**words), body.format(**words))


def path_of(subject_kind: str, subject_id: UUID) -> str:
    """Return where the API shows what a message is about."""
    return PATHS[subject_kind].format(subject_id)
