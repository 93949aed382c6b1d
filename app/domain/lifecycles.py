"""Every lifecycle of the product, one table each. No state is decided anywhere else."""

from app.domain.call_out_lifecycles import CALL_OUT
from app.domain.lending_lifecycles import LENDING_LINE, LENDING_PLAN, LOAN, LOAN_REQUEST
from app.domain.lifecycle import Lifecycle, Party, row
from app.domain.series_lifecycle import TASK_SERIES
from app.domain.waiting import WAITER

AUTHOR, CLAIMANT, HELPER = Party.AUTHOR, Party.CLAIMANT, Party.HELPER
STAFF, ALLIANCE, CLERK, OWNER, SYSTEM = Party.STAFF, Party.ALLIANCE, Party.CLERK, Party.OWNER, Party.SYSTEM
UNIT = Party.UNIT

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
        row("checking", "pass_check_unreviewed", "published", SYSTEM),
        row("checking", "hold_check", "reviewing", SYSTEM),
        row("checking", "reject_check", "rejected", SYSTEM),
        row("reviewing", "approve", "published", STAFF),
        row("reviewing", "reject", "rejected", STAFF),
        row("checking reviewing published", "withdraw", "withdrawn", AUTHOR),
        row("published", "expire", "expired", SYSTEM),
        row("published", "claim", "claimed", HELPER),
        row("claimed", "release", "published", CLAIMANT),
        row("claimed", "lapse", "published", SYSTEM),
        row("claimed", "deliver", "delivered", CLAIMANT),
        row("delivered", "confirm", "fulfilled", AUTHOR),
        row("delivered", "confirm_silent", "fulfilled", SYSTEM),
        row("delivered", "dispute", "disputed", AUTHOR),
        row("delivered disputed", "verify", "fulfilled", STAFF),
        row("delivered disputed", "return", "claimed", STAFF),
        row("delivered disputed", "refuse", "published", STAFF),
    ),
)

COMPLAINT = Lifecycle(
    subject="complaint",
    states=(
        "checking",
        "reviewing",
        "open",
        "accepted",
        "waiting",
        "answered",
        "closed",
        "reopened",
        "merged",
        "rejected",
        "withdrawn",
    ),
    initial="checking",
    transitions=(
        # No machine turns a complaint away: whatever the content check did not pass waits for a person (I10).
        row("checking", "pass_check", "open", SYSTEM),
        row("checking", "hold_check", "reviewing", SYSTEM),
        row("reviewing", "admit", "open", STAFF),
        row("reviewing open accepted reopened", "reject", "rejected", STAFF),
        row("open reopened", "accept", "accepted", STAFF),
        # A leader answers for it by name from here on (书记领办).
        row("open accepted reopened", "take_on", "accepted", STAFF),
        row("open accepted reopened", "answer", "answered", STAFF),
        # Up or down one level, where it has to be accepted anew. It keeps its number (I13).
        row("open accepted reopened", "escalate", "open", STAFF),
        row("open accepted reopened", "escalate_overdue", "open", SYSTEM),
        # The same was said in the same place again and again: those above look at once.
        row("open", "escalate_repeated", "open", SYSTEM),
        # Nobody has admitted it in time: those above look, and nothing becomes public by itself (I10).
        row("reviewing", "escalate_unreviewed", "reviewing", SYSTEM),
        row("open accepted reopened", "return", "open", STAFF),
        row("open accepted reopened", "merge", "merged", STAFF),
        row("accepted", "dispatch", "accepted", STAFF),
        row("accepted", "call_helpers", "accepted", STAFF),
        # The clock stands still while the resident is asked for something.
        row("accepted", "wait", "waiting", STAFF),
        row("waiting", "resume", "accepted", AUTHOR, STAFF, SYSTEM),
        row("checking reviewing open accepted waiting reopened", "withdraw", "withdrawn", AUTHOR),
        row("answered", "rate", "closed", AUTHOR),
        row("answered", "close_silent", "closed", SYSTEM),
        row("closed", "reopen", "reopened", AUTHOR, STAFF),
    ),
)

