"""What is told in the app: about which kind of thing each message is, and where the API shows that thing (pure)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domain.message_kinds import MessageKind
from app.domain.message_texts import MESSAGES

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
    "errand": "/v1/errands/{}",
    "points": "/v1/me/points",
    "adjustment": "/v1/adjustments/{}",
    "voucher": "/v1/vouchers/{}",
    "own_complaints": "/v1/me/complaints",
    "complaint": "/v1/complaints/{}",
    "merchant": "/v1/merchants/{}",
    "offer": "/v1/offers/{}",
    "identification": "/v1/me/identification",
    "member": "/v1/members/{}",
    "volunteer": "/v1/volunteers/{}",
    "branch_candidacy": "/v1/branch-candidacies/{}",
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
    MessageKind.WISH_PUBLISHED: "wish",
    MessageKind.WISH_REJECTED: "wish",
    MessageKind.WISH_HIDDEN: "wish",
    MessageKind.WISH_EXPIRED: "wish",
    MessageKind.WISH_CLAIMED: "wish",
    MessageKind.WISH_SEEKING: "wish",
    MessageKind.WISH_DELIVERED: "wish",
    MessageKind.WISH_CONFIRM_SOON: "wish",
    MessageKind.ERRAND_APPROVED: "errand",
    MessageKind.ERRAND_REJECTED: "errand",
    MessageKind.ERRAND_ENDED: "errand",
    MessageKind.ERRAND_CLAIMED: "errand",
    MessageKind.ERRAND_SEEKING: "errand",
    MessageKind.ERRAND_DELIVERED: "errand",
    MessageKind.ERRAND_CONFIRM_SOON: "errand",
    MessageKind.CLAIM_RETURNED: "claim",
    MessageKind.CLAIM_REFUSED: "claim",
    MessageKind.CLAIM_VERIFIED: "claim",
    MessageKind.POINTS_AWARDED: "claim",
    MessageKind.POINTS_EXPIRING: "points",
    MessageKind.POINTS_ADDED: "adjustment",
    MessageKind.POINTS_TAKEN: "adjustment",
    MessageKind.ADJUSTMENT_REFUSED: "adjustment",
    MessageKind.VOUCHER_SETTLED: "voucher",
    MessageKind.VOUCHER_EXPIRED: "voucher",
    MessageKind.VOUCHER_GIVEN_BACK: "voucher",
    MessageKind.VOUCHER_REVERSED: "voucher",
    MessageKind.OWN_COMPLAINT_REJECTED: "own_complaints",
    MessageKind.OWN_COMPLAINT_HIDDEN: "own_complaints",
    MessageKind.OWN_COMPLAINT_ACCEPTED: "own_complaints",
    MessageKind.OWN_COMPLAINT_ESCALATED: "own_complaints",
    MessageKind.OWN_COMPLAINT_WAITING: "own_complaints",
    MessageKind.OWN_COMPLAINT_ANSWERED: "own_complaints",
    MessageKind.OWN_COMPLAINT_CLOSING: "own_complaints",
    MessageKind.OWN_COMPLAINT_MERGED: "own_complaints",
    MessageKind.OWN_COMPLAINT_REOPENED: "own_complaints",
    MessageKind.COMPLAINT_DUE: "complaint",
    MessageKind.COMPLAINT_OVERDUE: "complaint",
    MessageKind.MERCHANT_APPROVED: "merchant",
    MessageKind.MERCHANT_REFUSED: "merchant",
    MessageKind.MERCHANT_SUSPENDED: "merchant",
    MessageKind.MERCHANT_RESUMED: "merchant",
    MessageKind.OFFER_LISTED: "offer",
    MessageKind.OFFER_REJECTED: "offer",
    MessageKind.OFFER_PAUSED: "offer",
    MessageKind.IDENTIFIED: "identification",
    MessageKind.IDENTIFICATION_REFUSED: "identification",
    MessageKind.IDENTIFICATION_UNDONE: "identification",
    MessageKind.MEMBER_APPROVED: "member",
    MessageKind.MEMBER_REFUSED: "member",
    MessageKind.VOLUNTEER_APPROVED: "volunteer",
    MessageKind.VOLUNTEER_REFUSED: "volunteer",
    MessageKind.CANDIDACY_ASKED: "branch_candidacy",
    MessageKind.CANDIDACY_ACCEPTED: "branch_candidacy",
    MessageKind.CANDIDACY_REJECTED: "branch_candidacy",
}


EXCERPT_MAX = 120


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


def word_in_sql(kind: MessageKind, words: dict[str, str]) -> Wording:
    """Return a message whose title and body are SQL, with these expressions of type text in the places."""
    title, body = (_in_sql(text, words) for text in MESSAGES[kind])
    return Wording(SUBJECTS[kind], title, body)


def _in_sql(text: str, words: dict[str, str]) -> str:
    written = f"'{text}'"
    for name, expression in words.items():
        written = f"replace({written}, '{{{name}}}', {expression})"
    return written


def day(value: date) -> str:
    """Return a day as people write it."""
    return f"{value.year}年{value.month}月{value.day}日"


def excerpt(text: str) -> str:
    """Return so much of what somebody wrote as a message has room for."""
    return text if len(text) <= EXCERPT_MAX else text[: EXCERPT_MAX - 1] + "…"


def path_of(subject_kind: str, subject_id: UUID) -> str:
    """Return where the API shows what a message is about."""
    return PATHS[subject_kind].format(subject_id)
