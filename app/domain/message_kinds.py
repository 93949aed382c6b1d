"""What people are told in the app, and when they are asked whether it may ring, as code, tables and API spell it."""

from enum import StrEnum


class MessageKind(StrEnum):
    """What people are told in the app."""

    CALL_OUT = "call_out"  # everybody in the area is called
    CALL_OUT_OVER = "call_out_over"
    CALL_OUT_GROUP = "call_out_group"  # somebody is put into a group of those called
    CALL_OUT_LAPSED = "call_out_lapsed"  # nobody confirmed what one ordered
    DRILL = "drill"  # the same, but nothing has happened
    DRILL_OVER = "drill_over"
    CLAIM_CALLED_OFF = "claim_called_off"  # the task was cancelled under whoever claimed it
    CLAIM_MOVED_UP = "claim_moved_up"  # a seat was free for whoever waited
    CLAIM_NAMED = "claim_named"  # somebody's group named them for a seat that it took
    LINE_ENDED = "line_ended"  # the task for which somebody waited has ended
    CLAIM_DUE = "claim_due"  # half of its time is over, or all but a day
    CLAIM_LAPSED = "claim_lapsed"
    THINGS_IN_HAND = "things_in_hand"  # a helper's claim ended before they gave a resident's things back
    CLAIM_CANNOT = "claim_cannot"  # to staff: a claimant says that a task cannot be done
    CLAIMS_NARROWED = "claims_narrowed"  # two lapsed within 30 days
    TEAM_CALLED = "team_called"  # the alliance of the team is called to a task
    WISH_PART_DONE = "wish_part_done"  # to the resident: the rest of the wish is there to be claimed
    PLEDGE_SEAT_BACK = "pledge_seat_back"  # somebody whom the group named gave the seat back
    PLEDGE_ENDED = "pledge_ended"  # seats for which the group named nobody
    LIST_PUBLISHED = "list_published"  # the month's list of an area, to who leads a team or a branch there
    ORDER_SENT = "order_sent"  # staff of an area have a part in an order from above
    ORDER_DUE = "order_due"  # a day is left
    ORDER_OVERDUE = "order_overdue"  # told to who ordered
    ORDER_REPORTED = "order_reported"  # told to who ordered
    ORDER_RETURNED = "order_returned"
    ORDER_ACCEPTED = "order_accepted"
    ORDER_CANCELLED = "order_cancelled"
    WISH_PUBLISHED = "wish_published"
    WISH_REJECTED = "wish_rejected"  # by the content check or by staff
    WISH_HIDDEN = "wish_hidden"  # its words are not shown any more, the work goes on
    WISH_EXPIRED = "wish_expired"
    WISH_CLAIMED = "wish_claimed"
    WISH_SEEKING = "wish_seeking"  # the helper gave it back, or lost it: others may claim it again
    WISH_DELIVERED = "wish_delivered"  # the resident is asked to confirm
    WISH_CONFIRM_SOON = "wish_confirm_soon"  # a day is left before it is confirmed without a word
    ERRAND_APPROVED = "errand_approved"
    ERRAND_REJECTED = "errand_rejected"
    ERRAND_ENDED = "errand_ended"  # by staff, or nobody claimed it
    ERRAND_CLAIMED = "errand_claimed"
    ERRAND_SEEKING = "errand_seeking"
    ERRAND_DELIVERED = "errand_delivered"
    ERRAND_CONFIRM_SOON = "errand_confirm_soon"
    CLAIM_RETURNED = "claim_returned"  # to be done again
    CLAIM_REFUSED = "claim_refused"
    CLAIM_VERIFIED = "claim_verified"  # it brings no points
    POINTS_AWARDED = "points_awarded"  # verified, and what it brings
    POINTS_EXPIRING = "points_expiring"
    POINTS_ADDED = "points_added"  # by two hands
    POINTS_TAKEN = "points_taken"
    ADJUSTMENT_REFUSED = "adjustment_refused"  # told to who proposed it
    VOUCHER_SETTLED = "voucher_settled"
    VOUCHER_EXPIRED = "voucher_expired"
    VOUCHER_GIVEN_BACK = "voucher_given_back"  # its shop does not honour it any more
    VOUCHER_REVERSED = "voucher_reversed"
    OWN_COMPLAINT_REJECTED = "own_complaint_rejected"  # those of one's own never say which one (I9)
    OWN_COMPLAINT_HIDDEN = "own_complaint_hidden"  # not on the wall any more; it goes on as it was
    OWN_COMPLAINT_ACCEPTED = "own_complaint_accepted"
    OWN_COMPLAINT_ESCALATED = "own_complaint_escalated"
    OWN_COMPLAINT_WAITING = "own_complaint_waiting"  # for what the complainant is asked for
    OWN_COMPLAINT_ANSWERED = "own_complaint_answered"  # to those who joined in as well
    OWN_COMPLAINT_CLOSING = "own_complaint_closing"  # a day is left to rate the answer
    OWN_COMPLAINT_MERGED = "own_complaint_merged"
    OWN_COMPLAINT_REOPENED = "own_complaint_reopened"  # by staff
    COMPLAINT_DUE = "complaint_due"  # to staff who have to act
    COMPLAINT_OVERDUE = "complaint_overdue"  # to staff who missed its deadline
    MERCHANT_APPROVED = "merchant_approved"
    MERCHANT_REFUSED = "merchant_refused"
    MERCHANT_SUSPENDED = "merchant_suspended"
    MERCHANT_RESUMED = "merchant_resumed"
    OFFER_LISTED = "offer_listed"
    OFFER_REJECTED = "offer_rejected"
    OFFER_PAUSED = "offer_paused"  # by the alliance
    IDENTIFIED = "identified"
    IDENTIFICATION_REFUSED = "identification_refused"
    IDENTIFICATION_UNDONE = "identification_undone"
    MEMBER_APPROVED = "member_approved"
    MEMBER_REFUSED = "member_refused"
    VOLUNTEER_APPROVED = "volunteer_approved"
    VOLUNTEER_REFUSED = "volunteer_refused"
    CANDIDACY_ASKED = "candidacy_asked"  # staff recommend somebody for secretary, who is to say yes or no
    CANDIDACY_ACCEPTED = "candidacy_accepted"
    CANDIDACY_REJECTED = "candidacy_rejected"


class AskedMoment(StrEnum):
    """When a client asks the user which messages may ring beside the inbox, each time after a tap."""

    WISH_POSTED = "wish_posted"  # an errand too
    COMPLAINT_POSTED = "complaint_posted"
    TASK_CLAIMED = "task_claimed"
    HELPER_JOINED = "helper_joined"  # registered, or opened the calls
    VOUCHER_TAKEN = "voucher_taken"
    WORK_OPENED = "work_opened"  # staff, leaders and workers of units open their queue