LIVE_COMPLAINT_STATES = ("checking", "reviewing", "open", "accepted", "waiting", "reopened")
"""Somebody still owes an answer."""

PUBLIC_COMPLAINT_STATES = ("open", "accepted", "waiting", "answered", "closed", "reopened", "merged")
"""What may stand on a wall: passed by the content check or by a person."""

RATED_COMPLAINT_STATES = ("answered", "closed")
"""There is an answer to rate. Once closed, its author's word has been said or its time is over, not the others'."""

STEP = Lifecycle(
    subject="complaint_step",
    states=("assigned", "answered", "cancelled"),
    initial="assigned",
    transitions=(
        # What a unit answers on paper, staff type in for it; the event tells who did.
        row("assigned", "answer", "answered", UNIT, STAFF),
        row("answered", "send_back", "assigned", STAFF),
        row("assigned answered", "cancel", "cancelled", STAFF, SYSTEM),
    ),
)

JOINT_CASE = Lifecycle(
    subject="joint_case",
    states=("open", "closed"),
    initial="open",
    transitions=(
        # Staff above the grid.
        row("open", "close", "closed", STAFF),
    ),
)

TASK = Lifecycle(
    subject="task",
    states=("draft", "open", "closed", "cancelled"),
    initial="draft",
    transitions=(
        row("draft", "open", "open", STAFF, SYSTEM),
        # What staff write anew is checked anew; nobody has claimed it yet.
        row("draft open", "edit", "draft", STAFF),
        # More are welcome: whoever waits moves up.
        row("open", "add_seats", "open", STAFF),
        row("open", "close", "closed", AUTHOR, STAFF, SYSTEM),
        row("draft open", "cancel", "cancelled", AUTHOR, STAFF, SYSTEM),
    ),
)

PUBLIC_TASK_STATES = ("open", "closed")
"""What everybody may see of tasks: closed to others, or done."""

CLAIM = Lifecycle(
    subject="claim",
    states=("active", "submitted", "returned", "verified", "released", "lapsed", "refused"),
    initial="active",
    transitions=(
        row("active returned", "submit", "submitted", CLAIMANT),
        row("active returned", "release", "released", CLAIMANT),
        row("active returned", "lapse", "lapsed", SYSTEM),
        # The task is cancelled under the claimant.
        row("active returned", "call_off", "released", STAFF, SYSTEM),
        row("submitted", "confirm", "verified", AUTHOR),
        row("submitted", "confirm_silent", "verified", SYSTEM),
        row("submitted", "verify", "verified", STAFF),
        row("submitted", "return", "returned", STAFF),
        row("submitted", "refuse", "refused", STAFF),
    ),
)

LIVE_CLAIM_STATES = ("active", "submitted", "returned")
"""A claim in one of these takes a seat (I1)."""

DECISIONS = (row("applied", "approve", "approved", STAFF), row("applied", "refuse", "refused", STAFF))

IDENTIFICATION = Lifecycle(
    subject="identification",
    states=("applied", "approved", "refused"),
    initial="applied",
    transitions=(
        *DECISIONS,
        row("refused", "reapply", "applied", AUTHOR),
        # They were taken for somebody else, who is nobody's account again.
        row("approved", "undo", "refused", STAFF),
    ),
)

HAT_STATES = ("applied", "approved", "refused", "left")
HAT_TRANSITIONS = (
    *DECISIONS,
    row("refused left", "reapply", "applied", AUTHOR),
    # Staff put somebody back whom they turned away or who had left; whoever is new begins approved.
    row("refused left", "enter", "approved", STAFF),
    # To another grid, by staff of both.
    row("approved", "transfer", "approved", STAFF),
    row("approved", "leave", "left", AUTHOR, STAFF),
    # Somebody who applied in the app proves to be a person of the roster, who has this hat already.
    row("applied approved refused", "merge", "left", SYSTEM),
)

