"""Who lies outside sees nothing (I8), no answer names somebody to others (I9, I12): every route has its entry here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.clock import today
from app.domain.caller import Role
from app.domain.kinds import PostQueue, SecretaryState
from app.services.rates import GROUPS
from tests.api.scene import (
    ASKER,
    ASKER_PHONE,
    COMPLAINANT,
    PHONE,
    ROUTES,
    Route,
    Scene,
    count_rows,
    problem,
)
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person
from tests.spreadsheets import is_spreadsheet, sheets_of


@dataclass(frozen=True)
class Reach:
    """What people from elsewhere get of a district's things."""

    refusal: tuple[int, str] | None = None
    """None: nothing is refused, because the list is empty or everybody sees the same."""
    is_hidden: bool = False
    """Whether the thing asked for is one that only the parties may see."""
    is_empty: bool = False
    query: str = ""
    nothing: str = '{"items":[],"next_cursor":null}'
    """What is told when nothing is there."""


NO_CLAIMS = '{"items":[],"next_cursor":null,"limits":{"limit":3,"open_claims":0,"narrowed_until":null,"reason":null}}'
OPEN = Reach()
OWN = Reach(is_empty=True)
GONE = Reach((404, "not-found"))
HIDDEN = Reach((404, "not-found"), is_hidden=True)
FORBIDDEN = Reach((403, "not-allowed"))

NO_PLANS = '{"items":[],"link_since":null,"actions":["link"]}'

