"""The caller's own things: profile, wishes, complaints, claims, points, vouchers."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.core.clock import today
from app.deps import (
    JSON,
    WRITE_PROBLEMS,
    CallerDep,
    LinksDep,
    PageDep,
    ReadsDep,
    SecretDep,
    SingleWriteDep,
    TermsDep,
    TransactionDep,
    UnitOfWorkDep,
    WeChatDep,
    answer,
)
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.adjustments import AdjustmentOut
from app.schemas.branches import CandidacyOut, InsideBranchOut
from app.schemas.calendars import CalendarLinkOut, CalendarOut
from app.schemas.call_outs import CallOutOut
from app.schemas.complaints import OwnComplaintOut
from app.schemas.errands import ErrandOut
from app.schemas.fields import Day, Page
from app.schemas.identifications import IdentificationOut
from app.schemas.lending import LoanOut, LoanRequestOut
from app.schemas.me import Me, MeIn, Points, PointsTransfer
from app.schemas.members import MemberOut, VolunteerOut
from app.schemas.offers import VoucherOut
from app.schemas.people import LookOut
from app.schemas.phones import PhoneIn, PhoneOut
from app.schemas.pledges import InsidePledgeOut
from app.schemas.posts import OwnPostOut
from app.schemas.tasks import OwnClaims
from app.schemas.teams import TeamOut
from app.schemas.waiters import WaiterOut
from app.schemas.wishes import WishCardOut
from app.services import (
    adjustments,
    calendar_links,
    claims,
    complaint_views,
    identifications,
    looks,
    members,
    own_calendars,
    phones,
    points,
    post_queues,
    teams,
    users,
    volunteers,
    vouchers,
    waiting,
    wish_views,
)
from app.services.branches import candidacies
from app.services.branches import views as branch_views
from app.services.call_outs import standing
from app.services.errands import views as errand_views
from app.services.lending import loans, requests
from app.services.pledges import standing as pledge_standing
from app.services.transitions import Mover

router = APIRouter(prefix="/me", tags=["me"])
LIST_PROBLEMS = responses("invalid-payload", "cursor-invalid")


@router.get("", response_model=Me)
async def get_me(caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Tell the caller who they are here and what they hold."""
    return answer(await users.get_me(reads, secret, caller.id))


@router.put("", response_model=Me, responses=responses(*JSON_BODY_PROBLEMS))
async def update_me(form: MeIn, caller: CallerDep, connection: TransactionDep, secret: SecretDep) -> Response:
    """Choose a nickname; others see it once its content check has passed."""
    await users.propose_nickname(connection, caller, form.nickname)
    return answer(await users.get_me(connection, secret, caller.id))


@router.post(
    "/phone",
    response_model=PhoneOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "phone-code-invalid",
        "phone-too-frequent",
        "wechat-misconfigured",
        "wechat-unavailable",
        "service-unavailable",
    ),
)
async def confirm_phone(
    form: PhoneIn, caller: CallerDep, write: SingleWriteDep, wechat: WeChatDep, secret: SecretDep
) -> Response:
    """Keep the telephone number that the caller showed by the button `getPhoneNumber`; nothing depends on it."""
    return Response(await phones.confirm(write, wechat, secret, caller, form.code), media_type=JSON)


@router.delete("/phone", status_code=204, responses=responses("not-found"))
async def forget_phone(caller: CallerDep, connection: TransactionDep) -> Response:
    """Forget the caller's telephone number."""
    if not await phones.forget(connection, caller.id, Mover(Party.AUTHOR, caller.id)):
        raise Problem("not-found")
    return Response(status_code=204)