MEMBER = Lifecycle("member", HAT_STATES, "applied", HAT_TRANSITIONS)

VOLUNTEER = Lifecycle("volunteer", HAT_STATES, "applied", HAT_TRANSITIONS)

TEAM = Lifecycle(
    subject="team",
    states=("applied", "approved", "refused", "dissolved"),
    initial="applied",
    transitions=(
        row("applied", "approve", "approved", STAFF),
        row("applied", "refuse", "refused", STAFF),
        # What its leader writes anew is public once staff have read it (I10); what staff write is read already.
        row("applied approved refused", "edit", "applied", OWNER),
        row("approved", "correct", "approved", STAFF),
        row("applied approved refused", "dissolve", "dissolved", OWNER, STAFF),
    ),
)

TEAM_MEMBER = Lifecycle(
    subject="team_member",
    states=("asked", "joined", "refused", "left"),
    initial="asked",
    transitions=(
        row("asked", "admit", "joined", OWNER, STAFF),
        row("asked", "refuse", "refused", OWNER, STAFF),
        row("asked joined", "leave", "left", AUTHOR),
        row("joined", "remove", "left", OWNER, STAFF),
        row("refused left", "ask", "asked", AUTHOR),
    ),
)

BRANCH = Lifecycle(
    subject="branch",
    states=("active", "dissolved"),
    initial="active",
    transitions=(
        row("active", "edit", "active", STAFF),
        # By the system when its grid goes into another one that has a branch.
        row("active", "dissolve", "dissolved", STAFF, SYSTEM),
    ),
)

BRANCH_MEMBER = Lifecycle(
    subject="branch_member",
    states=("joined", "left"),
    initial="joined",
    # By the system when the membership ends, or goes to another grid.
    transitions=(row("joined", "leave", "left", AUTHOR, STAFF, SYSTEM),),
)

BRANCH_CANDIDACY = Lifecycle(
    subject="branch_candidacy",
    states=("asked", "standing", "accepted", "in_office", "declined", "rejected", "withdrawn", "lapsed"),
    # Who is recommended is asked first; who nominates themselves stands at once.
    initial="asked",
    transitions=(
        row("asked", "agree", "standing", AUTHOR),
        row("asked", "decline", "declined", AUTHOR),
        row("standing", "accept", "accepted", STAFF),
        row("asked standing accepted", "reject", "rejected", STAFF),
        row("standing accepted", "withdraw", "withdrawn", AUTHOR),
        row("accepted", "hand_over", "in_office", STAFF),
        # The candidate has left the branch, or the branch is no more.
        row("asked standing accepted", "lapse", "lapsed", SYSTEM),
    ),
)

OPEN_CANDIDACY_STATES = ("asked", "standing", "accepted")
"""It is not decided yet who leads the branch."""

MERCHANT = Lifecycle(
    subject="merchant",
    states=("applied", "approved", "suspended", "refused", "left"),
    initial="applied",
    transitions=(
        row("applied", "approve", "approved", ALLIANCE),
        row("applied", "refuse", "refused", ALLIANCE),
        row("refused", "reapply", "applied", AUTHOR),
        # Open vouchers of a suspended shop are honoured or given back, as the alliance decides; who leaves gives back.
        row("approved", "suspend", "suspended", ALLIANCE),
        row("suspended", "resume", "approved", ALLIANCE),
        row("approved suspended", "leave", "left", AUTHOR),
    ),
)

LIVE_MERCHANT_STATES = ("applied", "approved", "suspended")
"""A licence stands on one shop in one of these at most."""

