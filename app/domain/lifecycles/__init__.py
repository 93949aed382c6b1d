"""Every lifecycle of the product, one table each. No state is decided anywhere else.

One file a domain. A new lifecycle goes into the file of its domain, or into a new one, and from there into the imports,
``__all__`` and ``LIFECYCLES`` below. Others import its name from here.
"""

from app.domain.lifecycle import Lifecycle
from app.domain.lifecycles.call_outs import ACTIVE_CALL_OUT_STATES, CALL_OUT, CALLED_STATES
from app.domain.lifecycles.complaints import (
    COMPLAINT,
    HIDDEN_COMPLAINT_STATES,
    JOINT_CASE,
    LIVE_COMPLAINT_STATES,
    PUBLIC_COMPLAINT_STATES,
    RATED_COMPLAINT_STATES,
    STEP,
)
from app.domain.lifecycles.content import CHECK_MOVES, CONTENT_CHECK, OPEN_CHECK_STATES
from app.domain.lifecycles.errands import ERRAND
from app.domain.lifecycles.groups import (
    BRANCH,
    BRANCH_CANDIDACY,
    BRANCH_MEMBER,
    OPEN_CANDIDACY_STATES,
    TEAM,
    TEAM_MEMBER,
)
from app.domain.lifecycles.imports import IMPORT_RUN
from app.domain.lifecycles.lending import LENDING_LINE, LENDING_PLAN, LOAN, LOAN_REQUEST
from app.domain.lifecycles.lists import PUBLIC_LIST_STATES, TASK_LIST
from app.domain.lifecycles.media import MEDIA
from app.domain.lifecycles.orders import (
    AREA_ORDER,
    OPEN_PART_STATES,
    ORDER_PART,
    UNREPORTED_PART_STATES,
    WORKED_PART_STATES,
)
from app.domain.lifecycles.people import IDENTIFICATION, MEMBER, VOLUNTEER
from app.domain.lifecycles.pledges import PLEDGE
from app.domain.lifecycles.points import ADJUSTMENT, SETTLEMENT, SETTLEMENT_LINE
from app.domain.lifecycles.rings import RING
from app.domain.lifecycles.shops import LIVE_MERCHANT_STATES, MERCHANT, OFFER, VOUCHER
from app.domain.lifecycles.tasks import (
    ATTENDANCE,
    CLAIM,
    LIVE_CLAIM_STATES,
    PUBLIC_TASK_STATES,
    TASK,
    TASK_SERIES,
    WAITER,
)
from app.domain.lifecycles.wishes import PART_ACTIONS, WISH

LIFECYCLES: tuple[Lifecycle, ...] = (
    WISH,
    ERRAND,
    COMPLAINT,
    STEP,
    JOINT_CASE,
    TASK,
    TASK_SERIES,
    TASK_LIST,
    CLAIM,
    ATTENDANCE,
    WAITER,
    PLEDGE,
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
    AREA_ORDER,
    ORDER_PART,
    IMPORT_RUN,
    MEDIA,
    LENDING_PLAN,
    LENDING_LINE,
    LOAN_REQUEST,
    LOAN,
    CONTENT_CHECK,
    RING,
)

__all__ = [
    "ACTIVE_CALL_OUT_STATES",
    "ADJUSTMENT",
    "AREA_ORDER",
    "ATTENDANCE",
    "BRANCH",
    "BRANCH_CANDIDACY",
    "BRANCH_MEMBER",
    "CALLED_STATES",
    "CALL_OUT",
    "CHECK_MOVES",
    "CLAIM",
    "COMPLAINT",
    "CONTENT_CHECK",
    "ERRAND",
    "HIDDEN_COMPLAINT_STATES",
    "IDENTIFICATION",
    "IMPORT_RUN",
    "JOINT_CASE",
    "LENDING_LINE",
    "LENDING_PLAN",
    "LIFECYCLES",
    "LIVE_CLAIM_STATES",
    "LIVE_COMPLAINT_STATES",
    "LIVE_MERCHANT_STATES",
    "LOAN",
    "LOAN_REQUEST",
    "MEDIA",
    "MEMBER",
    "MERCHANT",
    "OFFER",
    "OPEN_CANDIDACY_STATES",
    "OPEN_CHECK_STATES",
    "OPEN_PART_STATES",
    "ORDER_PART",
    "PART_ACTIONS",
    "PLEDGE",
    "PUBLIC_COMPLAINT_STATES",
    "PUBLIC_LIST_STATES",
    "PUBLIC_TASK_STATES",
    "RATED_COMPLAINT_STATES",
    "RING",
    "SETTLEMENT",
    "SETTLEMENT_LINE",
    "STEP",
    "TASK",
    "TASK_LIST",
    "TASK_SERIES",
    "TEAM",
    "TEAM_MEMBER",
    "UNREPORTED_PART_STATES",
    "VOLUNTEER",
    "VOUCHER",
    "WAITER",
    "WISH",
    "WORKED_PART_STATES",
]