@router.get("/identification", response_model=IdentificationOut, responses=responses("not-found"))
async def get_identification(caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Tell what became of the caller's asking to be identified."""
    return answer(await identifications.get_own(reads, secret, caller))


@router.get("/member", response_model=MemberOut, responses=responses("not-found"))
async def get_member(caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get the caller's membership, as they applied or as the roster has it."""
    return answer(await members.get_own(reads, secret, caller))


@router.get("/volunteer", response_model=VolunteerOut, responses=responses("not-found"))
async def get_volunteer(caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get the caller as a volunteer."""
    return answer(await volunteers.get_own(reads, secret, caller))


@router.get("/looks", response_model=Page[LookOut], responses=LIST_PROBLEMS)
async def list_looks(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List who looked at the caller's telephone number and why, newest first."""
    return answer(await looks.list_own(reads, caller, page))


@router.get("/wishes", response_model=Page[WishCardOut], responses=LIST_PROBLEMS)
async def list_wishes(caller: CallerDep, reads: ReadsDep, links: LinksDep, page: PageDep) -> Response:
    """List the caller's wishes, newest first."""
    return answer(await wish_views.list_own(reads, links, caller, page))


@router.get("/errands", response_model=Page[ErrandOut], responses=LIST_PROBLEMS)
async def list_errands(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the errands that the caller asked for, newest first."""
    return answer(await errand_views.list_own(reads, caller, page))


@router.get("/complaints", response_model=Page[OwnComplaintOut], responses=LIST_PROBLEMS)
async def list_complaints(caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep) -> Response:
    """List what the caller complained of or joined in, newest first, with the answers and what is new."""
    return answer(await complaint_views.list_own(reads, secret, caller, page))


@router.get("/claims", response_model=OwnClaims, responses=LIST_PROBLEMS)
async def list_claims(caller: CallerDep, reads: ReadsDep, links: LinksDep, page: PageDep, terms: TermsDep) -> Response:
    """List the caller's claims, newest first, and how many they may hold at once."""
    return answer(await claims.list_own(reads, links, terms, caller, page))


@router.get("/waiting", response_model=Page[WaiterOut], responses=LIST_PROBLEMS)
async def list_waiting(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the caller's places in line for full tasks, newest first, and what became of them."""
    return answer(await waiting.list_own(reads, caller, page))


@router.get("/pledges", response_model=Page[InsidePledgeOut], responses=LIST_PROBLEMS)
async def list_pledges(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List what the caller's teams and branch took seats of, newest first, and who goes."""
    return answer(await pledge_standing.list_own(reads, caller, page))


@router.get("/call-outs", response_model=Page[CallOutOut], responses=LIST_PROBLEMS)
async def list_call_outs(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List what the caller was called to, drills too, newest first, with what they said."""
    return answer(await standing.list_own(reads, caller, page))


@router.get("/posts", response_model=Page[OwnPostOut], responses=LIST_PROBLEMS)
async def list_posts(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the posts that the caller holds, each with how much waits there."""
    return answer(await post_queues.list_own_posts(reads, caller, page))


@router.get("/teams", response_model=Page[TeamOut], responses=LIST_PROBLEMS)
async def list_teams(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the teams that the caller is in or asked to join, newest first."""
    return answer(await teams.list_own(reads, caller, page))


@router.get("/branches", response_model=Page[InsideBranchOut], responses=LIST_PROBLEMS)
async def list_branches(caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep) -> Response:
    """List the branch that the caller is in, with who leads it."""
    return answer(await branch_views.list_own(reads, secret, caller, page))


@router.get("/branch-candidacies", response_model=Page[CandidacyOut], responses=LIST_PROBLEMS)
async def list_candidacies(caller: CallerDep, reads: ReadsDep, page: PageDep, secret: SecretDep) -> Response:
    """List where the caller stands or stood for secretary of a branch, or is asked to, newest first."""
    return answer(await candidacies.list_own(reads, secret, caller, page))


@router.get("/loan-requests", response_model=Page[LoanRequestOut], responses=LIST_PROBLEMS)
async def list_loan_requests(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List where the caller was asked to help, newest first."""
    return answer(await requests.list_own(reads, caller, page))


@router.get("/loans", response_model=Page[LoanOut], responses=LIST_PROBLEMS)
async def list_loans(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List where the caller helps or helped in another grid, newest first."""
    return answer(await loans.list_own(reads, caller, page))


@router.get("/calendar", response_model=CalendarOut, responses=responses("invalid-payload", "days-unclear"))
async def get_calendar(
    caller: CallerDep,
    reads: ReadsDep,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> Response:
    """Tell what the caller has to do from one day to another: this week unless told otherwise, two months at most."""
    begins = first or today() - timedelta(days=today().weekday())
    return answer(await own_calendars.get(reads, caller, begins, last or begins + timedelta(days=6)))


@router.post("/calendar-link", status_code=201, response_model=CalendarLinkOut, responses=responses(*WRITE_PROBLEMS))
async def make_calendar_link(caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Make the secret link to subscribe to the caller's calendar; the one before leads nowhere any more."""
    made = await calendar_links.make(work.connection, caller, secret=secret)
    work.answer(made | {"path": None}, 201)  # what is remembered for repetitions would keep the link itself
    return answer(made, 201)


@router.delete("/calendar-link", status_code=204, responses=responses("not-found"))
async def take_calendar_link_back(caller: CallerDep, connection: TransactionDep) -> Response:
    """Take the link to the caller's calendar back."""
    await calendar_links.take_back(connection, caller)
    return Response(status_code=204)


@router.get("/points", response_model=Points)
async def get_points(caller: CallerDep, reads: ReadsDep) -> Response:
    """Tell what the caller can spend and until when, what waits, and what their vouchers hold."""
    return answer(await points.get_balance(reads, caller))


@router.get("/points/transfers", response_model=Page[PointsTransfer], responses=LIST_PROBLEMS)
async def list_transfers(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the moves of the caller's points, newest first."""
    return answer(await points.list_transfers(reads, caller, page))


@router.get("/adjustments", response_model=Page[AdjustmentOut], responses=LIST_PROBLEMS)
async def list_adjustments(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List what hands did or mean to do to the caller's points, newest first."""
    return answer(await adjustments.list_own(reads, caller, page))


@router.get("/vouchers", response_model=Page[VoucherOut], responses=LIST_PROBLEMS)
async def list_vouchers(caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List the caller's vouchers, newest first."""
    return answer(await vouchers.list_own(reads, caller, page))