REACHES: dict[Route, Sequence[Reach]] = {
    ("GET", "/healthz"): [OPEN],
    ("GET", "/readyz"): [],  # asks nobody who they are
    ("POST", "/v1/auth/wechat"): [],  # asks WeChat who they are
    ("GET", "/v1/areas"): [OPEN, Reach(query=f"parent_id={{area_id}}&on={today()}")],
    ("POST", "/v1/areas"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/areas/{area_id}"): [OPEN],
    ("GET", "/v1/areas/{area_id}/history"): [OPEN],  # but for why: see tests/api/test_area_history.py
    ("PUT", "/v1/areas/{area_id}"): [FORBIDDEN],
    ("POST", "/v1/areas/{area_id}/move"): [FORBIDDEN],
    ("POST", "/v1/areas/{area_id}/merge"): [FORBIDDEN],
    ("POST", "/v1/areas/{area_id}/split"): [FORBIDDEN],
    ("POST", "/v1/areas/{area_id}/close"): [FORBIDDEN],
    ("GET", "/v1/areas/at"): [Reach(query="longitude={longitude}&latitude={latitude}")],
    ("GET", "/v1/areas/{area_id}/shape"): [OPEN],
    ("PUT", "/v1/areas/{area_id}/shape"): [FORBIDDEN],
    ("GET", "/v1/areas/{area_id}/shapes"): [OPEN, Reach(query="tolerance_m=20&kind=grid&coordinates=wgs84")],
    ("POST", "/v1/areas/{area_id}/shapes/check"): [FORBIDDEN],  # areas and their shapes are public
    ("PUT", "/v1/areas/{area_id}/shapes"): [FORBIDDEN],
    ("GET", "/v1/buildings"): [Reach(query="area_id={area_id}&q=幸福路12号院3号楼")],
    ("GET", "/v1/areas/{area_id}/buildings"): [FORBIDDEN],  # everybody finds buildings, staff know more of them
    ("POST", "/v1/areas/{area_id}/buildings"): [FORBIDDEN],
    ("PUT", "/v1/areas/{area_id}/buildings/{building_id}"): [FORBIDDEN],
    ("DELETE", "/v1/areas/{area_id}/buildings/{building_id}"): [FORBIDDEN],
    ("POST", "/v1/units"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/units"): [Reach(query="area_id={area_id}"), Reach(query="area_id={area_id}&is_reported=true")],
    ("GET", "/v1/units/{unit_id}"): [OPEN],
    ("PUT", "/v1/units/{unit_id}"): [FORBIDDEN],
    ("PUT", "/v1/units/{unit_id}/contact"): [FORBIDDEN],
    ("DELETE", "/v1/units/{unit_id}/contact"): [FORBIDDEN],
    ("GET", "/v1/units/{unit_id}/contact"): [GONE],
    ("POST", "/v1/units/{unit_id}/unmask"): [GONE],
    ("POST", "/v1/units/{unit_id}/close"): [FORBIDDEN],
    ("PUT", "/v1/units/{unit_id}/areas/{area_id}"): [FORBIDDEN],
    ("DELETE", "/v1/units/{unit_id}/areas/{area_id}"): [FORBIDDEN],
    ("POST", "/v1/posts"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/posts"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/posts/{post_id}"): [OPEN],
    ("PUT", "/v1/posts/{post_id}"): [FORBIDDEN],  # posts are public, who holds them is not
    ("POST", "/v1/posts/{post_id}/appoint"): [FORBIDDEN],
    ("POST", "/v1/posts/{post_id}/vacate"): [FORBIDDEN],
    ("POST", "/v1/posts/{post_id}/close"): [FORBIDDEN],
    ("GET", "/v1/posts/{post_id}/holdings"): [FORBIDDEN],
    ("GET", "/v1/posts/{post_id}/queue"): [Reach((403, "not-allowed"), query=f"queue={queue}") for queue in PostQueue],
    ("GET", "/v1/me/posts"): [OWN],
    ("POST", "/v1/teams"): [Reach((403, "helpers-only"))],  # any helper may found one anywhere
    ("GET", "/v1/teams"): [
        Reach(query="area_id={area_id}"),
        *[
            Reach((403, "not-allowed"), query=f"area_id={{area_id}}&status={status}")
            for status in ("applied", "refused", "dissolved")
        ],
    ],
    ("GET", "/v1/teams/{team_id}"): [OPEN, HIDDEN],
    ("PUT", "/v1/teams/{team_id}"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/teams/{team_id}/approve"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/teams/{team_id}/refuse"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/teams/{team_id}/dissolve"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/teams/{team_id}/hand-over"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/teams/{team_id}/members"): [Reach((403, "helpers-only"))],
    ("GET", "/v1/teams/{team_id}/members"): [OWN, Reach(is_empty=True, query="status=asked")],
    **{
        ("POST", f"/v1/teams/members/{{team_member_id}}/{action}"): [GONE]
        for action in ("admit", "refuse", "remove", "leave")
    },
    ("GET", "/v1/me/teams"): [OWN],
    ("POST", "/v1/alliances"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/alliances"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/alliances/{alliance_id}"): [OPEN],
    ("PUT", "/v1/alliances/{alliance_id}"): [FORBIDDEN],  # alliances are public
    ("PUT", "/v1/alliances/{alliance_id}/teams"): [FORBIDDEN],
    ("DELETE", "/v1/alliances/{alliance_id}/teams/{team_id}"): [GONE],
    ("POST", "/v1/alliances/{alliance_id}/close"): [FORBIDDEN],
    ("POST", "/v1/branches"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/branches"): [
        Reach(query="area_id={area_id}"),
        *[Reach(is_empty=True, query=f"area_id={{area_id}}&secretary={state}") for state in SecretaryState],
    ],
    ("GET", "/v1/branches/{branch_id}"): [OPEN],
    ("PUT", "/v1/branches/{branch_id}"): [FORBIDDEN],  # branches are public, who is in them and leads them is not
    ("POST", "/v1/branches/{branch_id}/dissolve"): [FORBIDDEN],
    ("POST", "/v1/branches/{branch_id}/members"): [FORBIDDEN],
    ("GET", "/v1/branches/{branch_id}/members"): [FORBIDDEN, Reach((403, "not-allowed"), query="status=left")],
    ("POST", "/v1/branches/members/{branch_member_id}/leave"): [GONE],
    ("POST", "/v1/branches/{branch_id}/candidacies"): [FORBIDDEN],
    ("GET", "/v1/branches/{branch_id}/candidacies"): [FORBIDDEN],
    ("POST", "/v1/branches/{branch_id}/hand-over"): [FORBIDDEN],
    ("POST", "/v1/branches/{branch_id}/vacate"): [FORBIDDEN],
    ("GET", "/v1/branches/{branch_id}/terms"): [FORBIDDEN],
    ("GET", "/v1/branch-candidacies/{candidacy_id}"): [GONE],
    **{
        ("POST", f"/v1/branch-candidacies/{{candidacy_id}}/{action}"): [GONE]
        for action in ("agree", "decline", "withdraw", "accept", "reject")
    },
    ("GET", "/v1/me/branches"): [OWN],
    ("GET", "/v1/me/branch-candidacies"): [OWN],
    ("GET", "/v1/me"): [OPEN],
    ("PUT", "/v1/me"): [],  # knows nobody but the caller
    ("GET", "/v1/me/messages"): [OWN, Reach(is_empty=True, query="unread=true")],
    ("GET", "/v1/me/messages/unread"): [Reach(is_empty=True, nothing='{"unread":0,"actions":[]}')],
    ("POST", "/v1/me/messages/read"): [],  # knows nobody but the caller
    ("GET", "/v1/me/subscriptions"): [OPEN],
    ("GET", "/v1/me/identification"): [GONE],
    ("GET", "/v1/me/looks"): [OWN],
    ("GET", "/v1/me/member"): [GONE],
    ("GET", "/v1/me/volunteer"): [GONE],
    ("GET", "/v1/me/wishes"): [OWN],
    ("GET", "/v1/me/complaints"): [OWN],
    ("GET", "/v1/me/steps"): [OWN, Reach(is_empty=True, query="status=answered")],
    ("GET", "/v1/me/calendar"): [Reach(is_empty=True, nothing=NO_PLANS)],
    ("POST", "/v1/me/phone"): [],  # each shows their own
    ("DELETE", "/v1/me/phone"): [GONE],
    ("POST", "/v1/me/calendar-link"): [],  # each makes their own
    ("DELETE", "/v1/me/calendar-link"): [GONE],
    ("GET", "/v1/calendars/{token}.ics"): [GONE],
    ("GET", "/v1/me/claims"): [Reach(is_empty=True, nothing=NO_CLAIMS)],
    ("GET", "/v1/me/waiting"): [OWN],
    ("GET", "/v1/me/points"): [OPEN],
    ("GET", "/v1/me/points/transfers"): [OWN],
    ("GET", "/v1/me/vouchers"): [OWN],
    ("GET", "/v1/me/adjustments"): [OWN],
    ("POST", "/v1/grants"): [FORBIDDEN],  # areas are public, so it is no secret that this one exists
    ("DELETE", "/v1/grants/{grant_id}"): [GONE],
    ("POST", "/v1/policies"): [FORBIDDEN],  # areas and their rules are public
    ("GET", "/v1/policies"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/policies/effective"): [Reach(query="area_id={area_id}")],
    ("POST", "/v1/handling-rules"): [FORBIDDEN],  # areas and their rules are public
    ("GET", "/v1/handling-rules"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/handling-rules/effective"): [Reach(query="area_id={area_id}&category=noise&urgency=hard")],
    ("POST", "/v1/strength-rules"): [FORBIDDEN],  # areas and their rules are public
    ("GET", "/v1/strength-rules"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/strength-rules/effective"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/strength"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("GET", "/v1/strength/history"): [Reach((403, "not-allowed"), query="area_id={area_id}&from=2026-01&to=2026-11")],
    ("POST", "/v1/lending-plans"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/lending-plans"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query="area_id={district_id}"),
    ],
    ("GET", "/v1/lending-plans/{plan_id}"): [GONE],
    ("GET", "/v1/lending-plans/{plan_id}/lines"): [GONE],
    ("GET", "/v1/lending-plans/{plan_id}/missing"): [GONE],
    ("POST", "/v1/lending-plans/{plan_id}/lines/{lending_line_id}/accept"): [GONE],
    ("POST", "/v1/lending-plans/{plan_id}/lines/{lending_line_id}/refuse"): [GONE],
    ("POST", "/v1/lending-plans/{plan_id}/lines/{lending_line_id}/stop"): [GONE],
    ("GET", "/v1/me/loan-requests"): [OWN],
    ("GET", "/v1/me/loans"): [OWN],
    ("POST", "/v1/loan-requests/{request_id}/agree"): [GONE],
    ("POST", "/v1/loan-requests/{request_id}/decline"): [GONE],
    ("GET", "/v1/loans"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query="area_id={district_id}"),
        Reach(is_empty=True, query="area_id={district_id}&status=ended"),
    ],
    ("POST", "/v1/loans/{loan_id}/end"): [GONE],
    ("GET", "/v1/digests"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("POST", "/v1/identifications"): [],  # anybody may say who they are
    ("GET", "/v1/identifications"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query="area_id={area_id}&status=approved"),
    ],
    ("GET", "/v1/identifications/{identification_id}"): [GONE],
    ("POST", "/v1/identifications/{identification_id}/approve"): [GONE],
    ("POST", "/v1/identifications/{identification_id}/refuse"): [GONE],
    ("POST", "/v1/identifications/{identification_id}/undo"): [GONE],
    ("POST", "/v1/members"): [],  # anybody may live or work anywhere
    ("POST", "/v1/members/enter"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/members"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query="area_id={area_id}&status=approved"),
        Reach(is_empty=True, query=f"area_id={{area_id}}&status=approved&phone={ASKER_PHONE}"),
    ],
    ("GET", "/v1/members/{member_id}"): [GONE],
    ("POST", "/v1/members/{member_id}/approve"): [GONE],
    ("POST", "/v1/members/{member_id}/refuse"): [GONE],
    ("POST", "/v1/members/{member_id}/leave"): [GONE],
    ("POST", "/v1/members/{member_id}/transfer"): [GONE],
    ("POST", "/v1/members/{member_id}/unmask"): [GONE],
    ("POST", "/v1/members/{member_id}/correct"): [GONE],
    ("GET", "/v1/members/{member_id}/contact"): [GONE],
    ("PUT", "/v1/members/{member_id}"): [GONE],
    ("POST", "/v1/volunteers"): [],  # anybody may live anywhere
    ("POST", "/v1/volunteers/enter"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/volunteers"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query=f"area_id={{area_id}}&status=approved&phone={ASKER_PHONE}"),
    ],
    ("GET", "/v1/volunteers/count"): [
        Reach(is_empty=True, query=f"area_id={{area_id}}&status={status}", nothing='{"volunteers":0,"actions":[]}')
        for status in ("applied", "approved")
    ],
    ("PUT", "/v1/volunteers/{volunteer_id}"): [GONE],
    ("GET", "/v1/people/at"): [Reach(is_empty=True, query="area_id={area_id}&on=2100-01-01")],
    ("GET", "/v1/volunteers/{volunteer_id}"): [GONE],
    ("POST", "/v1/volunteers/{volunteer_id}/approve"): [GONE],
    ("POST", "/v1/volunteers/{volunteer_id}/refuse"): [GONE],
    ("POST", "/v1/volunteers/{volunteer_id}/leave"): [GONE],
    ("POST", "/v1/volunteers/{volunteer_id}/transfer"): [GONE],
    ("POST", "/v1/volunteers/{volunteer_id}/unmask"): [GONE],
    ("POST", "/v1/volunteers/{volunteer_id}/correct"): [GONE],
    ("GET", "/v1/volunteers/{volunteer_id}/contact"): [GONE],
    ("POST", "/v1/wishes"): [],  # anybody may ask for help anywhere
    ("GET", "/v1/wishes"): [
        Reach(query="area_id={area_id}&status=delivered"),
        *[
            Reach((403, "not-allowed"), query=f"area_id={{area_id}}&status={status}")
            for status in ("checking", "reviewing", "rejected", "withdrawn", "expired")
        ],
    ],
    ("GET", "/v1/wishes/{wish_id}"): [OPEN, HIDDEN],
    ("POST", "/v1/wishes/{wish_id}/approve"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/wishes/{wish_id}/reject"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/wishes/{wish_id}/withdraw"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/wishes/{wish_id}/confirm"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/wishes/{wish_id}/dispute"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints"): [],  # anybody may complain anywhere
    ("GET", "/v1/complaints"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("GET", "/v1/complaints/similar"): [Reach(query="area_id={area_id}&title=路灯坏了&body=三天没亮了")],
    # Names of people who are at home nowhere come before the staff of every district.
    ("GET", "/v1/reviews"): [Reach(query=query, is_empty=True) for query in ("kind=wish", "area_id={area_id}")],
    **{("POST", f"/v1/reviews/{{review_id}}/{action}"): [GONE] for action in ("pass", "reject")},
    ("POST", "/v1/errands"): [],  # anybody asks in a grid, areas are public
    ("GET", "/v1/errands"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("GET", "/v1/errands/consent"): [OPEN],
    ("GET", "/v1/errands/things"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("GET", "/v1/errands/{errand_id}"): [GONE],
    ("GET", "/v1/errands/{errand_id}/contact"): [GONE],
    **{
        ("POST", f"/v1/errands/{{errand_id}}/{action}"): [GONE]
        for action in ("approve", "reject", "withdraw", "end", "unmask")
    },
    ("POST", "/v1/claims/{claim_id}/pick-up"): [GONE],
    ("POST", "/v1/claims/{claim_id}/hand-back"): [GONE],
    ("GET", "/v1/me/errands"): [OWN],
    ("GET", "/v1/task-tags"): [OPEN],
    ("POST", "/v1/task-tags"): [],  # tags are everybody's, districts have no own
    ("PUT", "/v1/task-tags/{tag_code}"): [],
    ("GET", "/v1/task-tags/counts"): [Reach((403, "not-allowed"), query="area_id={area_id}&month=2026-11")],
    ("GET", "/v1/complaint-categories"): [OPEN],
    ("PUT", "/v1/complaint-categories/{category_code}"): [],  # categories are everybody's, districts have no own
    ("GET", "/v1/complaints/{complaint_id}"): [OPEN, HIDDEN],
    ("PUT", "/v1/complaints/{complaint_id}/seen"): [],  # knows nobody but the caller
    ("GET", "/v1/complaints/{complaint_id}/complainant"): [GONE],
    ("POST", "/v1/complaints/{complaint_id}/join"): [HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/admit"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/accept"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/take-on"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/answer"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/publish-answer"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/call-helpers"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/escalate"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/return"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/wait"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/resume"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/reject"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/merge"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/correct"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/withdraw"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/rate"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/reopen"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/unmask"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/complaints/{complaint_id}/dispatch"): [FORBIDDEN, HIDDEN],
    ("GET", "/v1/complaints/{complaint_id}/work-order"): [FORBIDDEN, HIDDEN],
    ("GET", "/v1/steps/{step_id}"): [GONE],
    ("POST", "/v1/steps/{step_id}/answer"): [GONE],
    ("POST", "/v1/steps/{step_id}/send-back"): [GONE],
    ("POST", "/v1/steps/{step_id}/cancel"): [GONE],
    ("POST", "/v1/units/{unit_id}/workers"): [FORBIDDEN],  # units are public, who acts for them is not
    ("GET", "/v1/units/{unit_id}/workers"): [FORBIDDEN],
    ("DELETE", "/v1/units/{unit_id}/workers/{worker_id}"): [GONE],
    ("GET", "/v1/joint-cases"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("GET", "/v1/joint-cases/{case_id}"): [GONE],
    ("POST", "/v1/joint-cases/{case_id}/close"): [GONE],
    ("GET", "/v1/walls/{area_id}"): [OPEN],
    ("GET", "/v1/walls/{area_id}/echoes"): [OPEN],
    ("GET", "/v1/task-series"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("POST", "/v1/task-series"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/task-series/{series_id}"): [GONE],
    ("PUT", "/v1/task-series/{series_id}"): [GONE],
    ("POST", "/v1/task-series/{series_id}/open"): [GONE],
    ("POST", "/v1/task-series/{series_id}/end"): [GONE],
    ("GET", "/v1/task-lists"): [Reach(query="area_id={area_id}")],
    ("POST", "/v1/task-lists"): [FORBIDDEN],
    **{
        ("GET", f"/v1/task-lists/{{list_id}}{part}"): [OPEN, HIDDEN]
        for part in ("", "/items", "/summary", "/qr.png", "/code.png")
    },
    **{
        ("POST", f"/v1/task-lists/{{list_id}}/{action}"): [FORBIDDEN, HIDDEN]
        for action in ("items", "publish", "cancel", "copy")
    },
    ("GET", "/v1/tasks"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/tasks/near"): [
        Reach(query="longitude={longitude}&latitude={latitude}"),
        *[
            Reach(is_empty=True, query=f"longitude={{longitude}}&latitude={{latitude}}&for={whose}")
            for whose in ("grid", "branch", "team")
        ],
    ],
    ("POST", "/v1/tasks"): [FORBIDDEN],
    ("GET", "/v1/tasks/{task_id}"): [OPEN, HIDDEN],
    ("GET", "/v1/tasks/{task_id}/code.png"): [OPEN, HIDDEN],
    ("PUT", "/v1/tasks/{task_id}"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/tasks/{task_id}/cancel"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/tasks/{task_id}/claims"): [Reach((403, "helpers-only"))],
    ("POST", "/v1/tasks/{task_id}/waiters"): [Reach((403, "helpers-only"))],
    ("POST", "/v1/tasks/{task_id}/seats"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/waiters/{waiter_id}/leave"): [GONE],
    ("POST", "/v1/tasks/{task_id}/pledges"): [FORBIDDEN, HIDDEN],  # whom a group names is for the group and staff
    ("GET", "/v1/tasks/{task_id}/pledges"): [OPEN, HIDDEN],
    ("GET", "/v1/pledges/{pledge_id}"): [OPEN],
    ("PUT", "/v1/pledges/{pledge_id}"): [FORBIDDEN],
    ("POST", "/v1/pledges/{pledge_id}/withdraw"): [FORBIDDEN],
    ("POST", "/v1/pledges/{pledge_id}/people"): [FORBIDDEN],
    ("POST", "/v1/pledges/{pledge_id}/claims"): [FORBIDDEN],
    ("GET", "/v1/me/pledges"): [OWN],
    ("POST", "/v1/tasks/{task_id}/calls"): [FORBIDDEN, HIDDEN],
    ("GET", "/v1/tasks/{task_id}/calls"): [OWN, HIDDEN],
    ("GET", "/v1/task-calls/{call_id}"): [GONE],
    ("PUT", "/v1/task-calls/{call_id}/answers/{team_id}"): [GONE],
    ("POST", "/v1/tasks/{task_id}/open"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/tasks/{task_id}/close"): [FORBIDDEN, HIDDEN],
    ("GET", "/v1/claims/{claim_id}"): [GONE],
    ("GET", "/v1/tasks/{task_id}/claims"): [FORBIDDEN, HIDDEN],
    ("GET", "/v1/tasks/{task_id}/check-in-code"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/tasks/{task_id}/attendances"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/tasks/{task_id}/verify"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/claims/{claim_id}/check-in"): [GONE],
    ("POST", "/v1/claims/{claim_id}/check-out"): [GONE],
    ("POST", "/v1/claims/{claim_id}/submit"): [GONE],
    ("POST", "/v1/claims/{claim_id}/release"): [GONE],
    ("POST", "/v1/claims/{claim_id}/cannot"): [GONE],
    ("POST", "/v1/claims/{claim_id}/verify"): [GONE],
    ("POST", "/v1/claims/{claim_id}/confirm"): [GONE],
    ("POST", "/v1/claims/{claim_id}/return"): [GONE],
    ("POST", "/v1/claims/{claim_id}/refuse"): [GONE],
    ("POST", "/v1/claims/{claim_id}/reverse-award"): [GONE],
    ("POST", "/v1/call-outs"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/call-outs"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query="area_id={area_id}&is_drill=true"),
    ],
    ("GET", "/v1/call-outs/{call_out_id}"): [GONE],
    **{
        ("POST", f"/v1/call-outs/{{call_out_id}}/{action}"): [GONE]
        for action in ("confirm", "refuse", "withdraw", "stand-down")
    },
    ("PUT", "/v1/call-outs/{call_out_id}/answer"): [GONE],
    ("GET", "/v1/call-outs/{call_out_id}/counts"): [GONE],
    ("GET", "/v1/call-outs/{call_out_id}/events"): [GONE],
    ("GET", "/v1/call-outs/{call_out_id}/people"): [GONE, Reach((404, "not-found"), query="has_app=false")],
    ("POST", "/v1/call-outs/{call_out_id}/groups"): [GONE],
    ("GET", "/v1/call-outs/{call_out_id}/groups"): [GONE],
    ("GET", "/v1/call-out-groups/{group_id}"): [GONE],
    ("PUT", "/v1/call-out-groups/{group_id}/people"): [GONE],
    ("GET", "/v1/call-out-groups/{group_id}/people"): [GONE, Reach((404, "not-found"), query="is_free=true")],
    ("POST", "/v1/call-outs/{call_out_id}/tasks"): [GONE],
    ("GET", "/v1/call-outs/{call_out_id}/tasks"): [GONE],
    ("GET", "/v1/call-outs/{call_out_id}/report"): [GONE],
    ("GET", "/v1/called-people/{called_id}"): [GONE],
    ("PUT", "/v1/called-people/{called_id}/answer"): [GONE],
    ("POST", "/v1/called-people/{called_id}/unmask"): [GONE],
    ("GET", "/v1/called-people/{called_id}/contact"): [GONE],
    ("GET", "/v1/me/call-outs"): [OWN],
    ("POST", "/v1/orders"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/orders"): [Reach(is_empty=True, query=f"area_id={{{area}}}") for area in ("area_id", "district_id")],
    ("GET", "/v1/orders/{order_id}"): [GONE],
    **{("POST", f"/v1/orders/{{order_id}}/{action}"): [GONE] for action in ("close", "cancel")},
    ("GET", "/v1/orders/{order_id}/parts"): [GONE, Reach((404, "not-found"), query="status=sent")],
    ("GET", "/v1/orders/{order_id}/progress"): [
        GONE,
        *[Reach((404, "not-found"), query=f"area_id={{{area}}}") for area in ("area_id", "district_id")],
    ],
    ("GET", "/v1/order-parts"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query="area_id={district_id}&status=sent"),
        Reach(is_empty=True, query="area_id={district_id}&is_overdue=true"),
    ],
    ("GET", "/v1/order-parts/{part_id}"): [GONE],
    **{
        ("POST", f"/v1/order-parts/{{part_id}}/{action}"): [GONE]
        for action in ("confirm", "report", "accept", "return", "cancel")
    },
    ("GET", "/v1/order-parts/{part_id}/tasks"): [GONE],
    ("POST", "/v1/adjustments"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/adjustments"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        Reach(is_empty=True, query="area_id={area_id}&status=approved"),
    ],
    ("GET", "/v1/adjustments/{adjustment_id}"): [GONE],
    ("POST", "/v1/adjustments/{adjustment_id}/approve"): [GONE],
    ("POST", "/v1/adjustments/{adjustment_id}/refuse"): [GONE],
    ("POST", "/v1/donations"): [],  # anybody may give anywhere
    ("GET", "/v1/areas/{area_id}/fund"): [OPEN],
    ("POST", "/v1/api-keys"): [FORBIDDEN],  # areas are public
    ("GET", "/v1/api-keys"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("DELETE", "/v1/api-keys/{api_key_id}"): [GONE],
    ("GET", "/v1/anomalies"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("GET", "/v1/areas/{area_id}/staffing"): [FORBIDDEN],  # areas are public
    ("POST", "/v1/staffing-rules"): [FORBIDDEN],
    ("GET", "/v1/staffing-rules"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/staffing-rules/effective"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/venues"): [Reach(query="area_id={area_id}"), Reach(query="area_id={area_id}&kind=contact_point")],
    ("GET", "/v1/venues/near"): [Reach(query="longitude={longitude}&latitude={latitude}")],
    ("GET", "/v1/venues/{venue_id}"): [OPEN],
    ("GET", "/v1/venues/{venue_id}/code.png"): [OPEN],
    ("GET", "/v1/scenes/{token}"): [GONE],  # see tests/api/test_scenes.py
    ("POST", "/v1/venues"): [FORBIDDEN],  # areas and venues are public
    ("PUT", "/v1/venues/{venue_id}"): [FORBIDDEN],
    ("POST", "/v1/venues/{venue_id}/close"): [FORBIDDEN],
    ("GET", "/v1/circles"): [Reach(query="area_id={area_id}")],
    ("GET", "/v1/circles/{circle_id}"): [OPEN],
    ("POST", "/v1/circles"): [FORBIDDEN],  # areas and circles are public
    ("PUT", "/v1/circles/{circle_id}"): [FORBIDDEN],
    ("PUT", "/v1/circles/{circle_id}/grids"): [FORBIDDEN],
    ("POST", "/v1/circles/{circle_id}/close"): [FORBIDDEN],
    ("POST", "/v1/merchants"): [],  # anybody may apply anywhere
    ("GET", "/v1/merchants"): [
        Reach(is_empty=True, query="area_id={area_id}"),
        *[
            Reach(is_empty=True, query=f"area_id={{area_id}}&status={status}")
            for status in ("approved", "suspended", "refused", "left")
        ],
        Reach(is_empty=True, query="area_id={area_id}&circle_id={circle_id}&status=approved"),
    ],
    ("GET", "/v1/merchants/{merchant_id}"): [GONE],
    ("GET", "/v1/merchants/{merchant_id}/code.png"): [GONE],
    ("GET", "/v1/merchants/{merchant_id}/clerks/code.png"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/approve"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/refuse"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/reapply"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/suspend"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/resume"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/leave"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/invites"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/clerks"): [],  # anybody may whom the owner showed the code
    ("GET", "/v1/merchants/{merchant_id}/clerks"): [GONE],
    ("DELETE", "/v1/merchants/{merchant_id}/clerks/{clerk_id}"): [GONE],
    ("POST", "/v1/merchants/{merchant_id}/offers"): [GONE],
    ("GET", "/v1/merchants/{merchant_id}/offers"): [GONE],
    ("GET", "/v1/merchants/{merchant_id}/redemptions"): [GONE],
    ("GET", "/v1/offers"): [
        Reach(query="area_id={area_id}"),
        Reach(query="area_id={area_id}&circle_id={circle_id}"),
        Reach((403, "not-allowed"), query="area_id={area_id}&circle_id={circle_id}&status=paused"),
        *[
            Reach((403, "not-allowed"), query=f"area_id={{area_id}}&status={status}")
            for status in ("checking", "reviewing", "paused", "rejected", "ended")
        ],
    ],
    ("GET", "/v1/offers/{offer_id}"): [OPEN, HIDDEN],
    ("PUT", "/v1/offers/{offer_id}"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/offers/{offer_id}/pause"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/offers/{offer_id}/resume"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/offers/{offer_id}/end"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/offers/{offer_id}/approve"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/offers/{offer_id}/reject"): [FORBIDDEN, HIDDEN],
    ("POST", "/v1/offers/{offer_id}/vouchers"): [HIDDEN],
    ("GET", "/v1/vouchers/{voucher_id}"): [GONE],
    ("GET", "/v1/vouchers/{voucher_id}/code"): [GONE],
    ("POST", "/v1/vouchers/{voucher_id}/cancel"): [GONE],
    ("GET", "/v1/redemptions/{redemption_id}"): [GONE],
    ("POST", "/v1/redemptions/{redemption_id}/reverse"): [GONE],
    ("GET", "/v1/rates"): [Reach(query=f"area_id={{area_id}}&from=2026-01&to=2026-12&by={by}") for by in GROUPS],
    ("GET", "/v1/points/seals"): [OPEN],
    ("GET", "/v1/points/seals/{seal_number}"): [OPEN],
    ("GET", "/v1/points/transfers/{transfer_id}/proof"): [GONE],
    ("GET", "/v1/merchants/{merchant_id}/day"): [GONE],
    ("POST", "/v1/settlements"): [GONE],
    ("GET", "/v1/settlements"): [
        Reach(is_empty=True, query="merchant_id={merchant_id}"),
        Reach(is_empty=True, query="area_id={area_id}&status=draft"),
    ],
    ("GET", "/v1/settlements/{settlement_id}"): [GONE],
    ("GET", "/v1/settlements/{settlement_id}/lines"): [GONE],
    ("GET", "/v1/settlements/{settlement_id}/statement.xlsx"): [GONE],
    ("POST", "/v1/settlements/{settlement_id}/refresh"): [GONE],
    ("POST", "/v1/settlements/{settlement_id}/agree"): [GONE],
    ("POST", "/v1/settlements/{settlement_id}/reopen"): [GONE],
    ("POST", "/v1/settlements/{settlement_id}/pay"): [GONE],
    ("POST", "/v1/settlements/{settlement_id}/lines/{line_id}/dispute"): [GONE],
    ("POST", "/v1/settlements/{settlement_id}/lines/{line_id}/answer"): [GONE],
    ("POST", "/v1/imports"): [Reach((403, "not-allowed"), query="kind=units&area_id={area_id}")],  # areas are public
    ("GET", "/v1/imports"): [Reach(is_empty=True, query="area_id={area_id}")],
    ("GET", "/v1/imports/templates/{kind}.xlsx"): [OPEN],
    ("GET", "/v1/imports/templates/{kind}.csv"): [OPEN],
    ("GET", "/v1/imports/{import_id}"): [GONE],
    ("PUT", "/v1/imports/{import_id}/mapping"): [GONE],
    ("POST", "/v1/imports/{import_id}/check"): [GONE],
    ("GET", "/v1/imports/{import_id}/rows"): [GONE],
    ("GET", "/v1/imports/{import_id}/report.xlsx"): [GONE],
    ("POST", "/v1/imports/{import_id}/confirm"): [GONE],
    ("POST", "/v1/imports/{import_id}/cancel"): [GONE],
    ("POST", "/v1/media"): [],  # knows nobody but the caller
    ("GET", "/v1/media/{media_id}/{variant}"): [GONE],  # without a link that we signed
    ("DELETE", "/v1/media/{media_id}"): [GONE],
    ("GET", "/v1/exports/{kind}.xlsx"): [Reach((403, "not-allowed"), query="area_id={area_id}")],
    ("POST", "/v1/redemptions"): [],  # a code is no id: the clerk of another shop is in test_redemptions
}


@pytest.fixture(scope="session")
async def strangers(scene: Scene) -> dict[str, Person]:
    """People who are something, but elsewhere; and whoever is nothing."""
    world = scene.world
    elsewhere = await World.make(world.database, world.api, world.settings)
    return {
        "staff of a neighbouring district": elsewhere.staff,
        "alliance of a neighbouring district": elsewhere.alliance,
        "administrator of a neighbouring district": elsewhere.administrator,
        "auditor of a neighbouring district": await elsewhere.holder(Role.AUDITOR, elsewhere.district),
        "staff of a neighbouring grid": await world.holder(Role.STAFF, world.other_grid),
        "administrator of a neighbouring grid": await world.holder(Role.ADMINISTRATOR, world.other_grid),
        "auditor of a neighbouring grid": await world.holder(Role.AUDITOR, world.other_grid),
        "owner of another shop": await shopkeeper(elsewhere),
        "nobody in particular": await world.person(),
    }


async def shopkeeper(world: World) -> Person:
    owner = await world.person()
    await world.shop(owner)
    return owner


def test_every_route_has_its_entry():
    assert set(REACHES) == set(ROUTES)


UNTOLD = {"idempotency_key", "scene_token", "wechat_token"}
"""What may be stored for anybody: the name that a code on a poster leads by is made when it is first drawn."""


@pytest.mark.parametrize(
    ("route", "reach"),
    [(route, reach) for route, reaches in REACHES.items() for reach in reaches],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else part.query or str(part.refusal or "open"),
)
async def test_from_outside(api: ApiClient, scene: Scene, strangers: dict[str, Person], route: Route, reach: Reach):
    before = await count_rows(scene.world.database)
    for name, stranger in strangers.items():
        response = await ask(api, scene, stranger, route, reach)
        if reach.refusal is not None:
            assert problem(response) == reach.refusal, name
        else:
            assert response.status_code == 200, name
            assert not people_of(scene, but=stranger) & ids_in(told_by(response)), name
        if reach.is_empty:
            assert response.text == reach.nothing, name
    after = await count_rows(scene.world.database)
    assert {name for name in after if after[name] != before[name]} <= UNTOLD


INSIDERS = {
    "/v1/areas/{area_id}": "author",
    "/v1/lending-plans/{plan_id}": "staff",
    "/v1/posts/{post_id}": "staff",
    "/v1/identifications/{identification_id}": "staff",
    "/v1/teams/{team_id}": "staff",
    "/v1/alliances/{alliance_id}": "author",
    "/v1/branches/{branch_id}": "author",
    "/v1/branch-candidacies/{candidacy_id}": "helper",
    "/v1/units/{unit_id}": "staff",
    "/v1/members/{member_id}": "staff",
    "/v1/volunteers/{volunteer_id}": "staff",
    "/v1/wishes/{wish_id}": "staff",
    "/v1/errands/{errand_id}": "author",
    "/v1/complaints/{complaint_id}": "staff",
    "/v1/steps/{step_id}": "worker",
    "/v1/joint-cases/{case_id}": "staff",
    "/v1/walls/{area_id}": "author",
    "/v1/tasks/{task_id}": "author",
    "/v1/task-series/{series_id}": "staff",
    "/v1/pledges/{pledge_id}": "helper",
    "/v1/task-calls/{call_id}": "helper",
    "/v1/task-lists/{list_id}": "staff",
    "/v1/claims/{claim_id}": "helper",
    "/v1/call-outs/{call_out_id}": "staff",
    "/v1/call-out-groups/{group_id}": "helper",
    "/v1/called-people/{called_id}": "staff",
    "/v1/orders/{order_id}": "staff",
    "/v1/order-parts/{part_id}": "staff",
    "/v1/adjustments/{adjustment_id}": "helper",
    "/v1/venues/{venue_id}": "author",
    "/v1/circles/{circle_id}": "author",
    "/v1/merchants/{merchant_id}": "alliance",
    "/v1/offers/{offer_id}": "alliance",
    "/v1/vouchers/{voucher_id}": "helper",
    "/v1/redemptions/{redemption_id}": "owner",
    "/v1/settlements/{settlement_id}": "owner",
    "/v1/imports/{import_id}": "administrator",
}
"""Who sees what: or else the tests above would pass for want of a thing to hide."""


def test_every_thing_has_somebody_who_sees_it():
    assert set(INSIDERS) == {template for method, template in ROUTES if method == "GET" and template.endswith("_id}")}


@pytest.mark.parametrize(("template", "insider"), INSIDERS.items())
async def test_from_inside(api: ApiClient, scene: Scene, template: str, insider: str):
    person = everybody(scene)[insider]
    assert (await api.get(scene.path(template), person)).status_code == 200
    assert (await api.get(scene.path(template, hidden=True), person)).status_code == 200


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route[0] == "GET" and route != ("GET", "/readyz")], ids=" ".join
)
async def test_reading_names_nobody_else(api: ApiClient, scene: Scene, route: Route):
    """Others appear by nickname alone: no id of theirs and nobody's openid, whoever reads."""
    openids = {person.openid for person in everybody(scene).values()}
    for name, person in {**everybody(scene), "nobody": None}.items():
        for query in {reach.query for reach in REACHES[route]} | {""}:
            response = await ask(api, scene, person, route, Reach(query=query))
            told = told_by(response)
            assert not people_of(scene, but=person) & ids_in(told), name
            assert not any(openid in str(told) for openid in openids), name
            assert COMPLAINANT not in str(told), name
            assert not any(number in str(told) for number in (PHONE, ASKER_PHONE)), name
            assert ASKER not in str(told) or name in OFFICERS, name


OFFICERS = ("staff", "administrator")
"""They know by name whom they decide on."""


def told_by(response: httpx.Response) -> Any:
    """Return what an answer says: the values of JSON or of a spreadsheet, the words of a page."""
    if response.headers["content-type"].startswith(("text/html", "text/event-stream")):
        return re.split(r"[^\w-]+", response.text)
    if response.headers["content-type"].startswith("text/csv"):
        return response.text.split(",")
    if response.headers["content-type"] == "image/png":
        return []  # what it shows is the address that was asked for
    return sheets_of(response.content) if is_spreadsheet(response) else response.json()


async def ask(api: ApiClient, scene: Scene, person: Person | None, route: Route, reach: Reach) -> httpx.Response:
    method, template = route
    path = scene.path(f"{template}?{reach.query}", hidden=reach.is_hidden)
    return await api.request(method, path, person, key=uuid4().hex, **scene.sent(route))


def everybody(scene: Scene) -> dict[str, Person]:
    names = ("author", "helper", "applicant", "owner", "clerk", "worker")
    officers = ("staff", "alliance", "administrator")
    return {name: getattr(scene, name) for name in names} | {name: getattr(scene.world, name) for name in officers}


def people_of(scene: Scene, *, but: Person | None) -> set[str]:
    """Return the ids of the people in the district, but for one."""
    return {str(person.id) for person in everybody(scene).values() if person != but}


def ids_in(node: Any) -> set[str]:
    """Return every id anywhere in an answer."""
    if isinstance(node, dict):
        return {found for value in node.values() for found in ids_in(value)}
    if isinstance(node, list):
        return {found for value in node for found in ids_in(value)}
    try:
        return {str(UUID(node))}
    except (ValueError, TypeError, AttributeError):
        return set()