OFFER = Lifecycle(
    subject="offer",
    states=("checking", "reviewing", "listed", "paused", "rejected", "ended"),
    initial="checking",
    transitions=(
        row("checking", "pass_check", "listed", SYSTEM),
        row("checking", "hold_check", "reviewing", SYSTEM),
        row("checking", "reject_check", "rejected", SYSTEM),
        row("reviewing", "approve", "listed", ALLIANCE),
        row("reviewing", "reject", "rejected", ALLIANCE),
        row("listed", "pause", "paused", AUTHOR, ALLIANCE),
        row("paused", "resume", "listed", AUTHOR, ALLIANCE),
        row("listed paused", "end", "ended", AUTHOR),
        # Other words are checked like new ones. What was taken before keeps what it was taken with.
        row("reviewing listed paused rejected", "edit", "checking", AUTHOR),
    ),
)

VOUCHER = Lifecycle(
    subject="voucher",
    states=("held", "settled", "reversed", "cancelled", "expired"),
    initial="held",
    transitions=(
        row("held", "settle", "settled", CLERK),
        row("settled", "reverse", "reversed", OWNER, ALLIANCE),
        row("held", "cancel", "cancelled", AUTHOR),
        row("held", "expire", "expired", SYSTEM),
        row("held", "give_back", "cancelled", SYSTEM),
    ),
)

SETTLEMENT = Lifecycle(
    subject="settlement",
    states=("draft", "agreed", "paid"),
    initial="draft",
    transitions=(
        # Two hands: the shop agrees to what the alliance drafted, and the alliance pays what the shop agreed to (I2).
        row("draft", "agree", "agreed", OWNER),
        row("agreed", "reopen", "draft", ALLIANCE),
        row("agreed", "pay", "paid", ALLIANCE),
    ),
)

SETTLEMENT_LINE = Lifecycle(
    subject="settlement_line",
    states=("open", "disputed", "accepted", "removed"),
    initial="open",
    transitions=(
        row("open accepted removed", "dispute", "disputed", OWNER, ALLIANCE),
        row("disputed", "accept", "accepted", ALLIANCE),
        row("disputed", "remove", "removed", ALLIANCE),
        # Its redemption was reversed: nothing is owed for it any more, whatever was said of it.
        row("open disputed accepted", "leave", "removed", SYSTEM),
    ),
)

ADJUSTMENT = Lifecycle(
    subject="adjustment",
    states=("proposed", "approved", "refused"),
    initial="proposed",
    transitions=(
        # Staff are whoever neither proposed it nor has points or a service at stake: always a second person (I2).
        row("proposed", "approve", "approved", STAFF),
        row("proposed", "refuse", "refused", STAFF),
    ),
)

IMPORT_RUN = Lifecycle(
    subject="import_run",
    states=("uploaded", "checking", "checked", "applying", "done", "cancelled", "failed"),
    initial="uploaded",
    transitions=(
        # With other columns, what a check found no longer counts.
        row("uploaded checked failed", "map", "uploaded", STAFF),
        # The command line checks and confirms as the operator, which is the system.
        row("uploaded checked failed", "check", "checking", STAFF, SYSTEM),
        row("checking", "finish_check", "checked", SYSTEM),
        row("checked", "confirm", "applying", STAFF, SYSTEM),
        row("applying", "finish", "done", SYSTEM),
        # Something that was checked has changed meanwhile: nothing was written, and a person looks again.
        row("applying", "return", "checked", SYSTEM),
        row("checking applying", "fail", "failed", SYSTEM),
        row("uploaded checking checked failed", "cancel", "cancelled", STAFF, SYSTEM),
    ),
)

LIFECYCLES = (
    WISH,
    COMPLAINT,
    STEP,
    JOINT_CASE,
    TASK,
    TASK_SERIES,
    CLAIM,
    WAITER,
    IDENTIFICATION,
    MEMBER,
    VOLUNTEER,
    TEAM,
    TEAM_MEMBER,
    BRANCH,
    BRANCH_MEMBER,
    BRANCH_CANDIDACY,
    MERCHANT,
    OFFER,
    VOUCHER,
    SETTLEMENT,
    SETTLEMENT_LINE,
    ADJUSTMENT,
    CALL_OUT,
    IMPORT_RUN,
    LENDING_PLAN,
    LENDING_LINE,
    LOAN_REQUEST,
    LOAN,
)
